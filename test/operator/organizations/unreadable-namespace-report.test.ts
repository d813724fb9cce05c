import test from "ava";
import type { Organization } from "../../../crds/types.ts";
import type { DesiredStatus } from "../../../kubernetes/index.ts";
import { OWNED_STATUS } from "../../../operator/organizations/reconcile-organization.ts";
import { reportUnreadable } from "../../../operator/organizations/unreadable-namespace.ts";

/** A condition, as the operator has written it of a generation. */
const said = (type: string, observedGeneration = 2, status = "True") => ({
  ...{ type, status, reason: "R", observedGeneration },
});

const BEFORE = {
  loginURI: "http://localhost/login/acme",
  callbackURI: "http://localhost/callback/acme",
  eventHookURI: "http://localhost/hooks/okta/acme",
  directory: { lastFullSyncTime: "2026-01-01T00:00:00Z" },
  users: { registered: 2, active: 1 },
  deactivationsSettledTime: "2026-01-01T00:00:00Z",
};

/** What is written of an organization of the second generation whose status says this. */
async function reported(
  status: object | undefined,
  { isThere = true, writes = true, loginPath = "acme", annotations = {} } = {},
) {
  const metadata = { name: "acme", namespace: "access", generation: 2, annotations };
  const acme = { metadata, spec: { loginPath }, ...(status && { status }) };
  let applied: DesiredStatus | undefined;
  let observed = 0;
  await reportUnreadable("access/acme", ["organizations", "oktarolemappings"], {
    organizations: {
      get: () => (isThere ? (acme as Organization) : undefined),
      observe: () => void observed++,
    } as never,
    status: {
      apply: async (_: unknown, __: unknown, status: DesiredStatus, owned: unknown) => {
        if (owned !== OWNED_STATUS) throw new Error("it owns something else");
        applied = status;
        return writes ? acme : undefined;
      },
    } as never,
  });
  return { applied, observed };
}

test("nothing that was said before is taken away: an approval that was carried out stays so", async (t) => {
  const { applied, observed } = await reported(BEFORE);
  t.like(applied, BEFORE);
  t.deepEqual([...Object.keys(BEFORE), "observedGeneration"].sort(), [...OWNED_STATUS.fields].sort());
  t.is(observed, 1);
  t.is((await reported(BEFORE, { writes: false })).observed, 0);
  t.is((await reported(BEFORE, { isThere: false })).applied, undefined);
});

test("what can't be read is named, and what was said of the present spec stays, but for Ready and what is in progress", async (t) => {
  const { applied } = await reported({
    conditions: [
      said("Ready"),
      said("IssuerDiscovered"),
      said("CredentialsResolved", 1),
      said("Reconciling"),
      said("Stalled"),
      said("GroupsClaimReceived"),
    ],
  });
  const [ready, ...others] = applied?.conditions ?? [];
  t.like(ready, { type: "Ready", status: "False", reason: "NamespaceUnreadable" });
  t.regex(ready?.message ?? "", /read organizations and oktarolemappings in the namespace access, /);
  t.deepEqual(
    others.map(({ type }) => type),
    ["IssuerDiscovered"],
  );
  t.is((await reported(undefined)).applied?.conditions?.length, 1);
});

test("what is held stays held when the spec is edited meanwhile: only that condition knows since when", async (t) => {
  const told = async (status: string) =>
    (await reported({ conditions: [said("DeactivationsWithinLimit", 1, status)] })).applied?.conditions;
  t.like((await told("False"))?.[1], { type: "DeactivationsWithinLimit", status: "False", reason: "R" });
  t.is((await told("True"))?.length, 1, "of another spec nothing is known");
});

test("that it is paused is said as the object has it now, whatever was said before", async (t) => {
  const told = async (annotations: Record<string, string>) =>
    (await reported({ conditions: [said("Paused")] }, { annotations })).applied?.conditions?.slice(1);
  t.deepEqual(await told({}), []);
  t.like((await told({ "rolemapping.dev/pause": "a migration" }))?.[0], {
    ...{ type: "Paused", status: "True", reason: "Paused" },
  });
});

test("addresses at a path that it doesn't ask for any more aren't told", async (t) => {
  const { applied } = await reported(BEFORE, { loginPath: "shop" });
  const { loginURI: _, callbackURI: __, eventHookURI: ___, ...others } = BEFORE;
  t.like(applied, { ...others, loginURI: undefined, callbackURI: undefined, eventHookURI: undefined });
});
