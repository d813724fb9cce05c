import test, { type ExecutionContext } from "ava";
import type { ReadMapping } from "../../../../webhook/console/read-mappings.ts";
import { type RoleMappingContent, roleMappingPage } from "../../../../webhook/pages/console/role-mapping.ts";
import { layout } from "../../../../webhook/pages/layout.ts";
import { visitorOfAcme } from "../a-visitor.ts";
import { differs, reading, reads } from "../reading.ts";
import { condition, deskOf, groupsTo, mapping, WORKING } from "./a-desk.ts";

const ADMIN = { name: "admin", displayName: "Admin", admin: true };
const VIEWER = { name: "viewer", displayName: "Viewer", description: "Looks, and no more", admin: false };
const visitor = visitorOfAcme([ADMIN, VIEWER]);

const page = (mappings: readonly ReadMapping[], content?: RoleMappingContent, options = {}) =>
  roleMappingPage(visitor, deskOf(visitor, mappings, options), content);

/** What an added mapping, or something else about the page, makes of it. */
const makes = (
  t: ExecutionContext,
  [mappings, content, options]: Parameters<typeof page>,
  lines: string[],
  than = page([]),
) => differs(t, [than, page(mappings, content, options)], lines);

test("there is a field for each role, with what the role is for, and where nothing is mapped they are empty", (t) => {
  reads(t, page([]), [
    "# Role mapping",
    "People in these Okta groups hold these roles. … You can change the groups here: …",
    "One group on each line, … `id:00g1emaKYZTWRYYRRTSK`.",
    "## Admin {badge}admin",
    "`admin`",
    "Groups of Admin: <groups:admin: >",
    "## Viewer",
    "Looks, and no more",
    "Groups of Viewer: <groups:viewer: >",
    "[Show what would change]",
    "What is saved here goes into mappings named `acme.ROLE`. …",
  ]);
  makes(
    t,
    [[], undefined, { canSave: false }],
    [
      "- People in these Okta groups …",
      "- What is saved here …",
      "+ People in these Okta groups … Here you can see what a change would do, and get the manifest for it; …",
      "+ To let administrators save on this page, set `spec.console.editMappings: true` on the Organization acme in the namespace acme.",
    ],
  );
});

test("a field has the groups of its mapping, whose names the directory knows, and is a manifest beneath", (t) => {
  const groups = [{ name: "ops" }, { id: "00g1" }, { id: "00g2" }, { id: "00g3" }];
  const named = [
    { id: "00g1", name: "Admins" },
    { id: "00g2", name: "Operators" },
    { id: "00g3" },
    { name: "ops" },
    { id: "00g4", name: "Others" },
  ];
  const status = { conditions: [WORKING], groups: named };
  makes(
    t,
    [[mapping("acme.admin", ["admin"], groups, { status })]],
    [
      "- Groups of Admin: <groups:admin: >",
      "+ Groups of Admin: <groups:admin: ops⏎id:00g1⏎id:00g2⏎id:00g3>",
      "+ In Okta now: `id:00g1` is Admins, `id:00g2` is Operators.",
      "+ The mappings of these fields as a manifest",
      "+ apiVersion: rolemapping.dev/v1alpha1⏎kind: OktaRoleMapping⏎metadata:⏎ name: acme.admin⏎ … - name: ops⏎ - id: 00g1⏎…⏎ roles:⏎ - admin",
      "+ {plain}[Copy]",
    ],
  );
  const nowOf = (count: number) => {
    const ids = Array.from({ length: count }, (_, i) => ({ id: `00g${i}`, name: "N" }));
    const own = mapping(
      "acme.admin",
      ["admin"],
      ids.map(({ id }) => ({ id })),
      { status: { groups: ids } },
    );
    return reading(page([own])).find((line) => line.startsWith("In Okta now")) ?? "";
  };
  t.regex(nowOf(20), /`id:00g19` is N\.$/);
  t.regex(nowOf(22), /`id:00g19` is N and 2 more\.$/);
});

test("what a mapping's conditions say of it stands at its field, and nothing where it works", (t) => {
  const words = [condition("UnknownRole", "False", `No such role.${"x".repeat(2_000)}`)];
  const before = page([mapping("acme.admin", ["admin"], [{ name: "ops" }])]);
  makes(
    t,
    [[mapping("acme.admin", ["admin"], [{ name: "ops" }], { status: { conditions: words } })]],
    [`+ {notice}acme.admin: No such role.${"x".repeat(1_987)}`],
    before,
  );
});

test("a mapping that was just made says that nobody has looked at it yet, at its field and elsewhere", (t) => {
  const made = { status: undefined };
  const notYet = "The operator hasn't looked at this mapping as it is now yet.";
  const own = reading(page([mapping("acme.admin", ["admin"], [{ id: "00g1" }], made)]));
  t.true(own.includes(`{notice}acme.admin: ${notYet}`));
  t.false(own.some((line) => line.startsWith("In Okta now")));
  const others = reading(page([mapping("both", ["admin", "viewer"], [{ id: "00g1" }], made)]));
  t.true(others.includes("- id:00g1"));
  t.true(others.includes(`{notice}both: ${notYet}`));
});

test("a mapping that somebody else keeps is read here, and changed there", (t) => {
  const theirs = mapping("acme.admin", ["admin"], [{ name: "ops" }, { name: "id:x" }], {
    owners: ["Argo CD"],
  });
  makes(
    t,
    [[theirs]],
    [
      "- Groups of Admin: <groups:admin: >",
      "+ Groups, kept by Argo CD in the mapping `acme.admin`. Change them there.",
      "+ - ops",
      "+ - name:id:x",
      "+ The mappings of these fields as a manifest",
      "+ apiVersion: …",
      "+ {plain}[Copy]",
    ],
  );
  // Where nothing is saved here anyway, the field makes a manifest for there.
  makes(
    t,
    [[theirs], undefined, { canSave: false }],
    [
      "- Groups of Admin: <groups:admin: >",
      "+ Groups of Admin: <groups:admin: ops⏎name:id:x>",
      "+ The mapping `acme.admin` is kept by Argo CD.",
      "+ The mappings of these fields as a manifest",
      "+ apiVersion: …",
      "+ {plain}[Copy]",
    ],
    page([], undefined, { canSave: false }),
  );
  const taken = mapping("acme.admin", ["viewer"], [{ name: "ops" }]);
  t.true(
    reading(page([taken])).includes(
      "Groups, kept by somebody who has given it other roles in the mapping `acme.admin`. Change them there.",
    ),
  );
  t.true(reading(page([taken])).includes("None yet."));
});

test("other mappings that give a role stand above an empty field, and below one with groups of its own", (t) => {
  const groups = [{ id: "00g1" }, { id: "00g2" }, { name: "c" }];
  const status = { conditions: [WORKING], groups: [{ id: "00g1", name: "Admins" }, { name: "c" }] };
  const both = mapping("both", ["admin", "viewer"], groups, { owners: ["Flux", "kubectl"], status });
  const sections = (...mappings: ReadMapping[]) => {
    const read = reading(page(mappings));
    return read.slice(read.indexOf("## Admin {badge}admin") + 2, read.indexOf("## Viewer"));
  };
  const other = ["- `both` kept by Flux and kubectl", "- Admins (id:00g1)", "- id:00g2", "- c"];
  t.deepEqual(sections(both), ["It is given by:", ...other, "More groups of Admin: <groups:admin: >"]);
  t.deepEqual(sections(mapping("acme.admin", ["admin"], [{ name: "ops" }]), both), [
    "Groups of Admin: <groups:admin: ops>",
    "Other mappings give it, too:",
    ...other,
  ]);
  const unowned = mapping("other", ["admin"], groupsTo(20), { status: { conditions: [] } });
  t.deepEqual(sections(unowned).slice(0, 3), ["It is given by:", "- `other`", "- g0"]);
  t.is(
    sections(unowned).at(-2),
    "{notice}other: The operator hasn't looked at this mapping as it is now yet.",
  );
  t.is(sections(mapping("other", ["admin"], groupsTo(20))).at(-2), "- g19");
  t.is(sections(mapping("other", ["admin"], groupsTo(22))).at(-2), "- and 2 more");
  t.false(sections(mapping("other", ["admin"], groupsTo(22))).includes("- g20"));
  const others = (count: number) =>
    sections(...Array.from({ length: count }, (_, i) => mapping(`o${i}`, ["admin"], [{ name: "x" }]))).at(-2);
  t.is(others(10), "- x");
  t.is(others(12), "and 2 more.");
});

test("mappings that give nothing, since a role of theirs isn't there, are named", (t) => {
  const stray = mapping("old", ["gone"], [{ name: "ops" }]);
  makes(t, [[stray]], ["+ ## Mappings that give nothing", "+ - `old`", "+ - ops"]);
});

test("what somebody has filled in stays in the fields, with what is wrong with it, said to whoever can't see it, too", (t) => {
  const filledIn = new Map([
    ["admin", "id:\nops"],
    ["viewer", "all"],
  ]);
  makes(
    t,
    [[], { filledIn }],
    [
      "- Groups of Admin: <groups:admin: >",
      "- Groups of Viewer: <groups:viewer: >",
      "+ Groups of Admin: <groups:admin: id:⏎ops>",
      "+ Groups of Viewer: <groups:viewer: all>",
    ],
  );
  const problems = new Map([["admin", "That is no id."]]);
  const wrong = page([], { filledIn, problems });
  differs(
    t,
    [page([], { filledIn }), wrong],
    [
      "- Groups of Admin: <groups:admin: id:⏎ops>",
      "+ {alert}Nothing was changed: one field below can't be read as groups.",
      "+ Groups of Admin:",
      "+ {problem}That is no id.",
      "+ {true}<groups:admin: id:⏎ops>",
    ],
  );
  t.regex(String(wrong.body), /aria-describedby="groups-admin-about groups-admin-problem"/);
  t.regex(String(wrong.body), /aria-describedby="groups-viewer-about"/);
  const two = page([], { filledIn, problems: new Map([...problems, ["viewer", "Neither is that."]]) });
  t.is(reading(two)[1], "{alert}Nothing was changed: 2 fields below can't be read as groups.");
});

test("a field has room for one line more than there is in it, from two to eight", (t) => {
  const rows = (lines: number) => {
    const filledIn = new Map([["admin", Array(lines).fill("g").join("\n")]]);
    return /name="groups:admin" rows="(\d+)"/.exec(String(page([], { filledIn }).body))?.[1];
  };
  t.deepEqual([0, 1, 2, 6, 7, 8, 40].map(rows), ["2", "2", "3", "7", "8", "8", "8"]);
});

test("who has saved is told so, and when it comes true: not at once what is held or paused", (t) => {
  const saved = (mappings: readonly ReadMapping[], of = visitor) =>
    reading(roleMappingPage(of, deskOf(of, mappings), { isSaved: true }))[1];
  const soon =
    "{alert}{good}Saved. Who gains and loses by it does so within seconds, unless the safeguards hold it: then [Identity management](/login/acme/settings) says how it is approved.";
  const groups = [{ name: "ops" }];
  const pause = "moving";
  t.is(saved([mapping("acme.admin", ["admin"], groups)]), soon);
  t.is(
    saved([mapping("acme.admin", ["admin"], groups, { pause })]),
    `${soon} What is in a mapping that is paused comes true when that is over.`,
  );
  const theirs = mapping("acme.admin", ["admin"], groups, { pause, owners: ["Flux"] });
  t.is(saved([theirs, mapping("other", ["admin"], groups, { pause })]), soon, "nothing was saved into these");
  const of = structuredClone(visitor);
  of.organization.metadata.annotations = { "rolemapping.dev/pause": "" };
  t.is(
    saved([mapping("acme.admin", ["admin"], groups, { pause })], of),
    "{alert}{good}Saved. Changes are paused in the Organization acme: nothing of it comes true until that is over.",
  );
});

test("one role can be shown by itself", (t) => {
  makes(
    t,
    [[], { only: "viewer" }],
    ["- ## Admin {badge}admin", "- `admin`", "- Groups of Admin: …", "+ [All roles](/login/acme/mappings)"],
  );
  t.deepEqual(page([], { scripts: ["/copy.js"] }).scripts, ["/copy.js"]);
  t.deepEqual(page([]).scripts, []);
});

test("roles whose groups don't fit stand with a page each, and all of it stays below 100 kB", (t) => {
  const roles = [..."abcdefgh"].map((name) => ({ name, displayName: `Role ${name}`, admin: false }));
  const crowded = visitorOfAcme(roles);
  const mappings = roles.map(({ name }) =>
    mapping(`acme.${name}`, [name], groupsTo(200, "a group with a name of a usual length ")),
  );
  const all = roleMappingPage(crowded, deskOf(crowded, mappings));
  t.true(Buffer.byteLength(layout(all, "x")) < 100_000);
  const read = reading(all);
  t.deepEqual(
    read.filter((line) => line.startsWith("## ")),
    [..."abcde"].map((name) => `## Role ${name}`).concat("## Roles that there is no room for here"),
  );
  const at = read.indexOf("## Roles that there is no room for here");
  t.deepEqual(read.slice(at + 1, at + 5), [
    "Each on a page of its own; or `kubectl get oktarolemappings --namespace acme --output yaml`",
    ..."fgh".split("").map((name) => `- [Role ${name}](/login/acme/mappings?role=${name}) 200 groups`),
  ]);
  t.false(read.includes("The mappings of these fields as a manifest"), "which has no room either");
  t.is(read[at + 5], "[Show what would change]");
  const long = visitorOfAcme(
    Array.from({ length: 128 }, (_, i) => ({
      name: `r${i}`,
      displayName: "R".repeat(60),
      description: "d".repeat(1_000),
      admin: false,
    })),
  );
  const longest = roleMappingPage(long, deskOf(long, []));
  t.true(Buffer.byteLength(layout(longest, "x")) < 100_000);
  const last = reading(longest);
  const names = last.filter((line) => line.startsWith("- [RRR")).length;
  const shown = last.filter((line) => line.startsWith("## RRR")).length;
  t.is(
    last.find((line) => line.startsWith("and ")),
    `and ${128 - shown - names} more.`,
  );
});
