import test, { type ExecutionContext } from "ava";
import type { Listed, PersonChange, Preview } from "../../../../identity/index.ts";
import { editsOf } from "../../../../webhook/console/mapping-edits.ts";
import type { ReadMapping } from "../../../../webhook/console/read-mappings.ts";
import type { Previewed } from "../../../../webhook/console/role-mappings.ts";
import { mappingPreviewPage, type NotSaved } from "../../../../webhook/pages/console/mapping-preview.ts";
import { layout } from "../../../../webhook/pages/layout.ts";
import { visitorOfAcme } from "../a-visitor.ts";
import { differs, reading, reads } from "../reading.ts";
import { deskOf, groupsTo, mapping } from "./a-desk.ts";

const ADMIN = { name: "admin", displayName: "Admin", admin: true };
const VIEWER = { name: "viewer", displayName: "Viewer", admin: false };
const visitor = visitorOfAcme([ADMIN, VIEWER]);
const OPS = mapping("acme.admin", ["admin"], [{ name: "ops" }]);

const NOBODY: Listed = { count: 0, first: [] };
const HELD = { deactivating: 0, recent: 0, exceeds: false, lastAdminRoles: [] };

const person = (name: string, changes: Partial<PersonChange> = {}): PersonChange => ({
  ref: `acme/${name}`,
  gained: [],
  lost: [],
  ...changes,
});
const listed = (...first: PersonChange[]): Listed => ({ count: first.length, first });

interface Given extends Partial<Omit<Previewed, "preview">> {
  readonly filledIn?: Readonly<Record<string, string>>;
  readonly mappings?: readonly ReadMapping[];
  readonly canSave?: boolean;
  readonly notSaved?: NotSaved;
  readonly preview?: Partial<Preview>;
  readonly of?: typeof visitor;
  readonly scripts?: readonly string[];
}

/** What the form would do, unless said otherwise: one group more has the role Admin, and nobody is in it. */
function page(given: Given = {}) {
  const {
    filledIn = { admin: "ops\nnew" },
    mappings = [OPS],
    canSave = true,
    notSaved,
    of = visitor,
    preview,
    scripts,
    ...rest
  } = given;
  const desk = deskOf(of, mappings, { canSave });
  const previewed: Previewed = {
    ...editsOf(desk.fields, new Map(Object.entries(filledIn))),
    desk,
    hash: "h1",
    sightings: [],
    takesOwnAdminRole: false,
    ...rest,
    preview: {
      gaining: NOBODY,
      losing: NOBODY,
      deactivated: NOBODY,
      roles: new Map(),
      own: undefined,
      held: HELD,
      ...preview,
    },
  };
  return mappingPreviewPage(of, previewed, { notSaved, ...(scripts && { scripts }) });
}

const shows = (t: ExecutionContext, given: Given, lines: string[], than: Given = {}) =>
  differs(t, [page(than), page(given)], lines);

test("what a change would do is told with its groups, its people, and how to make it so", (t) => {
  reads(t, page(), [
    "# What this would change",
    "## The mappings",
    "Role | Groups | Mapping",
    "Admin | + new | `acme.admin` is changed",
    "## The people",
    "Nobody who has an account here would gain or lose a role.",
    "Counted by the groups that were last received from Okta. …",
    "## To make it so",
    "(groups:admin: ops⏎new) (seen: h1) [Save]",
    "(groups:admin: ops⏎new)(back: yes) {plain}[Change it further]",
    "By hand: as a manifest, for `kubectl apply --filename` …",
    "apiVersion: …⏎ name: acme.admin⏎…⏎ - name: ops⏎ - name: new⏎…",
    "{plain}[Copy]",
    "[Back to the mappings as they are](/login/acme/mappings)",
  ]);
  t.deepEqual(page().scripts, []);
  t.deepEqual(page({ scripts: ["/copy.js"] }).scripts, ["/copy.js"]);
});

test("where nothing would change it says so, and what had been wrong", (t) => {
  const same = { filledIn: { admin: "ops" } };
  reads(t, page(same), [
    "# Nothing would change",
    "The groups that you have filled in are those that the mappings have already.",
    "[Back to the mappings as they are](/login/acme/mappings)",
  ]);
  shows(t, { ...same, notSaved: { why: "changed", done: [] } }, ["+ {alert}Not saved: …"], same);
});

test("a mapping is made, changed or deleted; whose it is is said, and what is theirs is changed there", (t) => {
  shows(t, { filledIn: { admin: "", viewer: "all" } }, [
    "- Admin | + new | `acme.admin` is changed",
    "- (groups:admin: ops⏎new) (seen: h1) [Save]",
    "- (groups:admin: ops⏎new)(back: yes) …",
    "- apiVersion: …",
    "+ Admin | − ops | `acme.admin` is deleted",
    "+ Viewer | + all | `acme.viewer` is made",
    "+ (groups:admin: )(groups:viewer: all) (seen: h1) [Save]",
    "+ (groups:admin: )(groups:viewer: all)(back: yes) …",
    "+ apiVersion: …⏎ name: acme.viewer⏎…",
    "+ By hand, since nobody is left in `acme.admin`, …",
    "+ kubectl delete oktarolemapping acme.admin --namespace acme",
  ]);
  const gone = reading(page({ filledIn: { admin: "" } }));
  t.false(gone.some((line) => line.startsWith("apiVersion") || line.includes("as a manifest")));
  const theirs = mapping("acme.admin", ["admin"], [{ name: "ops" }], { owners: ["Flux"] });
  shows(t, { mappings: [theirs] }, [
    "- Admin | + new | `acme.admin` is changed",
    "- (groups:admin: ops⏎new) (seen: h1) [Save]",
    "+ Admin | + new | `acme.admin` is changed / kept by Flux",
    "+ {alert}It can't be saved here, since `acme.admin` is kept by Flux. Change it there.",
  ]);
  shows(t, { mappings: [theirs], canSave: false }, [
    "- Admin | + new | `acme.admin` is changed",
    "- (groups:admin: ops⏎new) (seen: h1) [Save]",
    "+ Admin | + new | `acme.admin` is changed / kept by Flux",
  ]);
  shows(t, { canSave: false }, ["- (groups:admin: ops⏎new) (seen: h1) [Save]"]);
});

test("why it wasn't saved is said, and what had been saved by then", (t) => {
  const cases: [NotSaved, string][] = [
    [{ why: "changed", done: [] }, "Not saved: somebody has changed … This is what it would do now."],
    [
      { why: "changed", done: ["a", "b"], at: "c" },
      "Not saved: … now. It was found at `c`: it is another one by now, is gone, or is one of another organization. Saved before that: `a` `b` .",
    ],
    [
      { why: "forbidden", done: ["a"] },
      "Not saved: this service may not write mappings in the namespace acme. … `rbac/console.yaml`. Saved before that: `a` .",
    ],
    [
      { why: "invalid", done: [], message: "Too long." },
      "Not saved: the API server doesn't accept this. Too long.",
    ],
    [
      { why: "invalid", done: [], message: "m".repeat(1_001) },
      `Not saved: the API server doesn't accept this. ${"m".repeat(1_000)}`,
    ],
    [{ why: "invalid", done: [] }, "Not saved: the API server doesn't accept this."],
    [
      { why: "failed", done: ["a"], at: "c" },
      "Not saved: the API server has failed, or gave no answer, at `c`. This is what is left to do by what is there now: try again in a minute. Saved before that: `a` .",
    ],
  ];
  for (const [notSaved, line] of cases) shows(t, { notSaved }, [`+ {alert}${line}`]);
});

test("people are told by what they lose first, each with what they gain and lose, and of many the number", (t) => {
  const roles = [..."abcdefg"];
  const preview = {
    gaining: listed(
      person("a", { name: "Ann", email: "a@acme.example", gained: ["viewer", "new"], becomes: "active" }),
      person("b", { email: "b@acme.example", gained: roles }),
    ),
    losing: { count: 9, first: [person("c", { name: "Cid", lost: roles.slice(1), gained: ["viewer"] })] },
    deactivated: listed(person("d", { lost: ["admin"], becomes: "deactivated" })),
    roles: new Map([
      ["viewer", { gained: 2, lost: 0 }],
      ["gone", { gained: 0, lost: 1 }],
    ]),
  };
  const read = reading(page({ preview }));
  t.deepEqual(read.slice(read.indexOf("## The people") + 1, read.indexOf("## To make it so") - 1), [
    "2 people gain a role. 9 people lose a role and keep another. 1 person loses all access.",
    "Role | Gain it | Lose it",
    "Viewer | 2 | 0",
    "gone | 0 | 1",
    "### Would lose all access: 1",
    "Who | Gains | Loses",
    "acme/d | nothing | Admin",
    "### Would lose a role: 9",
    "Who | Gains | Loses",
    "Cid | Viewer | b / c / d / e / f / g",
    "and 8 more.",
    "### Would gain a role: 2",
    "Who | Gains | Loses",
    "Ann / a@acme.example / comes back | Viewer / new | nothing",
    "b@acme.example | a / b / c / d / e / f / and 1 more | nothing",
  ]);
  const sentence = (changes: Partial<Preview>) => reading(page({ preview: changes }))[5];
  const one = listed(person("a"));
  t.is(sentence({ gaining: one }), "1 person gains a role.");
  t.is(
    sentence({ gaining: one, losing: one }),
    "1 person gains a role. 1 person loses a role and keeps another.",
  );
  t.is(sentence({ gaining: one, deactivated: one }), "1 person gains a role. 1 person loses all access.");
  t.is(sentence({ losing: one }), "1 person loses a role and keeps another.");
  t.is(sentence({ deactivated: { count: 2, first: [] } }), "2 people lose all access.");
});

const OWN_ROLE = "{alert}You would lose your own admin role.";
const AT_ONCE = `${OWN_ROLE} These pages close for you at once, and you can't take it back here.`;
const LATER = `${OWN_ROLE} That doesn't come true at once, as is said below; when it does, these pages close for you, and you can't take it back here.`;
const LAST =
  "{alert}Nobody would hold `admin` `owner` any more. The safeguards hold that: whoever holds it keeps it until somebody approves on the cluster.";
const TOO_MANY =
  "{alert}7 people would lose all access: more than this organization allows (20% within 24 hours). The safeguards hold that: they keep what they have until somebody approves on the cluster.";
const PAUSED =
  "{alert}Changes are paused in the Organization acme: nothing of this comes true until that is over.";

const held = (changes: object) => ({ preview: { held: { ...HELD, ...changes } } });
const LAST_ADMINS = { lastAdminRoles: ["admin", "owner"] };

/** An organization that somebody has paused. */
const ofPaused = structuredClone(visitor);
ofPaused.organization.metadata.annotations = { "rolemapping.dev/pause": "" };

/** What stands above everything else. */
const warned = (given: Given) => {
  const read = reading(page(given));
  return read.slice(1, read.indexOf("## The mappings"));
};

test("what is dangerous stands above everything else", (t) => {
  t.deepEqual(warned({}), []);
  t.deepEqual(warned({ takesOwnAdminRole: true }), [AT_ONCE]);
  shows(t, { takesOwnAdminRole: true }, [
    "- (groups:admin: ops⏎new) (seen: h1) [Save]",
    "+ {alert}You would lose your own admin role. …",
    "+ (groups:admin: ops⏎new) (seen: h1) (own: loses) [Save]",
  ]);
  t.deepEqual(warned(held(LAST_ADMINS)), [LAST]);
  t.deepEqual(warned(held({ deactivating: 7 })), []);
  t.deepEqual(warned(held({ deactivating: 7, exceeds: true })), [TOO_MANY]);
  t.deepEqual(warned(held({ deactivating: 7, recent: 3, exceeds: true })), [
    TOO_MANY.replace("all access", "all access, and 3 were lately"),
  ]);
});

test("what is held or paused isn't said to come true at once", (t) => {
  const own = { takesOwnAdminRole: true };
  t.deepEqual(warned({ ...own, ...held(LAST_ADMINS) }), [LATER, LAST]);
  t.deepEqual(warned({ ...own, ...held({ deactivating: 7, exceeds: true }) }), [LATER, TOO_MANY]);
  t.deepEqual(warned({ ...own, of: ofPaused }), [LATER, PAUSED]);
  t.deepEqual(warned({ ...own, ...held({ deactivating: 7, exceeds: true, ...LAST_ADMINS }), of: ofPaused }), [
    LATER,
    LAST,
    TOO_MANY,
    PAUSED,
  ]);
  t.deepEqual(warned({ ...own, ...held({ deactivating: 7 }) }), [AT_ONCE]);
});

test("what is paused comes true only when that is over: all of it, or one mapping, unless that is deleted", (t) => {
  t.deepEqual(warned({ of: ofPaused }), [PAUSED]);
  const mappings = [mapping("acme.admin", ["admin"], [{ name: "ops" }], { pause: "" })];
  const one = "{alert}The mapping `acme.admin` is paused:";
  t.deepEqual(warned({ mappings }), [`${one} what changes in it comes true when that is over.`]);
  t.deepEqual(warned({ mappings, filledIn: { admin: "" } }), [`${one} to delete it is to end the pause.`]);
  t.deepEqual(warned({ mappings, filledIn: { viewer: "x" } }), []);
});

test("groups that nobody has come with are named, and what comes near to them", (t) => {
  shows(t, { sightings: [{ name: "new", people: 2 }] }, []);
  shows(
    t,
    {
      sightings: [
        { name: "new", people: 0 },
        { name: "known", people: 1 },
        { name: "Ops", people: 0, near: "ops" },
        { name: "a b", people: 0, near: "a\u00a0b" },
      ],
    },
    [
      "+ {notice}",
      "+ - Nobody has come with new so far.",
      "+ - Nobody has come with Ops, but people have with ops: group names match exactly.",
      "+ - Nobody has come with a b, but people have with a b (they differ by …): group names match exactly.",
    ],
  );
});

/** Long, and longer once it is escaped. */
const LONG = '"'.repeat(250);

test("of very many groups and people what fits is shown, and how many more there are; a page stays below 100 kB", (t) => {
  const many = groupsTo(400, LONG);
  const text = many.map(({ name = "" }) => name).join("\n");
  const sightings = many.map(({ name = "" }) => ({ name, people: 0 }));
  const long = Array.from({ length: 50 }, (_, i) =>
    person(`${i}`, { name: LONG.repeat(2), email: LONG, gained: ["x".repeat(60), "y".repeat(60)] }),
  );
  const preview = { gaining: { count: 60, first: long } };
  const all = page({ mappings: [], filledIn: { admin: text }, sightings, preview });
  t.true(Buffer.byteLength(layout(all, "x")) < 100_000);
  const read = reading(all);
  const row = read.find((line) => line.startsWith("Admin | ")) ?? "";
  const groups = row.match(/\+ "/g)?.length ?? 0;
  t.true(groups > 4);
  t.true(row.endsWith(`/ + ${400 - groups} more | \`acme.admin\` is made`));
  const unseen = read.filter((line) => line.startsWith("- Nobody has come with")).length;
  t.true(read.includes(`- and ${400 - unseen} more that nobody has come with.`));
  const people = read.filter((line) => line.startsWith('"')).length;
  t.true(read.includes(`and ${60 - people} more.`));
  t.true(
    read.includes(
      "{alert}This role has too many groups for this page: write the mapping `acme.admin` as a manifest, for " +
        "`kubectl apply --filename`. Or give it fewer: [back to its groups](/login/acme/mappings?role=admin).",
    ),
  );
  t.true(read.includes("The manifest of so many groups doesn't fit on a page."));
  t.false(read.some((line) => /\[(Save|Change it further)\]/.test(line)));
});

test("where the groups don't fit on a page, it says what to do: with one role by kubectl or where it is kept, with several one by one", (t) => {
  const many = groupsTo(400, LONG);
  const text = many.map(({ name = "" }) => name).join("\n");
  const said = (given: Given) =>
    reading(page(given)).find((line) => line.startsWith("{alert}") && line.includes("too many groups"));
  const back = "[back to its groups](/login/acme/mappings?role=admin).";
  const one = { filledIn: { admin: text }, mappings: [mapping("acme.admin", ["admin"], [{ name: "ops" }])] };
  t.is(
    said(one),
    "{alert}This role has too many groups for this page: edit the mapping with `kubectl edit oktarolemapping acme.admin " +
      `--namespace acme\`. Or give it fewer: ${back}`,
  );
  t.is(
    said({ ...one, filledIn: { admin: text, viewer: "x" } }),
    "{alert}These are too many groups for one page: change fewer roles at once.",
  );
  const theirs = mapping("acme.admin", ["admin"], [{ name: "ops" }], { owners: ["Argo CD"] });
  t.is(
    said({ ...one, mappings: [theirs] }),
    `{alert}This role has too many groups for this page: change them where \`acme.admin\` is kept. Or give it fewer: ${back}`,
  );
});
