import test from "ava";
import type { ChangedGroup } from "../../../okta/directory/resources.ts";
import { GroupChanges } from "../../../operator/sync/group-changes.ts";

const NOW = Date.parse("2026-11-26T12:00:00Z");

function scene() {
  const state = { now: NOW, asked: [] as string[], groups: [] as ChangedGroup[] };
  const changes = new GroupChanges(() => state.now);
  const directory = {
    async *groupsChangedSince(time: string) {
      state.asked.push(time);
      yield state.groups.filter(({ changedTime }) => changedTime > time);
    },
  };
  const group = (id: string, changedTime: string): ChangedGroup => ({
    id,
    name: id,
    type: "OKTA_GROUP",
    changedTime,
  });
  const read = async (error?: Error): Promise<string[]> => {
    const told: string[] = [];
    const isConcerned = ({ id }: { id: string }) => !id.startsWith("other");
    await changes.read(directory, isConcerned, async (changed) => {
      if (error) throw error;
      told.push(...changed.map(({ id }) => id));
    });
    return told;
  };
  return { state, changes, directory, group, read };
}

test("it is due when the time has passed since it was last asked, or since the beginning", async (t) => {
  const { state, changes, read } = scene();
  t.false(changes.isDue(30_000));
  state.now += 30_000;
  t.true(changes.isDue(30_000));
  await read();
  t.false(changes.isDue(30_000));
});

test("a group that changed is told once, and again when it changes again", async (t) => {
  const { state, group, read } = scene();
  state.groups = [group("a", "2026-11-26T11:59:00.000Z")];
  t.deepEqual(await read(), ["a"]);
  state.now += 30_000;
  t.deepEqual(await read(), []);
  state.groups = [group("a", "2026-11-26T12:00:10.000Z"), group("b", "2026-11-26T11:59:30.000Z")];
  t.deepEqual(await read(), ["a", "b"], "also one whose change was seen late");
  state.now += 30_000;
  t.deepEqual(await read(), []);
});

test("what couldn't be noted is told again, and asked for since the same time", async (t) => {
  const { state, changes, group, read } = scene();
  state.groups = [group("a", "2026-11-26T11:59:00.000Z")];
  state.now += 30_000;
  const error = new Error("no");
  await t.throwsAsync(read(error), { is: error });
  t.true(changes.isDue(30_000));
  t.deepEqual(await read(), ["a"]);
  t.is(new Set(state.asked).size, 1);
  t.deepEqual(await read(), []);
});

test("what changes in the very second in which it is read is told again", async (t) => {
  const { state, group, read } = scene();
  state.groups = [group("a", "2026-11-26T12:00:00.000Z")];
  t.deepEqual(await read(), ["a"]);
  state.now += 30_000;
  t.deepEqual(await read(), ["a"]);
  state.now += 30_000;
  t.deepEqual(await read(), []);
});

test("it goes by Okta's times: a clock here that is ahead misses nothing", async (t) => {
  const { state, group, read } = scene();
  await read();
  state.now += 3_600_000; // somebody sets the clock
  state.groups = [group("a", "2026-11-26T12:00:30.000Z")];
  t.deepEqual(await read(), ["a"]);
});

test("at first it looks back an hour and a little, then to the last change that Okta has told of, and a little before", async (t) => {
  const { state, group, read } = scene();
  await read();
  state.now += 30_000;
  state.groups = [group("a", "2026-11-26T11:40:00.000Z"), group("b", "2026-11-26T11:30:00.000Z")];
  await read();
  state.now += 30_000;
  await read();
  t.deepEqual(
    state.asked.map((time) => time.slice(11, 19)),
    ["10:59:00", "10:59:00", "11:39:00"],
  );
});

test("of groups that concern nobody nothing is kept, however many have changed, and each page's are told once", async (t) => {
  const { state, group, read } = scene();
  const time = "2026-11-26T11:59:00.000Z";
  const others = Array.from({ length: 60_000 }, (_, n) => group(`other-${n}`, time));
  state.groups = [group("a", time), ...others, group("a", time), group("b", "2026-11-26T11:59:30.000Z")];
  t.deepEqual(await read(), ["a", "b"]);
  await read();
  t.is(state.asked[1], "2026-11-26T11:58:30.000Z", "whatever was the latest, it is gone on from there");
});

test("more changed groups of mapped names than any directory has are no answer", async (t) => {
  const { state, group, read } = scene();
  state.groups = Array.from({ length: 50_001 }, (_, n) => group(`${n}`, "2026-11-26T11:59:00.000Z"));
  await t.throwsAsync(read(), { code: "directory-invalid-answer" });
});
