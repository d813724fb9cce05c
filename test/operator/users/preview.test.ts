import test from "ava";
import { organizationUsers } from "../../../crds/resources.ts";
import type { OrganizationUser } from "../../../crds/types.ts";
import { CompiledPolicy, type Listed, type Preview, previewChange } from "../../../identity/index.ts";
import { waitFor } from "../../cluster.ts";
import { operatorUnderTest, rolesOf, type UnderTest } from "../operator-under-test.ts";

type Mappings = Record<string, [groups: string[], roles: string[]]>;

const ROLES = ["service-admin", "portal-admin", "organization-admin"];
const spec = {
  roles: ROLES.map((name) => ({ name, displayName: name, admin: name === "organization-admin" })),
};
const BEFORE: Mappings = {
  services: [["service_admin"], ["service-admin"]],
  portal: [["portal_admin"], ["portal-admin"]],
  admins: [["admins"], ["organization-admin"]],
};
const PEOPLE: Record<string, string[]> = {
  ada: ["service_admin"],
  ben: ["service_admin", "portal_admin"],
  cyd: ["portal_admin"],
  dan: ["portal_admin", "runtime_admin"],
  eve: ["marketing"],
  flo: ["admins", "service_admin"],
};

function policyOf(mappings: Mappings): CompiledPolicy {
  const rules = Object.entries(mappings).map(([name, [groups, roles]]) => ({
    name,
    groups: groups.map((group) => ({ name: group })),
    roles,
  }));
  return new CompiledPolicy(spec.roles, rules);
}

async function withPeople(under: UnderTest, people: Record<string, string[]>): Promise<void> {
  await under.applyAcme({ mappings: BEFORE, spec });
  for (const name of Object.keys(BEFORE)) await under.condition("orm", name, "Ready", "True");
  for (const [name, groups] of Object.entries(people)) await under.signedIn(name, groups, BEFORE);
}

function preview({ store, okta, cluster }: UnderTest, after: Mappings, active: number): Promise<Preview> {
  return previewChange(store.users(`${cluster.namespace}/acme`), {
    issuer: okta.issuer("default"),
    before: policyOf(BEFORE),
    after: policyOf(after),
    safeguards: { recent: 0, active, setting: "20%", localAdminCanGetIn: false },
  });
}

/** What everybody holds, by email. */
async function holdings({ client, cluster }: UnderTest): Promise<Map<string, OrganizationUser>> {
  const found = new Map<string, OrganizationUser>();
  for await (const { items } of client.pages(organizationUsers, { namespace: cluster.namespace }))
    for (const user of items) found.set(user.spec.email ?? "", user);
  return found;
}

async function change({ cluster, applyAcme }: UnderTest, after: Mappings): Promise<void> {
  const gone = Object.keys(BEFORE).filter((name) => !(name in after));
  if (gone.length > 0) await cluster.kubectl("delete", "orm", "--ignore-not-found", ...gone);
  await applyAcme({ mappings: after, spec });
}

const told = (listed: Listed): string[] =>
  listed.first.map(({ email, gained, lost }) => `${email} +${gained} -${lost}`).sort();

/** What has become of everybody, in the same words. */
function became(
  before: Map<string, OrganizationUser>,
  after: Map<string, OrganizationUser>,
): Record<"gaining" | "losing" | "deactivated", string[]> {
  const result = { gaining: [] as string[], losing: [] as string[], deactivated: [] as string[] };
  for (const [email, was] of before) {
    const is = after.get(email) ?? was;
    const gained = rolesOf(is).filter((role) => !rolesOf(was).includes(role));
    const lost = rolesOf(was).filter((role) => !rolesOf(is).includes(role));
    const text = `${email} +${gained} -${lost}`;
    if (gained.length > 0) result.gaining.push(text);
    if (was.status?.state === "Active" && is.status?.state === "Deactivated") result.deactivated.push(text);
    else if (lost.length > 0) result.losing.push(text);
  }
  for (const each of Object.values(result)) each.sort();
  return result;
}

test("what a preview says is what the operator does: who gains, who loses, who goes out and who comes in", async (t) => {
  const under = await operatorUnderTest(t);
  await withPeople(under, PEOPLE);
  const after: Mappings = {
    services: [["service_admin"], ["service-admin", "portal-admin"]],
    portal: [["runtime_admin", "marketing"], ["portal-admin"]],
    admins: [["admins"], ["organization-admin"]],
  };
  const before = await holdings(under);
  const { gaining, losing, deactivated, held } = await preview(under, after, 5);
  t.deepEqual(told(gaining), [
    "ada@acme.example +portal-admin -",
    "eve@acme.example +portal-admin -",
    "flo@acme.example +portal-admin -",
  ]);
  t.deepEqual(told(deactivated), ["cyd@acme.example + -portal-admin"]);
  t.false(held.exceeds);
  await change(under, after);
  await waitFor(
    async () => {
      const now = await holdings(under);
      const isDone =
        now.get("cyd@acme.example")?.status?.state === "Deactivated" &&
        ["ada", "eve", "flo"].every((name) => {
          const user = now.get(`${name}@acme.example`);
          return user !== undefined && rolesOf(user).includes("portal-admin");
        });
      return isDone || undefined;
    },
    { what: "the change to be carried out" },
  );
  t.deepEqual(became(before, await holdings(under)), {
    gaining: told(gaining),
    losing: told(losing),
    deactivated: told(deactivated),
  });
});

test("what a preview says would be held is held, by the limit and for the last admins", async (t) => {
  const under = await operatorUnderTest(t);
  const many = Object.fromEntries(
    ["ann", "bob", "cal", "deb", "eli"].map((name) => [name, ["service_admin"]]),
  );
  await withPeople(under, { ...many, flo: ["admins"] });
  const onlyPortal: Mappings = { portal: [["portal_admin"], ["portal-admin"]] };
  const { held, deactivated } = await preview(under, onlyPortal, 6);
  t.deepEqual(held, {
    deactivating: 6,
    recent: 0,
    exceeds: true,
    lastAdminRoles: ["organization-admin"],
  });
  t.is(deactivated.count, 6);
  await change(under, onlyPortal);
  // Mappings are deleted one after the other.
  await waitFor(
    async () => {
      const { message } = await under.condition("oktaorg", "acme", "DeactivationsWithinLimit", "False");
      return (message.includes("6 of 6") && message.includes("organization-admin")) || undefined;
    },
    { what: "all of it to be held, also for the last admin" },
  );

  await change(under, { ...onlyPortal, admins: [["admins", "service_admin"], ["organization-admin"]] });
  await under.condition("oktaorg", "acme", "DeactivationsWithinLimit", "True");
});

test("a preview that says that only the last admin role is held is right, too", async (t) => {
  const under = await operatorUnderTest(t);
  await withPeople(under, { flo: ["admins", "service_admin"], ada: ["service_admin"] });
  const { admins: _, ...after } = BEFORE;
  const { held, losing } = await preview(under, after, 2);
  t.deepEqual(held, { deactivating: 0, recent: 0, exceeds: false, lastAdminRoles: ["organization-admin"] });
  t.deepEqual(told(losing), ["flo@acme.example + -organization-admin"]);
  await change(under, after);
  await under.condition("oktaorg", "acme", "DeactivationsWithinLimit", "False", "LastAdminHeld");
});
