import test from "ava";
import { GroupSightings } from "../../../webhook/console/group-sightings.ts";
import { account } from "../../identity/an-account.ts";

/** What is found of names that were filled in, where people come with these groups. */
function found(names: readonly string[], ...people: readonly (readonly string[])[]) {
  const sightings = new GroupSightings(names);
  for (const groups of people) sightings.look(account({ groups: groups.map((name) => ({ name })) }));
  return sightings.found();
}

test("of each name it is known how many people come with it", (t) => {
  t.deepEqual(found(["staff", "nobody's"], ["staff"], ["staff", "other"], []), [
    { name: "staff", people: 2 },
    { name: "nobody's", people: 0 },
  ]);
  t.deepEqual(found([], ["staff"]), []);
});

test("of a name that nobody comes with, one is told that differs by what people overlook", (t) => {
  t.deepEqual(found(["Staff", "nobody's"], ["staff"], ["stuff"]), [
    { name: "Staff", people: 0, near: "staff" },
    { name: "nobody's", people: 0 },
  ]);
  t.deepEqual(found(["Staff", "STAFF"], ["staff"]), [
    { name: "Staff", people: 0, near: "staff" },
    { name: "STAFF", people: 0, near: "staff" },
  ]);
  t.deepEqual(found(["Staff"], ["staff"], ["Staff"]), [{ name: "Staff", people: 1 }], "it isn't in doubt");
  t.deepEqual(found(["Staff"], ["Staff"], ["staff"]), [{ name: "Staff", people: 1 }]);
});

test("a group that came without a name is none of them", (t) => {
  const sightings = new GroupSightings(["staff", "undefined"]);
  sightings.look(account({ groups: [{ id: "00g1" }, { id: "staff" }, { name: "staff", id: "00g2" }] }));
  t.deepEqual(sightings.found(), [
    { name: "staff", people: 1 },
    { name: "undefined", people: 0 },
  ]);
});

test("after 20,000 names no more are compared; people are still counted", (t) => {
  const sightings = new GroupSightings(["Late", "early", "Last"]);
  const names = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, i) => ({ name: `g${from + i}` }));
  sightings.look(account({ groups: names(0, 19_999) }));
  sightings.look(account({ groups: names(0, 19_999) }));
  sightings.look(account({ groups: [{ name: "last" }, { name: "late" }, { name: "early" }] }));
  t.deepEqual(sightings.found(), [
    { name: "Late", people: 0 },
    { name: "early", people: 1 },
    { name: "Last", people: 0, near: "last" },
  ]);
});
