import test from "ava";
import fc from "fast-check";
import {
  CompiledPolicy,
  groupsAfterReading,
  groupsToStore,
  ReadGroups,
  type ReceivedGroup,
} from "../../identity/index.ts";

const WEB = { id: "00gWeb", name: "web", byID: false };
const PORTAL = { id: "00gPortal", name: "portal", byID: false };

test("who is in the groups as before stays as stored, told by name or by id", (t) => {
  const read = new ReadGroups([WEB, PORTAL]);
  const byName: ReceivedGroup[] = [{ name: "web" }, { name: "unmapped" }];
  t.is(groupsAfterReading(byName, read, new Set(["00gWeb"])), byName);
  const byID: ReceivedGroup[] = [{ id: "00gWeb", name: "once" }];
  t.is(groupsAfterReading(byID, read, new Set(["00gWeb"])), byID);
});

test("a group that is told by its id is called what Okta calls it now, once that was asked", (t) => {
  const old: ReceivedGroup = { id: "00gWeb", name: "once" };
  const read = new ReadGroups([WEB], ["gone"]);
  t.true(read.isInDoubt(old));
  t.true(read.isInDoubt({ id: "00gOther", name: "gone" }), "no group has that name");
  t.true(read.isInDoubt({ id: "00gOther", name: "web" }), "another group has that name");
  for (const sure of [
    { id: "00gWeb", name: "web" },
    { id: "00gWeb" },
    { name: "gone" },
    { id: "00gX", name: "x" },
  ])
    t.false(read.isInDoubt(sure));
  t.false(
    new ReadGroups([{ ...WEB, byID: true }]).isInDoubt({ id: "00gOther", name: "web" }),
    "it names no name",
  );
  t.false(new ReadGroups([{ id: "00gWeb", byID: true }]).isInDoubt(old), "what it is called wasn't read");

  read.learn("00gWeb", "net");
  t.false(read.isInDoubt(old));
  const isIn = new Set(["00gWeb"]);
  t.deepEqual(groupsAfterReading([old, { name: "x" }], read, isIn), [
    { id: "00gWeb", name: "net" },
    { name: "x" },
  ]);
  t.deepEqual(groupsAfterReading([], read, isIn), [{ id: "00gWeb", name: "net" }]);
  const now: ReceivedGroup[] = [{ id: "00gWeb", name: "net" }];
  t.is(groupsAfterReading(now, read, isIn), now);
  read.learn("00gGone", undefined);
  t.deepEqual(groupsAfterReading([{ id: "00gGone", name: "gone" }, ...now], read, isIn), now);
});

test("a name is that of the group that has it, or else had it", (t) => {
  const read = new ReadGroups([{ ...WEB, formerNames: ["net", "portal"] }, PORTAL]);
  t.deepEqual(
    ["web", "net", "portal", "other"].map((name) => read.idOf(name)),
    ["00gWeb", "00gWeb", "00gPortal", undefined],
  );
});

test("of more groups than there is room for, those are left out that no mapping names", (t) => {
  const policy = new CompiledPolicy(
    [{ name: "r" }],
    [
      { name: "a", groups: [{ name: "web" }], roles: ["r"] },
      { name: "b", groups: [{ name: "paused" }], roles: ["r"], paused: true },
    ],
  );
  const others = Array.from({ length: 5_000 }, (_, i) => ({ name: `g${i}` }));
  t.is(groupsToStore(others, policy), others);
  const [web, paused] = [{ name: "web" }, { id: "00g1", name: "paused" }];
  const stored = groupsToStore([...others, web, paused], policy);
  t.is(stored.length, 5_000);
  t.deepEqual(stored.slice(0, 3), [web, paused, { name: "g0" }]);
});

test("who has left a group is out of it, and stays in what wasn't read", (t) => {
  const read = new ReadGroups([WEB]);
  t.deepEqual(groupsAfterReading([{ name: "web" }, { name: "portal" }], read, new Set()), [
    { name: "portal" },
  ]);
  t.deepEqual(groupsAfterReading([{ id: "00gWeb" }, { id: "00gOther" }], read, new Set()), [
    { id: "00gOther" },
  ]);
});

test("who has joined a group is in it, with its id", (t) => {
  t.deepEqual(groupsAfterReading([{ name: "other" }], new ReadGroups([WEB]), new Set(["00gWeb"])), [
    { name: "other" },
    { id: "00gWeb", name: "web" },
  ]);
});

test("who was in one group and has joined another is in both, also where they are called the same", (t) => {
  const both = new Set(["00gWeb", "00gPortal"]);
  t.deepEqual(groupsAfterReading([{ name: "portal" }], new ReadGroups([WEB, PORTAL]), both), [
    { id: "00gWeb", name: "web" },
    { id: "00gPortal", name: "portal" },
  ]);
  const namesake = new ReadGroups([WEB, { ...PORTAL, name: "web" }]);
  t.deepEqual(groupsAfterReading([{ id: "00gWeb", name: "web" }], namesake, both), [
    { id: "00gWeb", name: "web" },
    { id: "00gPortal", name: "web" },
  ]);
});

test("a group without a name is told by its id, and one that wasn't read isn't told at all", (t) => {
  const read = new ReadGroups([{ id: "00gWeb", byID: true }]);
  t.deepEqual(groupsAfterReading([], read, new Set(["00gWeb", "00gOther"])), [{ id: "00gWeb" }]);
  t.is(groupsAfterReading([], read, new Set(["00gOther"])).length, 0);
});

test("a bare name is no evidence of a group that is mapped by id", (t) => {
  const read = new ReadGroups([{ ...WEB, byID: true }]);
  t.deepEqual(groupsAfterReading([{ name: "web" }], read, new Set(["00gWeb"])), [
    { id: "00gWeb", name: "web" },
  ]);
});

test("two groups of one name are one name to who was told of names alone", (t) => {
  const read = new ReadGroups([WEB, { ...WEB, id: "00gWeb2" }]);
  const received: ReceivedGroup[] = [{ name: "web" }];
  t.is(groupsAfterReading(received, read, new Set(["00gWeb2"])), received);
  t.deepEqual(groupsAfterReading(received, read, new Set()), []);
});

test("a former name is the group's own, and the name of one that is gone is nobody's", (t) => {
  const renamed = new ReadGroups([{ ...WEB, formerNames: ["net"] }]);
  t.deepEqual(groupsAfterReading([{ name: "net" }], renamed, new Set(["00gWeb"])), [
    { id: "00gWeb", name: "web" },
  ]);
  t.deepEqual(groupsAfterReading([{ name: "net" }], renamed, new Set()), []);
  t.deepEqual(
    groupsAfterReading([{ name: "lost" }, { name: "web" }], new ReadGroups([], ["lost"]), new Set()),
    [{ name: "web" }],
  );
});

test("whatever was stored, what is read is true of it afterwards, reading again changes nothing, and the rest stays", (t) => {
  const ids = ["a", "b", "c", "d"];
  const group = fc.record({ id: fc.constantFrom(...ids), name: fc.constantFrom("x", "y", "z") });
  const received = fc.array(
    fc.oneof(
      group,
      fc.record({ name: fc.constantFrom("x", "y", "z") }),
      fc.record({ id: fc.constantFrom(...ids) }),
    ),
  );
  const readGroups = fc.uniqueArray(
    fc.record({ id: fc.constantFrom(...ids), name: fc.constantFrom("x", "y", "z"), byID: fc.boolean() }),
    {
      selector: ({ id }) => id,
    },
  );
  fc.assert(
    fc.property(received, readGroups, fc.subarray(ids), (before, groups, member) => {
      const read = new ReadGroups(groups);
      const memberOf = new Set(member.filter((id) => read.byID.has(id)));
      const after = groupsAfterReading(before, read, memberOf);
      for (const { id, name, byID } of groups) {
        const isIn = after.some(
          (one) => one.id === id || (!byID && one.id === undefined && one.name === name),
        );
        const namesakes = groups.filter((one) => one.name === name && memberOf.has(one.id));
        t.is(isIn || namesakes.length > 0, memberOf.has(id) || namesakes.length > 0);
      }
      t.is(groupsAfterReading(after, read, memberOf), after);
      const others = (list: readonly ReceivedGroup[]) => list.filter((one) => !read.has(one));
      t.deepEqual(others(after), others(before));
    }),
  );
});
