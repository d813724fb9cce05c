import test from "ava";
import type { Organization } from "../../../crds/types.ts";
import { chartRights } from "../../../dev/control-plane/service-account.ts";
import { isActive } from "../../../identity/index.ts";
import { OWNED_STATUS } from "../../../operator/organizations/reconcile-organization.ts";
import { reportUnreadable } from "../../../operator/organizations/unreadable-namespace.ts";
import { operatorUnderTest } from "../operator-under-test.ts";

test("where mappings can't be read nobody is deactivated, and the organization says why", async (t) => {
  const { cluster, applyAcme, signedIn, condition, untilUser, store } = await operatorUnderTest(t);
  const mappings: Record<string, [string[], string[]]> = { services: [["service_admin"], ["service-admin"]] };
  await applyAcme({ mappings, spec: { safeguards: { maxDeactivations: "100%" } } });
  await condition("oktaorg", "acme", "Ready", "True");
  const { ref } = await signedIn("ada", ["service_admin"], mappings);

  const { role: rules } = await chartRights();
  const setRules = (rules: readonly object[]) =>
    cluster.kubectl("patch", "role", "okta-role-operator", "--type=merge", "-p", JSON.stringify({ rules }));
  await setRules(
    rules.map((rule) => ({
      ...rule,
      resources: rule.resources.filter((name) => name !== "oktarolemappings"),
    })),
  );
  const { message } = await condition("oktaorg", "acme", "Ready", "False", "NamespaceUnreadable");
  t.regex(message, new RegExp(`oktarolemappings in the namespace ${cluster.namespace}`));
  await condition("oktaorg", "acme", "IssuerDiscovered", "True");
  await cluster.kubectl("delete", "orm", "services");
  // Nothing that this Organization says follows from the deletion, so a later change shows that it was passed over.
  await cluster.kubectl(
    "patch",
    "oktaorg",
    "acme",
    "--type=merge",
    "-p",
    '{"spec":{"displayName":"Acme Ltd"}}',
  );
  await condition("oktaorg", "acme", "Ready", "False", "NamespaceUnreadable");
  const user = store.get(ref);
  t.true(user && isActive(user));

  await setRules(rules);
  await untilUser(ref, "to be out", ({ status }) => status?.state === "Deactivated");
  await condition("oktaorg", "acme", "Ready", "True");
});

test("nothing that was said before is taken away: an approval that was carried out stays so", async (t) => {
  const before = {
    loginURI: "http://localhost/login/acme",
    callbackURI: "http://localhost/callback/acme",
    eventHookURI: "http://localhost/hooks/okta/acme",
    directory: { lastFullSyncTime: "2026-01-01T00:00:00Z" },
    users: { registered: 2, active: 1 },
    deactivationsSettledTime: "2026-01-01T00:00:00Z",
  };
  const acme = { metadata: { name: "acme", namespace: "access", generation: 1 }, status: before };
  let applied: object = {};
  await reportUnreadable("access/acme", ["oktarolemappings"], {
    organizations: { get: () => acme as Organization, observe: () => {} } as never,
    status: {
      apply: async (_: unknown, __: unknown, status: object) => {
        applied = status;
      },
    } as never,
  });
  t.like(applied, before);
  t.deepEqual([...Object.keys(before), "observedGeneration"].sort(), [...OWNED_STATUS.fields].sort());
});
