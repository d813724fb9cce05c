import test from "ava";
import {
  listed,
  type NearMiss,
  nearMisses,
  nearMissSentence,
  outOfForce,
  quoted,
} from "../../identity/near-misses.ts";
import { CompiledPolicy, type MappedGroup, type Mapping } from "../../identity/policy.ts";

const ROLES = [{ name: "viewer" }];
const mapping = (name: string, ...groups: MappedGroup[]): Mapping => ({ name, groups, roles: ["viewer"] });
const OPS = { id: "00g1", currentName: "ops", formerNames: ["old ops"] };
const DIFFERS = { code: "NameDiffers", mapping: "m", group: "Ops", mapped: "ops" } as const;
const BARE = { code: "NameWithoutID", mapping: "m", group: "ops", ids: ["00g1"] } as const;
const OTHER = {
  code: "OtherGroupOfName",
  mapping: "m",
  group: "ops",
  groupID: "00g2",
  ids: ["00g1"],
} as const;
const suspended = (roles: string[]): Mapping => ({ ...mapping("m", { name: "ops" }), roles });
const paused = (...groups: MappedGroup[]): Mapping => ({ ...mapping("m", ...groups), paused: true });

for (const [what, group, rules, expected] of [
  ["a name that differs by case", { name: "Ops" }, [mapping("m", { name: "ops" })], [DIFFERS]],
  [
    "a mapped name with capitals",
    { name: "ops" },
    [mapping("m", { name: "Ops" })],
    [{ ...DIFFERS, group: "ops", mapped: "Ops" }],
  ],
  [
    "what can't be seen of the difference is in words",
    { name: "ops " },
    [mapping("m", { name: "ops" })],
    [{ ...DIFFERS, group: "ops ", difference: "a space at the end" }],
  ],
  ["the very name is no near miss", { name: "ops" }, [mapping("m", { name: "ops" }, { name: "OPS" })], []],
  [
    "nor is another one that the same mapping names",
    { name: "Ops" },
    [mapping("m", { name: "dev" }, { id: "00g9" }, { name: "ops" })],
    [DIFFERS],
  ],
  ["nor is another one", { name: "dev" }, [mapping("m", { name: "ops" }, OPS)], []],
  ["a group by id that is called so", { name: "ops" }, [mapping("m", OPS)], [BARE]],
  ["or was", { name: "old ops" }, [mapping("m", OPS)], [{ ...BARE, group: "old ops" }]],
  [
    "of several groups by id those that are called so",
    { name: "ops" },
    [mapping("m", { id: "00g0" }, { id: "00g9", currentName: "dev", formerNames: ["test"] }, OPS)],
    [BARE],
  ],
  ["another group of that name", { name: "ops", id: "00g2" }, [mapping("m", OPS)], [OTHER]],
  ["the very group", { name: "ops", id: "00g1" }, [mapping("m", OPS)], []],
  [
    "the very group, which isn't the mapping's first",
    { name: "ops", id: "00g1" },
    [mapping("m", { ...OPS, id: "00g2" }, OPS)],
    [],
  ],
  ["a mapping that names it by name, too", { name: "ops" }, [mapping("m", OPS, { name: "ops" })], []],
  ["an id alone comes close to nothing", { id: "00g2" }, [mapping("m", OPS, { name: "ops" })], []],
  [
    "a mapping that is suspended, with the roles that aren't known",
    { name: "ops" },
    [suspended(["viewer", "tpyo"])],
    [{ code: "MappingSuspended", mapping: "m", group: "ops", unknownRoles: ["tpyo"] }],
  ],
  [
    "five of them at the most",
    { name: "ops" },
    [suspended(["a", "b", "c", "d", "e", "f"])],
    [{ code: "MappingSuspended", mapping: "m", group: "ops", unknownRoles: ["a", "b", "c", "d", "e"] }],
  ],
  [
    "one that is paused, whatever it lacks",
    { id: "00g1", name: "renamed" },
    [{ ...paused(OPS), roles: ["tpyo"] }],
    [{ code: "MappingPaused", mapping: "m", group: "renamed" }],
  ],
  ["one that is paused has no near misses by name", { name: "Ops" }, [paused({ name: "ops" })], []],
] as const satisfies readonly (readonly [string, object, readonly Mapping[], readonly NearMiss[]])[])
  test(`what somebody's groups come close to: ${what}`, (t) => {
    t.deepEqual(nearMisses([group], new CompiledPolicy(ROLES, rules)), [...expected]);
  });

test("of a group by id five ids are named at the most", (t) => {
  const groups = Array.from({ length: 6 }, (_, i) => ({ id: `00g${i}`, currentName: "ops" }));
  t.deepEqual(nearMisses([{ name: "ops" }], new CompiledPolicy(ROLES, [mapping("m", ...groups)])), [
    { ...BARE, ids: ["00g0", "00g1", "00g2", "00g3", "00g4"] },
  ]);
});

test("near misses come once each, in one order, however groups and mappings are ordered", (t) => {
  const rules = [
    mapping("a", { name: "ops" }, { name: "OPS" }, OPS),
    mapping("b", { name: "ops" }),
    { ...mapping("c", { name: "Ops" }), paused: true as const },
    mapping("d", { ...OPS, currentName: "Ops" }),
  ];
  const groups = [{ name: "Ops" }, { name: "Ops" }, { name: "Ops", id: "00g3" }, { name: "Ops", id: "00g4" }];
  const found = nearMisses(groups, new CompiledPolicy(ROLES, rules));
  t.deepEqual(
    found.map((miss) => [
      miss.mapping,
      miss.code,
      "mapped" in miss ? miss.mapped : "groupID" in miss ? miss.groupID : "",
    ]),
    [
      ["a", "NameDiffers", "OPS"],
      ["a", "NameDiffers", "ops"],
      ["b", "NameDiffers", "ops"],
      ["c", "MappingPaused", ""],
      ["d", "NameWithoutID", ""],
      ["d", "OtherGroupOfName", "00g3"],
      ["d", "OtherGroupOfName", "00g4"],
    ],
  );
  t.deepEqual(nearMisses(groups.toReversed(), new CompiledPolicy(ROLES, rules.toReversed())), found);
});

for (const [miss, expected] of [
  [DIFFERS, 'Near miss: "Ops" was received, and mapping m names "ops"; group names match exactly.'],
  [
    { ...DIFFERS, difference: "a space at the end" },
    'Near miss: "Ops" was received, and mapping m names "ops" (they differ by a space at the end); ' +
      "group names match exactly.",
  ],
  [
    { ...BARE, ids: ["00g1", "00g2"] },
    'Near miss: "ops" was received without an id, and mapping m names a group of that name by its id ' +
      '"00g1", "00g2"; a name is no evidence of it.',
  ],
  [
    OTHER,
    'Near miss: "ops" was received with the id "00g2", and mapping m names another group of that name, "00g1".',
  ],
  [
    { code: "MappingSuspended", mapping: "m", unknownRoles: ["a", "b"] },
    'The mapping m gives nothing until its roles are put right: "a", "b" aren\'t in the catalogue.',
  ],
  [
    { code: "MappingSuspended", mapping: "m", group: "ops", unknownRoles: ["a"] },
    'In group "ops", but mapping m gives nothing until its roles are put right: "a" isn\'t in the catalogue.',
  ],
  [{ code: "MappingPaused", mapping: "m" }, "The mapping m is paused and gives nothing new."],
  [
    { code: "MappingPaused", mapping: "m", group: "ops" },
    'In group "ops", but mapping m is paused and gives nothing new.',
  ],
] as const satisfies readonly (readonly [NearMiss, string])[])
  test(`in words: ${expected}`, (t) => {
    t.is(nearMissSentence(miss), expected);
  });

test("a mapping that is out of force says so without a group, too", (t) => {
  const policy = new CompiledPolicy(ROLES, [paused({ name: "ops" })]);
  t.deepEqual(outOfForce(paused({ name: "ops" }), policy), { code: "MappingPaused", mapping: "m" });
});

test("names stand in quotes in one line, are cut from 101 characters on, and five are named", (t) => {
  t.is(quoted("a\nb"), '"a\u{FFFD}b"');
  const long = "😀".repeat(100);
  t.is(quoted(long), `"${long}"`);
  t.is(quoted(`${long}x`), `"${"😀".repeat(99)}…"`);
  const names = ["a", "b", "c", "d", "e"];
  t.is(listed(names), '"a", "b", "c", "d", "e"');
  t.is(listed([...names, "f"]), '"a", "b", "c", "d", "e" and 1 more');
  t.is(listed(["a"], 8), '"a" and 7 more', "of more than these");
  t.is(listed([...names, "f"], 8), '"a", "b", "c", "d", "e" and 3 more');
});
