import test from "ava";
import fc from "fast-check";
import {
  foldedName,
  groupLabel,
  type ReceivedGroup,
  sameGroups,
  unseenDifference,
} from "../../identity/identity.ts";

test("names that people take for the same fold to the same, others don't", (t) => {
  const alike = [
    "Service Admin",
    "service admin",
    " Service Admin ",
    "Service\u00a0Admin",
    "Service\u2009 Admin",
    "Ser\u200bvice Admin",
    "\ufeffService Admin",
    "Ser\u00advice Admin",
    "Service Admin\u2060",
    "Service   Admin",
    "\u00a0Service Admin\u2003",
  ];
  for (const name of alike) t.is(foldedName(name), "service admin", JSON.stringify(name));
  t.is(foldedName("Mod\u00e9rateurs"), foldedName("Mode\u0301rateurs"), "NFC and NFD");
  t.is(foldedName("\uff2f\uff30\uff33"), "ops", "full width");
  t.not(foldedName("service_admin"), foldedName("service admin"));
  t.not(foldedName("moderateurs"), foldedName("mod\u00e9rateurs"), "an accent is seen");
});

test("what can't be seen of a difference is said in words, and what can isn't", (t) => {
  const cases: [string, string, string | undefined][] = [
    ["ops", "Ops", undefined],
    ["ops", "ops ", "a space at the end"],
    [" ops", "ops", "a space at the beginning"],
    ["ops  ", "ops ", "a space at the end"],
    ["  ops", " ops", "a space at the beginning"],
    ["net ops", "net\u00a0ops", "another kind of space"],
    ["net ops", "net\u200b ops", "a character that can't be seen"],
    ["mod\u00e9", "mode\u0301", "the way in which a letter is written in Unicode"],
  ];
  for (const [written, actual, expected] of cases) {
    t.is(foldedName(written), foldedName(actual));
    t.is(unseenDifference(written, actual), expected, JSON.stringify([written, actual]));
  }
});

test("law: folding again changes nothing", (t) => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (name) => {
      t.is(foldedName(foldedName(name)), foldedName(name));
    }),
  );
});

test("law: groups are the same when each of one list is in the other, by name and id, in whatever order", (t) => {
  const word = fc.constantFrom("a", "b");
  const group = fc.record<ReceivedGroup>({ name: word, id: word }, { requiredKeys: [] });
  const groups = fc.array(group, { maxLength: 4 });
  const keys = (list: readonly ReceivedGroup[]) => list.map(({ name, id }) => `${name} ${id}`);
  const isIn = (a: readonly ReceivedGroup[], b: readonly ReceivedGroup[]) => {
    return new Set(keys(a)).isSubsetOf(new Set(keys(b)));
  };
  fc.assert(
    fc.property(groups, groups, (a, b) => {
      t.is(sameGroups(a, b), a.length === b.length && isIn(a, b) && isIn(b, a));
      t.true(sameGroups(a, [...a].reverse()));
    }),
    { numRuns: 500 },
  );
});

test("a group is shown by its name, by its id where only that is known", (t) => {
  t.is(groupLabel({ name: "ops", id: "00g1" }), "ops");
  t.is(groupLabel({ id: "00g1" }), "00g1");
  t.is(groupLabel({}), "");
});
