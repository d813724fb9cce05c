import test from "ava";
import { oktaRoleMappings, organizations } from "../../../crds/resources.ts";
import { object } from "../webhook-under-test.ts";
import { roleMappingsOnCluster } from "./role-mappings-on-cluster.ts";
import { savedOf } from "./role-mappings-scene.ts";

const ROLE = "organization-admin";
const NAME = `acme.${ROLE}`;

/** Something happens between what the page has read and its next write. */
function interruption() {
  let next = async (): Promise<unknown> => undefined;
  return {
    meanwhile: (happens: () => Promise<unknown>) => {
      next = happens;
    },
    happens: async () => {
      const happens = next;
      next = async () => undefined;
      await happens();
    },
  };
}

async function interrupted(t: Parameters<typeof roleMappingsOnCluster>[0]) {
  const { meanwhile, happens } = interruption();
  const made = await roleMappingsOnCluster(t, {
    through: (client) => ({
      apply: async (type, intent, options) => {
        await happens();
        return client.apply(type, intent, options);
      },
      delete: async (type, name, options) => {
        await happens();
        return client.delete(type, name, options);
      },
    }),
  });
  return { ...made, meanwhile };
}

test("that saving was switched off counts at once, also where the watch hasn't told of it yet", async (t) => {
  const { cluster, previewed, client } = await roleMappingsOnCluster(t);
  const saves = await previewed({ [ROLE]: "org_admin" });
  // What the visitor has is the organization as it was.
  const off = '{"spec":{"console":{"editMappings":false}}}';
  await cluster.kubectl("patch", "oktaorg", "acme", "--type=merge", "-p", off);
  t.deepEqual(await saves(), { kind: "off" });
  await cluster.kubectl("patch", "oktaorg", "acme", "--type=merge", "-p", off.replace("false", "true"));
  t.deepEqual(savedOf(await saves()), [NAME]);

  const { apiVersion, kind, metadata, spec } = await client
    .pages(organizations, { namespace: cluster.namespace, name: "acme" })
    [Symbol.asyncIterator]()
    .next()
    .then(({ value }) => value.items[0]);
  const again = await previewed({ [ROLE]: "" });
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
  const { cluster, save, previewed, visitor, roleMappings, meanwhile } = await interrupted(t);
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

  t.like(await save({ [ROLE]: "one" }), { kind: "saved" });
  const second = await previewed({ [ROLE]: "one\ntwo" });
  meanwhile(status);
  t.like(await second(), { kind: "saved" });
  const third = await previewed({ [ROLE]: "" });
  meanwhile(spec);
  t.like(await third(), { kind: "changed", done: [], at: NAME }, "it isn't deleted");
  const { fields } = await roleMappings.desk(visitor);
  const field = fields.find(({ role }) => role.name === ROLE);
  t.like(field, { owner: "kubectl", groups: [{ name: "others" }] });
});

test("of two replicas that make the same mapping at once, one does, and the other finds it", async (t) => {
  const { save, elsewhere, groups, audited, meanwhile } = await interrupted(t);
  meanwhile(() => save({ [ROLE]: "theirs" }, elsewhere));
  t.like(await save({ [ROLE]: "ours" }), { kind: "changed", done: [], at: NAME });
  t.deepEqual(await groups(ROLE), ["theirs"]);
  t.deepEqual(audited(), [`save-mapping ${ROLE}`], "that of the other");
});

test("a mapping that was deleted meanwhile isn't made again, nor is one that was made again written", async (t) => {
  const { save, elsewhere, groups, meanwhile } = await interrupted(t);
  await save({ [ROLE]: "one" });
  meanwhile(() => save({ [ROLE]: "" }, elsewhere));
  t.like(await save({ [ROLE]: "one\ntwo" }), { kind: "changed", done: [], at: NAME });
  t.deepEqual(await groups(ROLE), []);

  await save({ [ROLE]: "one" });
  for (const form of [{ [ROLE]: "one\ntwo" }, { [ROLE]: "" }]) {
    meanwhile(async () => {
      await save({ [ROLE]: "" }, elsewhere);
      await save({ [ROLE]: "one" }, elsewhere);
    });
    t.like(await save(form), { kind: "changed", done: [], at: NAME });
    t.deepEqual(await groups(ROLE), ["one"]);
  }
});

test("of several mappings, those that give something are written first; what was saved before another failed is told", async (t) => {
  const written: string[] = [];
  const { save, apply, client, cluster } = await roleMappingsOnCluster(t, {
    through: (real) => ({
      apply: (type, intent, options) => {
        written.push(intent.metadata.name);
        return real.apply(type, intent, options);
      },
    }),
  });
  await save({ "service-admin": "a\nb" });
  written.length = 0;
  // In the catalogue service-admin comes first.
  await save({ "service-admin": "a", "portal-admin": "b" });
  t.deepEqual(written, ["acme.portal-admin", "acme.service-admin"]);

  await apply(
    object("OktaRoleMapping", NAME, {
      organizationRef: { name: "beta" },
      groups: [{ name: "x" }],
      roles: [ROLE],
    }),
  );
  const half = await save({ "portal-admin": "b\nc", [ROLE]: "org_admin" });
  t.like(half, { kind: "changed", done: ["acme.portal-admin"], at: NAME });
  const stored = [];
  for await (const { items } of client.pages(oktaRoleMappings, { namespace: cluster.namespace, name: NAME }))
    stored.push(...items.map(({ spec }) => spec.organizationRef.name));
  t.deepEqual(stored, ["beta"]);
});
