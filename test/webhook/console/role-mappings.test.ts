import test, { type ExecutionContext } from "ava";
import { oktaRoleMappings, organizations, organizationUsers } from "../../../crds/resources.ts";
import { chartRights } from "../../../dev/control-plane/service-account.ts";
import { KubernetesStore } from "../../../identity/stores/kubernetes/kubernetes-store.ts";
import type { Client } from "../../../kubernetes/index.ts";
import { RoleMappings } from "../../../webhook/console/role-mappings.ts";
import type { Visitor } from "../../../webhook/console/visitor.ts";
import { logLines } from "../../log-lines.ts";
import { object, webhookUnderTest } from "../webhook-under-test.ts";

/** What the page does, by itself, for somebody who looks at Acme as it is now. */
async function scene(t: ExecutionContext, through: (client: Client) => Partial<Client> = () => ({})) {
  const rights = await chartRights(undefined, { editMappings: true });
  const underTest = await webhookUnderTest(t, { rights });
  await underTest.applyAcme({ spec: { console: { editMappings: true } } });
  const { client, webhook, cluster } = underTest;
  const store = new KubernetesStore({ client, cache: webhook.caches.users, type: organizationUsers });
  const roleMappings = new RoleMappings({
    client: {
      pages: (type, options) => client.pages(type, options),
      apply: (type, intent, options) => client.apply(type, intent, options),
      delete: (type, name, options) => client.delete(type, name, options),
      ...through(client),
    },
    store,
    counts: { of: () => ({ registered: 0, active: 0 }), deactivatedSince: () => 0 },
    localAdmins: { canGetIn: () => true },
    events: { record: () => undefined },
    log: logLines().log,
  });
  const organization = webhook.caches.organizations.get(`${cluster.namespace}/acme`);
  if (!organization) throw new Error("Acme isn't known");
  const user = {
    ref: `${cluster.namespace}/mia`,
    version: "1",
    uid: "u",
    organization: `${cluster.namespace}/acme`,
    source: "Local",
    groups: [],
    localRoles: ["organization-admin"],
    decided: true,
    sessionEpoch: 0,
  } as const;
  const visitor: Visitor = { user, organization, roles: [], isAdmin: true, isLocal: true, expiresAt: 0 };
  const save = async (groups: string) => {
    const filledIn = new Map([["organization-admin", groups]]);
    const { hash, takesOwnAdminRole } = await roleMappings.preview(visitor, filledIn);
    return () => roleMappings.save(visitor, filledIn, { hash, takesOwnAdminRole });
  };
  return { ...underTest, roleMappings, visitor, save };
}

const NAME = "acme.organization-admin";

test("that saving was switched off counts at once, also where the watch hasn't told of it yet", async (t) => {
  const { cluster, save, client } = await scene(t);
  const saves = await save("org_admin");
  // What the visitor has is the organization as it was.
  const off = '{"spec":{"console":{"editMappings":false}}}';
  await cluster.kubectl("patch", "oktaorg", "acme", "--type=merge", "-p", off);
  t.deepEqual(await saves(), { kind: "off" });
  await cluster.kubectl("patch", "oktaorg", "acme", "--type=merge", "-p", off.replace("false", "true"));
  t.like(await saves(), { kind: "saved", mappings: [NAME] });

  const { apiVersion, kind, metadata, spec } = await client
    .pages(organizations, { namespace: cluster.namespace, name: "acme" })
    [Symbol.asyncIterator]()
    .next()
    .then(({ value }) => value.items[0]);
  const again = await save("");
  await cluster.kubectl("delete", "oktaorg", "acme");
  await cluster.kubectlWith(
    { apiVersion, kind, metadata: { name: metadata.name }, spec },
    "create",
    "-f",
    "-",
  );
  t.deepEqual(await again(), { kind: "off" }, "an organization that was made again is another one");
});

test("a status that is written in between doesn't hinder a save, and a spec does", async (t) => {
  let meanwhile = async (): Promise<unknown> => undefined;
  const { cluster, save, visitor, roleMappings } = await scene(t, (client) => ({
    apply: async (type, intent, options) => {
      await meanwhile();
      meanwhile = async () => undefined;
      return client.apply(type, intent, options);
    },
    delete: async (type, name, options) => {
      await meanwhile();
      meanwhile = async () => undefined;
      return client.delete(type, name, options);
    },
  }));
  const status = async (): Promise<unknown> =>
    cluster.kubectl(
      "patch",
      "orm",
      NAME,
      "--subresource=status",
      "--type=merge",
      "-p",
      JSON.stringify({ status: { users: { assigned: Math.floor(performance.now()) } } }),
    );
  const spec = async (): Promise<unknown> =>
    cluster.kubectl("patch", "orm", NAME, "--type=merge", "-p", '{"spec":{"groups":[{"name":"others"}]}}');

  t.like(await (await save("one"))(), { kind: "saved" });
  const second = await save("one\ntwo");
  meanwhile = status;
  t.like(await second(), { kind: "saved" });
  const third = await save("");
  meanwhile = spec;
  t.like(await third(), { kind: "changed", done: [], at: NAME }, "it isn't deleted");
  const { fields } = await roleMappings.desk(visitor);
  const field = fields.find(({ role }) => role.name === "organization-admin");
  t.like(field, { owner: "kubectl", groups: [{ name: "others" }] });
});

test("of several mappings, those that give something are written first; what was saved before another failed is told", async (t) => {
  const written: string[] = [];
  const { roleMappings, visitor, apply, client, cluster } = await scene(t, (real) => ({
    apply: (type, intent, options) => {
      written.push(intent.metadata.name);
      return real.apply(type, intent, options);
    },
  }));
  const save = async (filledIn: ReadonlyMap<string, string>) => {
    const { hash } = await roleMappings.preview(visitor, filledIn);
    return roleMappings.save(visitor, filledIn, { hash, takesOwnAdminRole: false });
  };
  await save(new Map([["service-admin", "a\nb"]]));
  written.length = 0;
  // In the catalogue service-admin comes first.
  await save(
    new Map([
      ["service-admin", "a"],
      ["portal-admin", "b"],
    ]),
  );
  t.deepEqual(written, ["acme.portal-admin", "acme.service-admin"]);

  await apply(
    object("OktaRoleMapping", NAME, {
      organizationRef: { name: "beta" },
      groups: [{ name: "x" }],
      roles: ["organization-admin"],
    }),
  );
  const half = await save(
    new Map([
      ["portal-admin", "b\nc"],
      ["organization-admin", "org_admin"],
    ]),
  );
  t.like(half, { kind: "changed", done: ["acme.portal-admin"], at: NAME });
  const stored = [];
  for await (const { items } of client.pages(oktaRoleMappings, { namespace: cluster.namespace, name: NAME }))
    stored.push(...items.map(({ spec }) => spec.organizationRef.name));
  t.deepEqual(stored, ["beta"]);
});
