import test from "ava";
import { groupList } from "../../../webhook/pages/groups.ts";
import { reading } from "./reading.ts";

const named = (count: number): string[] => Array.from({ length: count }, (_, i) => `g${i}`);

test("groups are listed as far as fifty, and of more it is said how many", (t) => {
  t.deepEqual(reading(groupList(["b", "a"])), ["- b", "- a"]);
  t.deepEqual(
    reading(groupList(named(50))),
    named(50).map((name) => `- ${name}`),
  );
  t.deepEqual(reading(groupList(named(53))).slice(49), ["- g49", "and 3 more, 53 in all."]);
});

test("where fewer are known than there were the others are counted, with and without a list", (t) => {
  t.deepEqual(reading(groupList(["a"], "you", 3)), ["- a", "and 2 more, 3 in all."]);
  t.deepEqual(reading(groupList([], "you", 3)), ["3 more, 3 in all."]);
  t.notRegex(
    String(groupList([], "you", 3)),
    /<ul/,
    "an empty list would be read to whoever can't see that it is",
  );
});

test("that there are none is said to the person, or of them", (t) => {
  t.deepEqual(reading(groupList([])), ["None. Okta reported no group for you."]);
  t.deepEqual(reading(groupList([], "this person")), ["None. Okta reported no group for this person."]);
});
