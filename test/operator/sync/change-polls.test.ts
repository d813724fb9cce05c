import test from "ava";
import type { OktaHints, OktaRoleMapping } from "../../../crds/types.ts";
import {
  DirectoryCursorError,
  DirectoryForbiddenError,
  DirectoryUnreachableError,
} from "../../../okta/directory/directory-errors.ts";
import type { LogEvent } from "../../../okta/events/log-event.ts";
import { ChangePolls } from "../../../operator/sync/change-polls.ts";
import type { Heard } from "../../../organizations/hints.ts";
import { fakeClock } from "../../kubernetes/fake-clock.ts";
import { organization } from "../../organizations/organization.ts";
import { ADirectory } from "./a-directory.ts";
import { aMapping } from "./a-mapping.ts";

const clock = fakeClock(test);
const minutes = (count: number): Promise<void> => clock.pass(count * 60_000, count * 60_000);
const ago = (ms: number): string => new Date(Date.now() - ms).toISOString();

const ACME = organization("acme/acme", "acme");

function scene({
  cursor,
  lastFullSync,
  mappings = [],
}: {
  cursor?: string;
  lastFullSync?: number;
  mappings?: OktaRoleMapping[];
} = {}) {
  const directory = new ADirectory();
  const state = { cursor, lastFullSync, gaps: 0, error: undefined as Error | undefined };
  const stored: Heard[] = [];
  const told: string[] = [];
  const polls = new ChangePolls({
    mappings: () => mappings,
    hints: {
      of: (key) =>
        key === "acme/acme" && state.cursor !== undefined
          ? ({ spec: { logCursor: state.cursor } } as OktaHints)
          : undefined,
      heard: async (_organization, heard) => {
        if (state.error) throw state.error;
        stored.push(heard);
        state.cursor = heard.logCursor ?? state.cursor;
      },
      done: async () => {},
    },
    concerned: async (_organization, hints) => hints.filter(({ id }) => !id.startsWith("00uother")),
    onHeard: (source, count) => told.push(`${count} of ${source}`),
    onUnreadable: (_organization, events) => told.push(`${events} unreadable`),
    lastFullSync: () => state.lastFullSync,
    onGap: () => {
      state.gaps++;
      state.lastFullSync = undefined;
    },
  });
  /** @returns what was asked */
  const poll = async (): Promise<string[]> => {
    directory.asked.length = 0;
    await polls.poll(ACME, directory);
    return [...directory.asked];
  };
  return { directory, state, stored, told, polls, poll };
}

const suspended = (id: string): LogEvent => ({
  uuid: id,
  published: "2026-01-01T00:00:00.000Z",
  eventType: "user.lifecycle.suspend",
  outcome: "SUCCESS",
  targets: [{ id, type: "User" }],
});
const hintOf = (id: string) => ({
  kind: "person",
  id,
  eventTime: "2026-01-01T00:00:00.000Z",
  active: false,
});
/** Pages of one event each, from a cursor on. */
function write(directory: ADirectory, from: string, ...ids: string[]): void {
  let at = from;
  for (const [i, id] of ids.entries()) {
    const after = `after ${id}`;
    directory.log.set(at, { events: [suspended(id)], unreadable: 0, after, isEnd: i === ids.length - 1 });
    at = after;
  }
}

test.serial(
  "the log is read from where it was read to, and what concerns anybody is stored together with that",
  async (t) => {
    const { directory, stored, told, poll, state } = scene({ cursor: "c1" });
    write(directory, "c1", "00uada", "00uother", "00ubob");
    t.deepEqual(await poll(), ["events c1", "events after 00uada", "events after 00uother"]);
    t.deepEqual(stored, [
      { hints: [hintOf("00uada"), hintOf("00ubob")], logCursor: "after 00ubob" },
    ] as never);
    t.deepEqual(told, ["2 of log"]);
    state.cursor = "somebody else's";
    t.deepEqual(await poll(), ["events after 00ubob"]);
  },
);

test.serial("ten pages are read before what they say is stored", async (t) => {
  const { directory, stored, poll } = scene({ cursor: "c1" });
  write(directory, "c1", ...Array.from({ length: 12 }, (_, i) => `00u${i}`));
  t.is((await poll()).length, 12);
  t.deepEqual(
    stored.map(({ hints }) => hints?.length),
    [10, 2],
  );
});

test.serial(
  "however many people a page names, all are stored, and before the next page is read",
  async (t) => {
    const { directory, stored, poll } = scene({ cursor: "c1" });
    write(directory, "c1", "00u1", "00u2");
    const targets = Array.from({ length: 1_000 }, (_, n) => ({ id: `00u${n}`, type: "User" }));
    const events = Array.from({ length: 150 }, () => ({ ...suspended("many"), targets }));
    directory.log.set("c1", { events, unreadable: 0, after: "after 00u1", isEnd: false });
    await poll();
    t.deepEqual(
      stored.map(({ hints, logCursor }) => [hints?.length, logCursor]),
      [
        [150_000, "after 00u1"],
        [1, "after 00u2"],
      ],
    );
  },
);

test.serial("at rest nothing is stored but a cursor every ten minutes, where it has moved", async (t) => {
  const { directory, stored, told, poll } = scene({ cursor: "c1" });
  await poll();
  t.deepEqual(stored, [], "it is the one that is stored");
  write(directory, "c1", "00uother1");
  await poll();
  t.deepEqual(stored, [{ hints: [], logCursor: "after 00uother1" }]);
  write(directory, "after 00uother1", "00uother2");
  await minutes(10);
  await poll();
  t.is(stored.length, 1);
  await clock.pass(1);
  await poll();
  t.is(stored.length, 2);
  t.deepEqual(told, []);
});

test.serial(
  "without a cursor it is read from before the last complete read, or as far back as Okta may be behind",
  async (t) => {
    const { poll } = scene();
    t.deepEqual(await poll(), [`events ${ago(30_000)}`]);
    const read = scene({ lastFullSync: Date.now() - 3_600_000 });
    t.deepEqual(await read.poll(), [`events ${ago(3_600_000 + 600_000)}`]);
  },
);

test.serial(
  "where Okta doesn't know the cursor any more, everything is to be read, and the log goes on from now",
  async (t) => {
    const { directory, state, poll, stored } = scene({ cursor: "c1", lastFullSync: Date.now() - 3_600_000 });
    directory.failing.set("events c1", new DirectoryCursorError());
    t.deepEqual(await poll(), ["events c1", `events ${ago(30_000)}`]);
    t.is(state.gaps, 1);
    t.is(
      stored[0]?.logCursor,
      ago(30_000),
      "so that whoever comes after a restart doesn't begin with the old one",
    );
  },
);

test.serial("what couldn't be read or stored is asked for again", async (t) => {
  const { directory, state, stored, told, poll } = scene({ cursor: "c1" });
  write(directory, "c1", "00uada", "00ubob");
  const unreachable = new DirectoryUnreachableError(new Error("no"));
  directory.failing.set("events after 00uada", unreachable);
  await t.throwsAsync(poll(), { is: unreachable });
  directory.failing.clear();
  state.error = new Error("no");
  await t.throwsAsync(poll(), { is: state.error });
  t.deepEqual([stored, told, state.gaps], [[], [], 0]);
  state.error = undefined;
  t.deepEqual(await poll(), ["events c1", "events after 00uada"]);
  t.is(stored[0]?.hints?.length, 2);
});

const WEB = { id: "00gWeb", name: "web" };
const changed = (id: string, name: string) => ({
  id,
  name,
  type: "OKTA_GROUP",
  changedTime: "2025-12-31T23:59:00.000Z",
});

test.serial(
  "while the log may not be read, groups tell what has changed; ten minutes later it is tried again",
  async (t) => {
    const mappings = [
      aMapping([{ name: "web" }, { id: "00gByID" }], { found: [WEB], resolved: "True" }),
      aMapping([{ name: "missing" }], { found: [], resolved: "False" }),
    ];
    const { directory, poll, polls, stored, told } = scene({ cursor: "c1", mappings });
    directory.failing.set("events", new DirectoryForbiddenError("okta.logs.read", "no"));
    directory.changedGroups = [
      changed("00gWeb", "renamed"),
      changed("00gByID", "any"),
      changed("00gMadeAnew", "web"),
      changed("00gMade", "missing"),
      changed("00gOther", "other"),
    ];
    t.true(polls.isLogReadable);
    const [log, groups] = await poll();
    t.deepEqual([log, groups?.split(" ")[0]], ["events c1", "groupsChangedSince"]);
    t.false(polls.isLogReadable);
    const eventTime = "2025-12-31T23:59:00.000Z";
    t.deepEqual(stored, [
      {
        hints: [
          { kind: "group", id: "00gWeb", name: "renamed", eventTime },
          { kind: "group", id: "00gByID", name: "any", eventTime },
          { kind: "group", id: "00gMadeAnew", name: "web", eventTime },
          { kind: "group", id: "00gMade", name: "missing", eventTime },
        ],
      },
    ]);
    t.deepEqual(told, ["4 of groups"]);

    directory.failing.clear();
    await clock.pass(600_000 - 1, 600_000);
    t.deepEqual(
      (await poll()).map((call) => call.split(" ")[0]),
      ["groupsChangedSince"],
    );
    t.is(stored.length, 1, "nothing that concerns anybody");
    await clock.pass(1);
    t.false(polls.isLogReadable, "nobody has asked since");
    t.deepEqual(await poll(), ["events c1"]);
    t.true(polls.isLogReadable);
  },
);

test.serial("a group that has changed and couldn't be noted is told at the next poll", async (t) => {
  const mappings = [aMapping([{ name: "web" }], { found: [WEB], resolved: "True" })];
  const { directory, poll, state, stored, told } = scene({ mappings });
  directory.failing.set("events", new DirectoryForbiddenError("okta.logs.read", "no"));
  directory.changedGroups = [changed("00gWeb", "web")];
  state.error = new Error("no");
  await t.throwsAsync(poll(), { is: state.error });
  t.deepEqual([stored, told], [[], []]);
  state.error = undefined;
  await poll();
  t.like(stored, [{ hints: [{ id: "00gWeb" }] }]);
  await poll();
  t.is(stored.length, 1);
});

test.serial(
  "where the log can be read, groups are asked for what it may have missed, each half an hour",
  async (t) => {
    const { poll } = scene({ cursor: "c1" });
    const calls = async () => (await poll()).map((call) => call.split(" ")[0]);
    t.deepEqual(await calls(), ["events"]);
    await clock.pass(30 * 60_000 - 1, 30 * 60_000);
    t.deepEqual(await calls(), ["events"]);
    await clock.pass(1);
    t.deepEqual(await calls(), ["events", "groupsChangedSince"]);
    t.deepEqual(await calls(), ["events"]);
  },
);

test.serial(
  "events that can't be read have everything looked at once in ten minutes, and the log is read on behind them",
  async (t) => {
    const { directory, stored, told, poll, state } = scene({ cursor: "c1" });
    const unreadable = (from: string, after: string, ids: string[] = []): void =>
      void directory.log.set(from, { events: ids.map(suspended), unreadable: 2, after, isEnd: true });
    unreadable("c1", "c2", ["00uada"]);
    await poll();
    t.deepEqual(stored, [{ hints: [hintOf("00uada")], everything: true, logCursor: "c2" }] as never);
    t.deepEqual(told, ["2 unreadable", "1 of log"]);
    unreadable("c2", "c3");
    t.deepEqual(await poll(), ["events c2"]);
    t.is(stored.length, 1);
    write(directory, "c3", "00ubob");
    await poll();
    t.deepEqual(stored.slice(1), [{ hints: [hintOf("00ubob")] }] as never, "a restart reads them again");
    await minutes(10);
    await poll();
    t.is(stored.length, 2);
    await clock.pass(1);
    await poll();
    t.deepEqual(stored.slice(2), [{ hints: [], everything: true, logCursor: "after 00ubob" }]);
    await minutes(11);
    await poll();
    t.is(stored.length, 3);

    unreadable("after 00ubob", "c4");
    state.error = new Error("no");
    await t.throwsAsync(poll(), { is: state.error });
    state.error = undefined;
    await poll();
    t.like(stored.at(-1), { everything: true, logCursor: "c4" });
  },
);
