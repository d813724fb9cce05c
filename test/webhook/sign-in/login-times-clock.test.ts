import { mock } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import test from "ava";
import {
  type NotedSignIn,
  StaleUserError,
  StoreError,
  type User,
  type UserChange,
} from "../../../identity/index.ts";
import { LoginTimes } from "../../../webhook/sign-in/login-times.ts";
import { exactly } from "../../exactly.ts";
import { account } from "../../identity/an-account.ts";
import { logLines } from "../../log-lines.ts";

// In a file of its own: there is one clock for all tests of a file.
test.before(() => mock.timers.enable({ apis: ["setTimeout"] }));
test.after(() => mock.timers.reset());

const NOON = Date.UTC(2026, 10, 26, 12);
const MINUTE = 60_000;

const admitted = (at: number): NotedSignIn => ({ at, outcome: "Admitted", reason: "MappedGroup" });

/** Accounts that were noted a moment ago, in a store that does what the test says. */
function scene(
  update: (user: User, change: UserChange) => Promise<void> = async () => {},
  lookMs?: number,
  most?: number,
) {
  const users = new Map<string, User>();
  const updated: [uid: string, signIns: number][] = [];
  const asked = { read: 0, fresh: 0 };
  const clock = { now: NOON };
  const { log, lines } = logLines();
  const times = new LoginTimes({
    store: {
      read: async (ref) => {
        asked.read++;
        return users.get(ref);
      },
      fresh: async (ref) => {
        asked.fresh++;
        return users.get(ref);
      },
      update: async (user, change) => {
        updated.push([user.uid, change.signIns?.length ?? 0]);
        await update(user, change);
        return user;
      },
    },
    log,
    now: () => clock.now,
    ...(lookMs === undefined ? {} : { lookMs }),
    ...(most === undefined ? {} : { most }),
  });
  const note = (name: string, at = NOON, uid = name, namespace = "acme"): void => {
    const user = account({ ref: `${namespace}/${name}`, uid, signIns: [admitted(NOON)] });
    users.set(user.ref, user);
    times.note(user, admitted(at));
  };
  return { times, note, users, updated, asked, clock, lines };
}

/** Until everything that was begun without a timer is done. */
async function settled(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise(setImmediate);
}

test.serial(
  "once a second it is looked what is due; once for all, and no more where nothing waits",
  async (t) => {
    for (const [lookMs, rest] of [
      [undefined, 1_000],
      [10, 10],
    ] as const) {
      const { times, note, updated, clock } = scene(undefined, lookMs);
      for (const name of ["ada", "ben"]) note(name);
      clock.now = NOON + MINUTE;
      mock.timers.tick(rest - 1);
      await settled();
      t.is(updated.length, 0);
      mock.timers.tick(1);
      await settled();
      t.deepEqual(updated.toSorted(), [
        ["ada", 1],
        ["ben", 1],
      ]);
      t.is(times.size, 0);
    }
  },
);

test.serial("what isn't due waits, and is looked at again", async (t) => {
  const { note, updated, clock } = scene(undefined, 10);
  note("ada");
  clock.now = NOON + MINUTE - 1;
  mock.timers.tick(10);
  await settled();
  t.is(updated.length, 0);
  clock.now++;
  mock.timers.tick(10);
  await settled();
  t.is(updated.length, 1);
});

test.serial(
  "at the end nothing is looked at any more: what waits was written, and what comes later isn't",
  async (t) => {
    const { times, note, updated, asked, clock } = scene(undefined, 10);
    note("ada");
    await times.flush(60_000);
    t.is(updated.length, 1);
    note("ben");
    clock.now = NOON + 10 * MINUTE;
    mock.timers.tick(60_000);
    await settled();
    t.deepEqual([updated.length, asked.read], [1, 1]);
  },
);

test.serial("who signs in while their time is being written waits anew, for a minute", async (t) => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const { times, note, updated, clock } = scene(() => promise, 10);
  note("ada");
  clock.now = NOON + MINUTE;
  mock.timers.tick(10);
  await settled();
  note("ada", NOON + MINUTE);
  resolve();
  await settled();
  t.is(times.size, 1);
  clock.now = NOON + 2 * MINUTE - 1;
  mock.timers.tick(10);
  await settled();
  t.is(updated.length, 1);
  clock.now++;
  mock.timers.tick(10);
  await settled();
  t.deepEqual(updated, [
    ["ada", 1],
    ["ada", 2],
  ]);
});

test.serial(
  "of one account the last ten count; of one that was made anew none of those before",
  async (t) => {
    const { times, note, updated } = scene();
    for (let i = 0; i < 12; i++) note("ada", NOON + i);
    note("ben", NOON, "ben");
    note("ben", NOON + 1, "another ben");
    await times.flush(60_000);
    t.deepEqual(updated, [
      ["ada", 10],
      ["another ben", 1],
    ]);
  },
);

test.serial(
  "who is gone, or another by now, isn't written; a conflict is read again, and nothing else is",
  async (t) => {
    const gone = scene();
    gone.note("ada");
    gone.users.clear();
    await gone.times.flush(60_000);
    t.deepEqual([gone.updated, gone.times.size, gone.lines], [[], 0, []]);

    for (const [change, writes] of [
      [undefined, 2],
      ["another", 1],
      ["none", 1],
    ] as const) {
      let first = true;
      const stale = scene(async ({ ref, uid }) => {
        if (!first) return;
        first = false;
        if (change === "another") stale.users.set(ref, account({ ref, uid: `${uid} again` }));
        if (change === "none") stale.users.delete(ref);
        throw new StaleUserError("It was changed.");
      });
      stale.note("ada");
      await stale.times.flush(60_000);
      t.is(stale.updated.length, writes, change);
      t.true(stale.updated.every(([, signIns]) => signIns === 1));
      t.is(stale.asked.fresh, 1);
      t.is(stale.times.size, 0);
    }

    const away = scene(() => Promise.reject(new StoreError("It is away.")));
    away.note("ada");
    await away.times.flush(60_000);
    t.deepEqual([away.updated.length, away.asked.fresh, away.times.size], [1, 0, 1]);
    t.like(away.lines, exactly({ err: { message: "It is away." } }, { people: 1 }));
  },
);

test.serial("what can't be begun before the end is lost, and the log says of how many", async (t) => {
  const late = scene(() => sleep(30)); // the real one, which ends after the time that is given
  for (let i = 0; i < 40; i++) late.note(`person${i}`);
  await late.times.flush(1);
  t.is(late.updated.length, 32, "those that were begun");
  t.like(late.lines, exactly({ level: 40, people: 8 }));
});

/** Who is noted in a namespace of their own, which has the name of theirs. */
const OTHERS = ["ben", "mia", "raj"];

test.serial("what isn't answered in one namespace keeps only its own waiting", async (t) => {
  const answered = Promise.withResolvers<void>();
  const { times, note, updated, clock } = scene(
    async ({ ref }) => (ref.startsWith("acme/") ? answered.promise : undefined),
    10,
  );
  for (let i = 0; i < 10; i++) note(`person${i}`);
  for (const name of OTHERS) note(name, NOON, name, name);
  clock.now = NOON + MINUTE;
  mock.timers.tick(10);
  await settled();
  for (const name of OTHERS) note(`${name} again`, NOON, `${name} again`, name);
  mock.timers.tick(10);
  await settled();
  const begun = ["person0", "person1"];
  t.deepEqual(
    updated.map(([uid]) => uid),
    [...begun, ...OTHERS, ...OTHERS.map((name) => `${name} again`)],
  );
  t.is(times.size, 10);
  answered.resolve();
  await settled();
  t.is(times.size, 0);
});

test.serial("at the end, what isn't answered in one namespace keeps only its own waiting", async (t) => {
  const answered = Promise.withResolvers<void>();
  const { times, note, updated, clock } = scene(
    async ({ ref }) => (ref.startsWith("acme/") ? answered.promise : undefined),
    10,
  );
  for (let i = 0; i < 100; i++) note(`person${i}`);
  clock.now = NOON + MINUTE;
  mock.timers.tick(10);
  await settled();
  for (const name of OTHERS) note(name, NOON, name, name);
  const flushed = times.flush(60_000);
  await settled();
  t.is(times.size, 100);
  t.deepEqual(
    updated.map(([uid]) => uid),
    ["person0", "person1", ...OTHERS],
  );
  answered.resolve();
  await flushed;
  t.is(times.size, 0);
});

test.serial("more namespaces than are written at once take turns", async (t) => {
  const { note, updated, clock } = scene(undefined, 10);
  const names = Array.from({ length: 10 }, (_, i) => `team-${i}`);
  for (const name of names) note(name, NOON, name, name);
  clock.now = NOON + MINUTE;
  mock.timers.tick(10);
  await settled();
  t.is(updated.length, 8);
  for (const name of names) note(`${name} again`, NOON, `${name} again`, name);
  mock.timers.tick(10);
  await settled();
  t.true(["team-8", "team-9"].every((name) => updated.some(([uid]) => uid === name)));
});

test.serial(
  "when too many wait, the namespace that has the most loses what has waited for longest",
  async (t) => {
    const { times, note, updated } = scene(undefined, undefined, 5);
    for (let i = 0; i < 9; i++) note(`person${i}`);
    t.is(times.size, 5);
    for (const name of ["ben", "mia"]) note(name, NOON, name, "other");
    t.is(times.size, 5);
    note("raj", NOON, "raj", "other");
    note("person9");
    await times.flush(60_000);
    t.deepEqual(updated.map(([uid]) => uid).sort(), ["ben", "mia", "person2", "person3", "person4"]);
  },
);
