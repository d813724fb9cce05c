import test from "ava";
import { chartRights } from "../../../dev/control-plane/service-account.ts";
import { isActive } from "../../../identity/index.ts";
import { testCluster, waitFor } from "../../cluster.ts";
import { followed } from "../sync/followed.ts";

test("where mappings can't be read nobody is deactivated or looked at in Okta, and the organization says why", async (t) => {
  const s = await followed(t, {
    alsoServes: [await testCluster(t)], // it can be read: something is wrong with this namespace alone
    directory: { provision: "BeforeLogin" },
  });
  const { cluster, condition, okta, store } = s;
  const ada = await s.member("ada", "web");
  await s.untilRead();
  await condition("oktaorg", "acme", "Ready", "True");

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
  const subject = s.person("cy", "web");
  await s.hear({ kind: "person", id: subject, eventTime: new Date().toISOString() });
  // Nothing that this Organization says follows from the deletion, so a later change shows that it was passed over.
  await s.editAcme({ displayName: "Acme Ltd" });
  await condition("oktaorg", "acme", "Ready", "False", "NamespaceUnreadable");
  const isAsked = () => [...okta.calls].some(({ url }) => url.includes(subject));
  t.false(isAsked());
  const user = store.get(ada.ref);
  t.true(user && isActive(user));

  await setRules(rules);
  await s.untilState(ada, "Deactivated");
  await condition("oktaorg", "acme", "Ready", "True");
  await waitFor(() => isAsked() || undefined, { what: "cy to be looked at" });
});
