import test from "ava";
import fc from "fast-check";
import { groupsClaim, TooManyGroupsError } from "../../../dev/okta/oauth/groups-claim.ts";

const rules = { emptyGroupsClaim: "omit", manyGroups: "truncate" } as const;
const names = ["Everyone", "service_admin", "service_developer", "Service_admin", "a.b"];

test("a filter takes names by their start, as a whole, by a part, or by a pattern", (t) => {
  const claim = (type: "STARTS_WITH" | "EQUALS" | "CONTAINS" | "REGEX", value: string) =>
    groupsClaim(names, { filter: { type, value }, whenEmpty: "empty" }, rules);
  t.deepEqual(claim("STARTS_WITH", "service"), ["service_admin", "service_developer"]);
  t.deepEqual(claim("EQUALS", "service_admin"), ["service_admin"]);
  t.deepEqual(claim("CONTAINS", "_adm"), ["service_admin", "Service_admin"]);
  t.deepEqual(claim("CONTAINS", "."), ["a.b"]);
  t.deepEqual(claim("REGEX", "service_.*"), ["service_admin", "service_developer"]);
  t.deepEqual(claim("REGEX", "service"), [], "a pattern is for the whole name");
  t.deepEqual(claim("REGEX", "x|a.b"), ["a.b"]);
});

test("nothing left is no claim or an empty one, and the claim's own rule goes first", (t) => {
  const filter = { type: "EQUALS", value: "none" } as const;
  t.is(groupsClaim(names, { filter, whenEmpty: undefined }, rules), undefined);
  t.deepEqual(
    groupsClaim(names, { filter, whenEmpty: undefined }, { ...rules, emptyGroupsClaim: "empty" }),
    [],
  );
  t.is(groupsClaim(names, { filter, whenEmpty: "omit" }, { ...rules, emptyGroupsClaim: "empty" }), undefined);
  t.deepEqual(groupsClaim(names, { filter, whenEmpty: "empty" }, rules), []);
});

test("100 groups fit, and 101 are cut off or an error", (t) => {
  const many = Array.from({ length: 101 }, (_, index) => `group-${index}`);
  const all = { filter: { type: "REGEX", value: ".*" }, whenEmpty: undefined } as const;
  t.is(groupsClaim(many.slice(1), all, { ...rules, manyGroups: "fail" })?.length, 100);
  t.deepEqual(groupsClaim(many, all, rules), many.slice(0, 100));
  t.deepEqual(groupsClaim(many, all, { ...rules, manyGroups: "all" }), many);
  t.throws(() => groupsClaim(many, all, { ...rules, manyGroups: "fail" }), {
    instanceOf: TooManyGroupsError,
  });
});

test("a claim never holds a group that somebody isn't in, or that the filter doesn't let through", (t) => {
  const type = fc.constantFrom("STARTS_WITH", "EQUALS", "CONTAINS");
  t.notThrows(() =>
    fc.assert(
      fc.property(
        fc.array(fc.string({ maxLength: 3 })),
        type,
        fc.string({ maxLength: 2 }),
        (groups, kind, value) => {
          const claim = groupsClaim(groups, { filter: { type: kind, value }, whenEmpty: "empty" }, rules);
          return claim?.every((name) => groups.includes(name) && name.includes(value)) === true;
        },
      ),
    ),
  );
});
