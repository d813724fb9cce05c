import test from "ava";
import type { MappedGroup } from "../../../crds/types.ts";
import { groupLines, groupsBeyond, groupsIn } from "../../../webhook/console/group-lines.ts";

const groups: MappedGroup[] = [
  { name: "service_admin" },
  { id: "00g1emaKYZTWRYYRRTSK" },
  { name: "id:isn't one" },
  { name: "name:of a group" },
  { name: "Café, 2nd floor" },
];

test("what is shown reads as the same groups", (t) => {
  t.deepEqual(groupsIn(groupLines(groups)), { groups });
});

test("empty lines, spaces around and the ends of lines make no difference, and each group counts once", (t) => {
  t.deepEqual(groupsIn("  a \r\n\r\nid:00g1\ra\n\nb c\n"), {
    groups: [{ name: "a" }, { id: "00g1" }, { name: "b c" }],
  });
  t.deepEqual(groupsIn(" \n"), { groups: [] });
});

test("as many groups, and as long ones, as a mapping takes are read", (t) => {
  const lines = [...Array.from({ length: 498 }, (_, i) => `g${i}`), "é".repeat(255), `id:${"a".repeat(64)}`];
  const read = groupsIn([...lines, "g0"].join("\n"));
  t.deepEqual("groups" in read ? groupLines(read.groups).split("\n") : read, lines);
});

test("a name after name: has no spaces around it, and one that has id: or name: further on is just a name", (t) => {
  t.deepEqual(groupsIn("name:  id:x \nmy id:x\nmy name:x\nname:name:"), {
    groups: [{ name: "id:x" }, { name: "my id:x" }, { name: "my name:x" }, { name: "name:" }],
  });
  t.is(
    groupLines([{ name: "my id:x" }, { name: "id:" }, { name: "name:\nx" }]),
    "my id:x\nname:id:\nname:name:\nx",
  );
});

const WRONG: [what: string, text: string, problem: RegExp][] = [
  ["an id that is none", "id:not an id", /^After id: stands/],
  ["an id that is missing", "id:", /^After id: stands/],
  ["a name that is missing", "name: ", /is missing/],
  ["a tab within a name", "a\tb", /no control characters/],
  ["a long name", "é".repeat(256), /at most 255/],
  ["a long id", `id:${"a".repeat(65)}`, /^After id: stands/],
  ["too many groups", Array.from({ length: 501 }, (_, i) => `g${i}`).join("\n"), /at most 500/],
];
for (const [what, text, problem] of WRONG)
  test(`${what} is said in a sentence`, (t) => {
    const read = groupsIn(`fine\n${text}`);
    t.regex("problem" in read ? read.problem : "", problem);
  });

test("a group by its name and one by its id are two", (t) => {
  t.deepEqual(groupsBeyond([{ name: "00g1" }, { id: "00g1" }], [{ id: "00g1" }]), [{ name: "00g1" }]);
});
