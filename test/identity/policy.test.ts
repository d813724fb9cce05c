import test from "ava";
import fc from "fast-check";
import { CompiledPolicy, type Mapping, type Role } from "../../identity/policy.ts";

const roles: Role[] = [{ name: "r1" }, { name: "r2" }];
const name = fc.constantFrom("m1", "m2", "m3");
const mapping: fc.Arbitrary<Mapping> = fc.record({
  name,
  groups: fc.array(
    fc.oneof(
      fc.record({ name: fc.constantFrom("a", "b") }),
      fc.record({ id: fc.constantFrom("1", "2"), currentName: fc.constantFrom("a", "c") }),
    ),
    {
      minLength: 1,
      maxLength: 3,
    },
  ),
  roles: fc.uniqueArray(fc.constantFrom("r1", "r2", "r3"), { minLength: 1 }),
});
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
    suspended: ["m1", "m2", "m3"].map((mappingName) => policy.isSuspended(mappingName)),
    hash: policy.hash(),
  };
}

test("law: a policy that was changed step by step equals one that is compiled at once", (t) => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
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
