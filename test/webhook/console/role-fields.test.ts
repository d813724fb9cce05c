import test from "ava";
import type { MappedGroup, Organization } from "../../../crds/types.ts";
import { editsOf, policies } from "../../../webhook/console/mapping-edits.ts";
import { mappingIntent, mappingManifest } from "../../../webhook/console/mapping-manifest.ts";
import type { ReadMapping } from "../../../webhook/console/read-mappings.ts";
import { roleFields, strayMappings, wordsOn } from "../../../webhook/console/role-fields.ts";

const acme = {
  metadata: { namespace: "team-a", name: "acme" },
  spec: { roles: [{ name: "admin" }, { name: "viewer" }] },
} as unknown as Organization;

interface Given {
  owners?: string[];
  groups?: MappedGroup[];
  status?: object;
  paused?: boolean;
}

function mapping(
  name: string,
  roles: string[],
  { owners = [], groups, status, paused }: Given = {},
): ReadMapping {
  const annotations = paused ? { annotations: { "rolemapping.dev/pause": "" } } : {};
  const object = {
    metadata: { namespace: "team-a", name, generation: 2, ...annotations },
    spec: { organizationRef: { name: "acme" }, groups: groups ?? [{ name: `${name}s` }], roles },
    ...(status ? { status } : {}),
  };
  return { object, owners } as unknown as ReadMapping;
}

/** A role's field in short: mapping, whether it is there, its groups, whose it is, and what else gives the role. */
function fieldsOf(mappings: readonly ReadMapping[], canSave: boolean) {
  return roleFields(acme, mappings, canSave).map(({ role, mapping: name, read, groups, owner, others }) => [
    role.name,
    name,
    read?.object.metadata.name,
    groups.map(({ name: group }) => group).join(),
    owner,
    others.map(({ object }) => object.metadata.name).join(),
  ]);
}

test("where nothing is mapped each role has an empty field, and a name for what will be", (t) => {
  for (const canSave of [true, false])
    t.deepEqual(fieldsOf([], canSave), [
      ["admin", "acme.admin", undefined, "", undefined, ""],
      ["viewer", "acme.viewer", undefined, "", undefined, ""],
    ]);
});

test("the one mapping that gives a role alone is its field, whatever its name; a page that saves has its own", (t) => {
  const mappings = [
    mapping("ours", ["admin"], { owners: ["Argo CD", "kubectl"] }),
    mapping("both", ["admin", "viewer"]),
  ];
  t.deepEqual(fieldsOf(mappings, false), [
    ["admin", "ours", "ours", "ourss", "Argo CD and kubectl", "both"],
    ["viewer", "acme.viewer", undefined, "", undefined, "both"],
  ]);
  t.deepEqual(fieldsOf(mappings, true)[0], ["admin", "acme.admin", undefined, "", undefined, "ours,both"]);
  const two = [mapping("one", ["admin"]), mapping("two", ["admin"])];
  for (const canSave of [true, false])
    t.deepEqual(fieldsOf(two, canSave)[0], ["admin", "acme.admin", undefined, "", undefined, "one,two"]);
});

test("a mapping of the page's own name is the field, also beside others; one with other roles is somebody's", (t) => {
  const own = mapping("acme.admin", ["admin"]);
  for (const canSave of [true, false])
    t.deepEqual(fieldsOf([own, mapping("ours", ["admin"])], canSave)[0], [
      "admin",
      "acme.admin",
      "acme.admin",
      "acme.admins",
      undefined,
      "ours",
    ]);
  const taken = mapping("acme.admin", ["viewer"]);
  t.deepEqual(fieldsOf([taken], true)[0], [
    "admin",
    "acme.admin",
    undefined,
    "",
    "somebody who has given it other roles",
    "",
  ]);
});

test("mappings of roles that the catalogue doesn't have are told apart", (t) => {
  const [known, stray, partly] = [
    mapping("a", ["admin"]),
    mapping("b", ["owner"]),
    mapping("c", ["viewer", "x"]),
  ];
  t.deepEqual(strayMappings(acme, [known, stray, partly]), [stray, partly]);
});

test("what there is to say of a mapping is what its conditions say, each thing once, and nothing where it works", (t) => {
  const condition = (type: string, status: string, reason: string, observedGeneration = 2) => ({
    ...{ type, status, reason, observedGeneration },
    message: `${reason} of ${type}.`,
  });
  const of = (...conditions: object[]) => wordsOn(mapping("a", ["admin"], { status: { conditions } }));
  const accepted = condition("Ready", "True", "Accepted");
  const notYet = ["The operator hasn't looked at this mapping as it is now yet."];
  t.deepEqual(wordsOn(mapping("a", ["admin"])), notYet);
  t.deepEqual(of(condition("Ready", "True", "Accepted", 1)), notYet);
  t.deepEqual(of(accepted), []);
  t.deepEqual(of(accepted, condition("GroupsResolved", "True", "Found")), []);
  t.deepEqual(of(accepted, condition("GroupsResolved", "Unknown", "NoDirectory")), []);
  t.deepEqual(of(condition("Ready", "True", "Paused")), ["Paused of Ready."]);
  t.deepEqual(of(condition("Ready", "Unknown", "Accepted")), ["Accepted of Ready."]);
  t.deepEqual(of(accepted, condition("GroupsResolved", "Unknown", "GroupNameDiffers")), [
    "GroupNameDiffers of GroupsResolved.",
  ]);
  const failed = condition("GroupsResolved", "False", "GroupNotFound");
  t.deepEqual(of(condition("Ready", "False", "UnknownRole"), failed), [
    "UnknownRole of Ready.",
    "GroupNotFound of GroupsResolved.",
  ]);
  t.deepEqual(of({ ...condition("Ready", "False", "GroupNotFound"), message: failed.message }, failed), [
    failed.message,
  ]);
});

test("only what differs is a change; groups stay in their order, and what can't be read is said by role", (t) => {
  const groups = [{ name: "a" }, { id: "00g1" }, { name: "b" }];
  const fields = roleFields(acme, [mapping("acme.admin", ["admin"], { groups })], true);
  const of = (admin: string | undefined, viewer?: string) => {
    const filled = [["admin", admin] as const, ["viewer", viewer] as const];
    const { edits, problems } = editsOf(
      fields,
      new Map(filled.flatMap(([role, text]) => (text === undefined ? [] : [[role, text] as const]))),
    );
    return [
      edits.map((edit) => [edit.field.role.name, edit.groups, edit.added, edit.removed] as const),
      [...problems.keys()],
    ];
  };
  t.deepEqual(of(undefined), [[], []]);
  t.deepEqual(of("b\nid:00g1\r\na", ""), [[], []], "another order is no change");
  t.deepEqual(of("c\nb\na"), [
    [["admin", [{ name: "a" }, { name: "b" }, { name: "c" }], [{ name: "c" }], [{ id: "00g1" }]]],
    [],
  ]);
  t.deepEqual(of("", "v"), [
    [
      ["admin", [], [], groups],
      ["viewer", [{ name: "v" }], [{ name: "v" }], []],
    ],
    [],
  ]);
  t.deepEqual(of("id:not an id", "v")[1], ["admin"]);
});

test("the policy after the change differs in the changed mappings alone", async (t) => {
  const mappings = [
    mapping("acme.admin", ["admin"], { groups: [{ name: "a" }], paused: true }),
    mapping("other", ["viewer"]),
  ];
  const fields = roleFields(acme, mappings, true);
  const pause = async () => {};
  const of = async (admin: string, viewer?: string) => {
    const filled = new Map([
      ["admin", admin],
      ...(viewer === undefined ? [] : [["viewer", viewer] as const]),
    ]);
    const { edits } = editsOf(fields, filled);
    return policies(acme.spec.roles, mappings, edits, { pause });
  };
  const { before, after } = await of("a\nb", "v");
  t.is(after.mappings.get("other"), before.mappings.get("other"));
  t.like(before.mappings.get("acme.admin"), { groups: [{ name: "a" }], paused: true });
  t.deepEqual(after.mappings.get("acme.admin"), {
    paused: true,
    name: "acme.admin",
    roles: ["admin"],
    groups: [{ name: "a" }, { name: "b" }],
  });
  t.deepEqual(after.mappings.get("acme.viewer"), {
    name: "acme.viewer",
    roles: ["viewer"],
    groups: [{ name: "v" }],
  });
  const emptied = await of("");
  t.deepEqual([...emptied.after.mappings.keys()], ["other"]);
  t.deepEqual([...emptied.before.mappings.keys()], ["acme.admin", "other"]);
});

test("a group that is named by its id keeps the names that are known of it", async (t) => {
  const status = { groups: [{ id: "00g1", name: "staff" }] };
  const mappings = [mapping("acme.admin", ["admin"], { groups: [{ id: "00g1" }, { name: "a" }], status })];
  const { edits } = editsOf(roleFields(acme, mappings, true), new Map([["admin", "id:00g1\nid:00g2\nb"]]));
  const { after } = await policies(acme.spec.roles, mappings, edits, { pause: async () => {} });
  t.deepEqual(after.mappings.get("acme.admin")?.groups, [
    { id: "00g1", currentName: "staff" },
    { id: "00g2" },
    { name: "b" },
  ]);
});

test("a manifest is what kubectl applies: one document for each mapping, without a status", (t) => {
  const [admin, viewer] = roleFields(acme, [], false);
  if (!admin || !viewer) return t.fail();
  t.deepEqual(mappingIntent(acme, admin, [{ name: "a" }]), {
    metadata: { name: "acme.admin", namespace: "team-a" },
    spec: { organizationRef: { name: "acme" }, groups: [{ name: "a" }], roles: ["admin"] },
  });
  const { namespace: _, ...metadata } = acme.metadata;
  t.deepEqual(mappingIntent({ ...acme, metadata }, admin, []).metadata, { name: "acme.admin" });
  const text = mappingManifest(acme, [
    { field: admin, groups: [{ name: `a ${"long ".repeat(40)}name` }] },
    { field: viewer, groups: [{ id: "00g1" }] },
  ]);
  t.is(text.split("---\n").length, 2);
  t.regex(
    text,
    /^apiVersion: rolemapping\.dev\/v1alpha1\nkind: OktaRoleMapping\nmetadata:\n {2}name: acme\.admin\n/,
  );
  t.regex(text, /- name: a (long ){40}name\n/, "a long name stays in one line");
});
