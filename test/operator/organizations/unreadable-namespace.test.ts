import test from "ava";
import { chartRights } from "../../../dev/control-plane/service-account.ts";
import { isActive } from "../../../identity/index.ts";
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
