import test from "ava";
import fc from "fast-check";
import { CompiledPolicy, type Mapping, type Role } from "../../identity/policy.ts";

const roles: Role[] = [{ name: "r1" }, { name: "r2" }];
const name = fc.constantFrom("m1", "m2", "m3");
const mapping: fc.Arbitrary<Mapping> = fc
  .record({
    name,
    groups: fc.array(
      fc.oneof(
        fc.record({ name: fc.constantFrom("a", "b", "A") }),
        fc.record(
          {
            id: fc.constantFrom("1", "2"),
            currentName: fc.constantFrom("a", "c"),
            formerNames: fc.subarray(["b", "d"]),
          },
          { requiredKeys: ["id"] },
        ),
      ),
      {
        minLength: 1,
        maxLength: 3,
      },
    ),
    roles: fc.uniqueArray(fc.constantFrom("r1", "r2", "r3"), { minLength: 1 }),
    isPaused: fc.boolean(),
  })
  .map(({ isPaused, ...rule }) => (isPaused ? { ...rule, paused: true as const } : rule));
type Step = { set: Mapping } | { remove: string } | { roles: Role[] };
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ set: mapping }),
  fc.record({ remove: name }),
  fc.record({ roles: fc.subarray<Role>([{ name: "r1" }, { name: "r2" }, { name: "r3" }]) }),
);

/** Everything that can be asked of a policy. */
function answers(policy: CompiledPolicy): unknown {
  const groups = [
    { name: "a" },
    { name: "b" },
    { name: "c" },
    { id: "1" },
    { id: "2" },
    { name: "a", id: "1" },
  ];
  return {
    matches: groups.map((group) => [...policy.mappingsOf(group)].map((found) => found.name).sort()),
    outOfForce: groups.map((group) => [...policy.outOfForce(group)].map((found) => found.name).sort()),
    almost: ["a", "A", "B"].map((name) =>
      [...policy.almostNaming(name)].map(({ entry, name: named }) => [entry.name, named].join()).sort(),
    ),
    called: ["a", "b", "c", "d"].map((name) =>
      [...policy.namingByID(name)].map((found) => found.name).sort(),
    ),
    suspended: ["m1", "m2", "m3"].map((mappingName) => policy.isSuspended(mappingName)),
    byID: ["m1", "m2", "m3"].map((mappingName) => policy.isByID(mappingName)),
    namesByID: policy.namesByID,
    mayMeanID: ["a", "b", "c", "d"].filter((name) => policy.mayMeanID(name)),
    hasCalled: ["a", "b", "c", "d"].map((name) => policy.hasCalled(name, { mapping: "m1", role: "r1" })),
    hash: policy.hash(),
  };
}

test("law: a policy that was changed step by step equals one that is compiled at once", (t) => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 3, maxLength: 20, size: "max" }), (steps) => {
      const policy = new CompiledPolicy(roles);
      const rules = new Map<string, Mapping>();
      let catalogue: Role[] = roles;
      for (const change of steps) {
        if ("set" in change) {
          policy.setMapping(change.set);
          rules.set(change.set.name, change.set);
        } else if ("remove" in change) {
          policy.removeMapping(change.remove);
          rules.delete(change.remove);
        } else {
          policy.setRoles(change.roles);
          catalogue = change.roles;
        }
      }
      t.deepEqual(answers(policy), answers(new CompiledPolicy(catalogue, rules.values())));
    }),
    { numRuns: 400 },
  );
});

test("the hash names the state: it changes with every change, and comes back with the state", (t) => {
  const policy = new CompiledPolicy(roles, [
    { name: "m", groups: [{ name: "a" }, { name: "b" }], roles: ["r1"] },
  ]);
  const before = policy.hash();
  t.regex(before, /^[0-9a-f]{8}$/);
  policy.setMapping({ name: "m", groups: [{ name: "b" }], roles: ["r1"] });
  t.not(policy.hash(), before);
  policy.setMapping({ name: "m", groups: [{ name: "b" }, { name: "a" }], roles: ["r1"] });
  t.is(policy.hash(), before);
});

test("the hash is of the catalogue, the groups and the roles, and not of the order that they are written in", (t) => {
  const hash = (catalogue: Role[], ...mappings: Mapping[]) => new CompiledPolicy(catalogue, mappings).hash();
  const m: Mapping = { name: "m", groups: [{ name: "a" }], roles: ["r1", "r2"] };
  const n: Mapping = { ...m, name: "n" };
  const usual = hash(roles, m, n);
  t.is(hash([...roles].reverse(), n, { ...m, roles: ["r2", "r1"] }), usual);
  t.not(
    hash([...roles, { name: "r3" }], m, n),
    usual,
    "what is in the catalogue is part of what is approved",
  );
  t.not(hash(roles, { ...m, roles: ["r1"] }, n), usual);
  t.not(hash(roles, { ...m, groups: [{ name: "b" }] }, n), usual);
  t.not(hash(roles, { ...m, groups: [{ id: "a" }] }, n), usual, "an id isn't a name");
  const called = (currentName: string): Mapping => ({ ...m, groups: [{ id: "1", currentName }] });
  t.is(
    hash(roles, called("x")),
    hash(roles, called("y")),
    "what the directory calls a group is nobody's edit",
  );
  t.not(hash(roles, called("x")), hash(roles, { ...m, groups: [{ id: "2", currentName: "x" }] }));
});

test("a mapping that names one group several times is found once by it", (t) => {
  const policy = new CompiledPolicy(roles, [
    { name: "m", groups: [{ name: "a" }, { name: "a" }, { id: "1", currentName: "a" }], roles: ["r1"] },
  ]);
  t.is([...policy.mappingsOf({ name: "a" })].length, 1);
  t.is([...policy.mappingsOf({ name: "a", id: "1" })].length, 1);
  t.is([...policy.mappingsOf({})].length, 0);
});

test("a mapping of several groups is one by id as soon as one of them is, unless it is suspended", (t) => {
  const groups = [{ name: "a" }, { id: "1", currentName: "ops", formerNames: ["old"] }];
  const policy = new CompiledPolicy(roles, [
    { name: "m", groups, roles: ["r1"] },
    { name: "named", groups: [{ name: "a", currentName: "not-by-id" }], roles: ["r1"] },
    { name: "suspended", groups, roles: ["tpyo"] },
  ]);
  t.true(policy.isByID("m"));
  for (const other of ["named", "suspended", "gone"]) t.false(policy.isByID(other), other);
  t.deepEqual([...policy.namesOutOfForce()], ["suspended"]);
  const through = { mapping: "m", role: "r1" };
  for (const name of ["ops", "old"]) t.true(policy.hasCalled(name, through), name);
  t.false(policy.hasCalled("a", through));
  t.false(policy.hasCalled("ops", { ...through, role: "r2" }));
  t.false(policy.hasCalled("ops", { ...through, mapping: "suspended" }));
  t.false(policy.hasCalled("ops", { ...through, mapping: "gone" }));
  t.false(policy.mayMeanID("not-by-id"));
  policy.removeMapping("m");
  t.false(policy.mayMeanID("ops"));
  t.false(policy.namesByID);
  t.is(new CompiledPolicy().roles.size, 0);
});
