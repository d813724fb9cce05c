import test, { type ExecutionContext } from "ava";
import { Registry } from "prom-client";
import type { Event } from "../../../kubernetes/client/builtin-types.ts";
import {
  AlreadyExistsError,
  ApiError,
  ConnectionError,
  ForbiddenError,
  NotFoundError,
} from "../../../kubernetes/client/errors.ts";
import { EventRecorder, type EventRecorderOptions, type EventToRecord } from "../../../kubernetes/index.ts";
import { logLines } from "../../log-lines.ts";
import { sample } from "../api-server.ts";
import { fakeClock } from "../fake-clock.ts";
import { PAINTED, PAINTER } from "./painted.ts";

// In a file of its own: there is one clock for all tests of a file.
const clock = fakeClock(test);

const EVENT: EventToRecord = {
  ...PAINTED,
  regarding: { kind: "ConfigMap", namespace: "team", name: "x" },
};

const otherTeam = (n: number) => ({ kind: "ConfigMap", namespace: `team-${n}`, name: "x" });

/** A recorder, and what it writes. */
function record(t: ExecutionContext, options: Partial<EventRecorderOptions> = {}) {
  const created: Event[] = [];
  const patched: { name: string; series: Event["series"] }[] = [];
  const timeouts = new Set<number | undefined>();
  const server = { answer: (_verb: "create" | "patch", _event?: Event): Promise<void> | void => {} };
  const client = {
    create: async (_type: unknown, event: Event, { timeoutMs }: { timeoutMs?: number } = {}) => {
      timeouts.add(timeoutMs);
      await server.answer("create", event);
      created.push(event);
    },
    mergePatch: async (
      _type: unknown,
      { name }: { name: string },
      { series }: Pick<Event, "series">,
      { timeoutMs }: { timeoutMs?: number } = {},
    ) => {
      timeouts.add(timeoutMs);
      await server.answer("patch");
      patched.push({ name, series });
    },
  } as unknown as EventRecorderOptions["client"]; // generic in the type of the object, which is always an Event here
  const { log, lines } = logLines();
  const metrics = new Registry();
  const recorder = new EventRecorder({
    client,
    ...PAINTER,
    log,
    metrics,
    ...options,
  });
  const flush = async () => {
    const flushing = recorder.flush();
    await clock.pass(2_000); // where it can't write, it takes all the time that it has
    return flushing;
  };
  t.teardown(() => flush());
  return {
    recorder,
    server,
    lines,
    timeouts,
    flush,
    record: (more: Partial<EventToRecord> = {}) => recorder.record({ ...EVENT, ...more }),
    /** Of what was written since it was asked last. */
    events: () => created.splice(0),
    counts: () => ({
      created: created.splice(0).map(({ series }) => series?.count ?? 1),
      patched: patched.splice(0).map(({ series }) => series?.count),
    }),
    patches: () => patched.splice(0),
    results: (result: string) => sample(metrics, "controller_events_total", { result }),
  };
}

const REFUSED = new ForbiddenError("refused", { status: 403, reason: "Forbidden" });
const AWAY = new ConnectionError("away", { sent: false });
const LOST = new ConnectionError("no answer", { sent: true });
const failed = (status: number, retryAfterMs?: number) =>
  new ApiError(`${status}`, { status, reason: "", retryAfterMs });

const NOTHING = { created: [], patched: [] };

test.serial("an event is written with all that was said of it, and when", async (t) => {
  const { record: say, events, timeouts, counts } = record(t);
  const related = { kind: "Namespace", name: "team" };
  const time = new Date().toISOString().replace("Z", "000Z");
  say({ related });
  t.deepEqual(counts(), NOTHING, "whoever records doesn't wait for it");
  await clock.pass(0);
  const [event, ...others] = events();
  t.deepEqual(others, []);
  t.regex(event?.metadata.name ?? "", /^x\.[0-9a-f]{8}[0-9a-f]{4}-?[0-9a-f]{4}$/);
  t.deepEqual(event, {
    metadata: { name: event?.metadata.name ?? "", namespace: "team" },
    eventTime: time,
    reportingController: "example.com/test",
    reportingInstance: "test-1",
    regarding: { kind: "ConfigMap", namespace: "team", name: "x" },
    related,
    type: "Normal",
    reason: "Painted",
    action: "Paint",
    note: "It is red now.",
  });
  t.deepEqual([...timeouts], [5_000]);
});

test.serial("what an object is, is said as far as it is known", async (t) => {
  const { record: say, events } = record(t);
  say({ regarding: { apiVersion: "v1", kind: "Pod", metadata: { namespace: "team", name: "a", uid: "u" } } });
  say({ regarding: { metadata: { name: "b", labels: { not: "this" } } } });
  say({ regarding: { kind: "Node" } });
  say({ regarding: { kind: "Node", name: "n".repeat(300), namespace: "" } });
  await clock.pass(1_000);
  const written = events();
  t.deepEqual(written.map(({ regarding }) => regarding).slice(0, 3), [
    { apiVersion: "v1", kind: "Pod", namespace: "team", name: "a", uid: "u" },
    { name: "b" },
    { kind: "Node" },
  ]);
  t.deepEqual(
    written.map(({ metadata }) => metadata.namespace),
    ["team", "default", "default", "default"],
  );
  t.false("related" in (written[0] ?? {}));
  say({ related: { kind: "Pod", metadata: { name: "c", labels: { not: "this" } } } });
  await clock.pass(1_000);
  t.deepEqual(events()[0]?.related, { kind: "Pod", name: "c" });
  t.regex(written[2]?.metadata.name ?? "", /^event\./);
  t.regex(written[3]?.metadata.name ?? "", /^n{200}\.[0-9a-f-]+$/);
});

test.serial(
  "texts that just fit are written as they are, others are cut, in the middle of no character",
  async (t) => {
    const { record: say, events } = record(t, { reportingInstance: "i".repeat(129) });
    say({ note: "x".repeat(1_024), reason: "r".repeat(128), action: "a".repeat(128) });
    say({ note: "x".repeat(1_025), reason: "r".repeat(129), action: "a".repeat(129) });
    say({ note: `${"x".repeat(1_020)}äöü` });
    say({ note: `${"x".repeat(1_021)}äöü` });
    say({ note: `\uFFFD${"x".repeat(1_024)}` });
    await clock.pass(1_000);
    const written = events();
    t.deepEqual(
      written.map(({ note }) => note),
      [
        "x".repeat(1_024),
        `${"x".repeat(1_021)}…`,
        `${"x".repeat(1_020)}…`,
        `${"x".repeat(1_021)}…`,
        `\uFFFD${"x".repeat(1_018)}…`,
      ],
    );
    for (const { reason, action } of written.slice(0, 2))
      t.deepEqual([reason, action], ["r".repeat(128), "a".repeat(128)]);
    t.is(written[0]?.reportingInstance, "i".repeat(128));
  },
);

test.serial(
  "repeats are counted: the second at once, the others each minute, as long as there are some",
  async (t) => {
    const { record: say, counts, patches, results } = record(t);
    say();
    await clock.pass(1_000);
    t.deepEqual(counts(), { created: [1], patched: [] });
    say();
    await clock.pass(1_000);
    t.deepEqual(counts(), { created: [], patched: [2] });
    for (let i = 0; i < 5; i++) {
      say();
      await clock.pass(1_000);
    }
    const last = new Date(Date.now() - 1_000).toISOString().replace("Z", "000Z");
    await clock.pass(53_900);
    t.deepEqual(counts(), NOTHING);
    await clock.pass(200);
    t.deepEqual(
      patches().map(({ series }) => series),
      [{ count: 7, lastObservedTime: last }],
    );
    await clock.pass(200_000);
    t.deepEqual(counts(), NOTHING, "nothing new");
    say();
    await clock.pass(100);
    t.deepEqual(counts(), { created: [], patched: [8] }, "it is overdue");
    t.is(await results("created"), 1);
    t.is(await results("merged"), 3);
  },
);

test.serial("what is recorded together is one write, and how often it was is in it", async (t) => {
  const { record: say, events, counts } = record(t);
  const time = new Date().toISOString().replace("Z", "000Z");
  for (let i = 0; i < 3; i++) say();
  await clock.pass(0);
  t.deepEqual(events()[0]?.series, { count: 3, lastObservedTime: time });
  await clock.pass(100_000);
  t.deepEqual(counts(), NOTHING);
});

test.serial("what differs in anything is another event", async (t) => {
  const { record: say, counts } = record(t);
  say();
  say({ regarding: { kind: "ConfigMap", namespace: "team", name: "y" } });
  say({ related: { kind: "Namespace", name: "team" } });
  say({ type: "Warning" });
  say({ reason: "Repainted" });
  say({ action: "Repaint" });
  say({ note: "It is blue now." });
  await clock.pass(1_000);
  t.deepEqual(counts(), { created: [1, 1, 1, 1, 1, 1, 1], patched: [] });
});

test.serial(
  "after six minutes without it, the same begins a new event; what was counted of the old one is written",
  async (t) => {
    const { record: say, counts } = record(t, { mergeEveryMs: 1_000_000 });
    say();
    await clock.pass(1_000);
    say();
    await clock.pass(1_000);
    say();
    t.deepEqual(counts(), { created: [1], patched: [2] });
    await clock.pass(359_900);
    say();
    await clock.pass(1_000);
    t.deepEqual(counts(), NOTHING, "counted, to be written later");
    await clock.pass(359_000);
    say();
    await clock.pass(1_000);
    t.deepEqual(counts(), { created: [1], patched: [] });
    await clock.pass(300_000, 1_000);
    t.deepEqual(counts(), { created: [], patched: [4] });
  },
);

test.serial(
  "fifty are written each second, or as many as is said; a flush doesn't wait for that",
  async (t) => {
    const usual = record(t);
    for (let i = 0; i < 200; i++) usual.record({ note: `${i}` });
    await clock.pass(990, 10);
    const { length } = usual.events();
    t.true(length >= 49 && length <= 51, `${length}`);
    await usual.flush();
    t.is(usual.events().length, 150 + 50 - length);

    const slow = record(t, { perSecond: 1 });
    for (let i = 0; i < 3; i++) slow.record({ note: `${i}` });
    await clock.pass(0);
    t.is(slow.events().length, 1);
    await clock.pass(900);
    t.is(slow.events().length, 0);
    await clock.pass(100);
    t.is(slow.events().length, 1);
    // What takes longer by itself isn't waited for on top.
    slow.server.answer = () => new Promise((resolve) => setTimeout(resolve, 3_000));
    await clock.pass(4_000);
    t.is(slow.events().length, 1);
    slow.record({ note: "at once" });
    await clock.pass(3_100);
    t.is(slow.events().length, 1);
  },
);

test.serial(
  "more than there is room for is dropped, and not remembered; a line says how many, five seconds later",
  async (t) => {
    const { record: say, counts, lines, results } = record(t, { capacity: 2 });
    for (const note of ["a", "b", "c", "d"]) say({ note });
    t.is(await results("dropped"), 2);
    await clock.pass(4_900);
    t.deepEqual(counts(), { created: [1, 1], patched: [] });
    t.deepEqual(lines, []);
    await clock.pass(200);
    t.is(lines.length, 1);
    t.like(lines[0], { reason: "Painted", dropped: 2, msg: "events were dropped, the last of them this" });
    say({ note: "d" });
    await clock.pass(100_000);
    t.deepEqual(counts(), { created: [1], patched: [] });
    t.is(lines.length, 1);
  },
);

test.serial(
  "however much happens in one namespace, what happens in others is written among the next",
  async (t) => {
    const { record: say, events, results } = record(t);
    for (let i = 0; i < 20_000; i++) say({ note: `${i}` });
    for (const n of [1, 2, 3]) say({ regarding: otherTeam(n) });
    await clock.pass(100, 10);
    t.deepEqual(
      events()
        .slice(0, 5)
        .map(({ metadata, note }) => [metadata.namespace, note]),
      [
        ["team", "0"],
        ["team-1", EVENT.note],
        ["team-2", EVENT.note],
        ["team-3", EVENT.note],
        ["team", "1"],
      ],
    );
    t.is(await results("dropped"), 15_003);
    say({ regarding: otherTeam(4) });
    await clock.pass(100, 10);
    t.true(events().some(({ metadata }) => metadata.namespace === "team-4"));
  },
);

test.serial(
  "what was to be written and isn't, for the sake of another namespace, is not remembered",
  async (t) => {
    const { record: say, events, counts, lines, results } = record(t, { capacity: 3 });
    for (const note of ["a", "b", "c"]) say({ note });
    say({ regarding: otherTeam(1) });
    await clock.pass(5_000);
    t.deepEqual(
      events().map(({ metadata, note }) => [metadata.namespace, note]),
      [
        ["team", "a"],
        ["team-1", EVENT.note],
        ["team", "b"],
      ],
    );
    t.is(await results("dropped"), 1);
    t.like(lines[0], { reason: "Painted", regarding: { namespace: "team" }, dropped: 1 });
    say({ note: "c" });
    await clock.pass(100);
    t.deepEqual(counts(), { created: [1], patched: [] });
  },
);

test.serial("however much happens in one namespace, repeats in others are counted on", async (t) => {
  const { record: say, counts } = record(t, { capacity: 10 });
  const regarding = otherTeam(1);
  say({ regarding });
  for (let i = 0; i < 30; i++) {
    say({ note: `${i}` });
    await clock.pass(100);
  }
  await clock.pass(100);
  counts();
  say({ regarding });
  await clock.pass(100);
  t.deepEqual(counts(), { created: [], patched: [2] });
});

test.serial("a series that there was no room to remember isn't counted any further", async (t) => {
  const { record: say, counts } = record(t, { capacity: 1 });
  say({ note: "a" });
  await clock.pass(100);
  say({ note: "a" });
  await clock.pass(100);
  say({ note: "a" });
  await clock.pass(100);
  say({ note: "b" });
  await clock.pass(100);
  t.deepEqual(counts(), { created: [1, 1], patched: [2] });
  await clock.pass(200_000);
  t.deepEqual(counts(), NOTHING);
});

test.serial(
  "an event that has expired is begun anew, under another name, which is then the one that is counted in",
  async (t) => {
    const { record: say, server, events, patches } = record(t);
    say();
    await clock.pass(100);
    const [first] = events();
    const gone = new NotFoundError("gone", { status: 404, reason: "NotFound" });
    server.answer = (verb) => (verb === "patch" ? Promise.reject(gone) : undefined);
    say();
    await clock.pass(100);
    const [second] = events();
    t.is(second?.metadata.name, `${first?.metadata.name}.2`);
    t.is(second?.metadata.namespace, "team");
    t.is(second?.series?.count, 2);
    t.is(second?.eventTime, first?.eventTime);
    server.answer = () => {};
    say();
    await clock.pass(60_000);
    t.deepEqual(
      patches().map(({ name, series }) => [name, series?.count]),
      [[second?.metadata.name, 3]],
    );
  },
);

test.serial(
  "an event that is refused is dropped; the next of its kind is written as the first",
  async (t) => {
    const { record: say, server, counts, results, lines } = record(t);
    server.answer = () => Promise.reject(REFUSED);
    say();
    await clock.pass(10_000);
    t.is(await results("dropped"), 1);
    t.like(lines[0], {
      reason: "Painted",
      regarding: { name: "x" },
      err: { message: "refused" },
      dropped: 1,
    });
    server.answer = () => {};
    say();
    await clock.pass(1_000);
    t.deepEqual(counts(), { created: [1], patched: [] });
    t.is(await results("created"), 1);
  },
);

test.serial(
  "while the API server is away or has too much to do, events are kept, in their order, and repeats are counted",
  async (t) => {
    for (const failure of [AWAY, LOST, failed(429), failed(500), failed(503)]) {
      const { record: say, server, events, patches, results } = record(t);
      say({ note: "before" });
      await clock.pass(100);
      events();
      server.answer = () => Promise.reject(failure);
      say({ note: "before" });
      await clock.pass(100);
      for (const note of ["a", "b", "a"]) say({ note });
      await clock.pass(60_000);
      t.deepEqual([...events(), ...patches()], []);
      server.answer = () => {};
      await clock.pass(20_000);
      t.deepEqual(
        patches().map(({ series }) => series?.count),
        [2],
      );
      t.deepEqual(
        events().map(({ note, series }) => [note, series?.count]),
        [
          ["a", 2],
          ["b", undefined],
        ],
      );
      t.is(await results("dropped"), 0);
    }
  },
);

test.serial(
  "it is tried again later and later, twelve times in all; then it is dropped, and the next of its namespace has its turn",
  async (t) => {
    const { record: say, server, counts, results, lines } = record(t);
    const tries: { note: string | undefined; time: number }[] = [];
    server.answer = (_verb, event) => {
      tries.push({ note: event?.note, time: Date.now() });
      throw AWAY;
    };
    for (const note of ["a", "b"]) say({ note });
    await clock.pass(115_000, 250);
    t.deepEqual(
      tries
        .filter(({ note }) => note === "a")
        .map(({ time }, _, [first]) => (time - (first?.time ?? 0)) / 1_000),
      [0, 0.75, 2.25, 5.25, 11.25, 23.25, 38.25, 53.25, 68.25, 83.25, 98.25, 113.25],
    );
    t.is(await results("dropped"), 1);
    t.is(tries[12]?.note, "b");
    server.answer = () => {};
    await clock.pass(10_000);
    t.deepEqual(counts(), { created: [1], patched: [] });
    t.like(lines[0], { reason: "Painted", err: { message: "away" }, dropped: 1 });

    // What has come through is counted from the beginning the next time.
    server.answer = () => Promise.reject(AWAY);
    say({ note: "b" });
    await clock.pass(100_000, 250);
    server.answer = () => {};
    await clock.pass(75_000, 250);
    server.answer = () => Promise.reject(AWAY);
    say({ note: "b" });
    await clock.pass(100_000, 250);
    t.is(await results("dropped"), 1);
    // So is what hasn't.
    await clock.pass(20_000, 250);
    t.is(await results("dropped"), 2);
    say({ note: "b" });
    await clock.pass(100_000, 250);
    t.is(await results("dropped"), 2);
  },
);

test.serial("who is asked to wait does so, for a minute at most", async (t) => {
  for (const [asked, waited] of [
    [30_000, 30_000],
    [3_600_000, 60_000],
  ] as const) {
    const { record: say, server, counts } = record(t);
    server.answer = () => Promise.reject(failed(503, asked));
    say();
    await clock.pass(0);
    server.answer = () => {};
    await clock.pass(waited - 100);
    t.deepEqual(counts(), NOTHING);
    await clock.pass(200);
    t.deepEqual(counts(), { created: [1], patched: [] });
  }
});

test.serial("what fails in one namespace doesn't keep the others waiting", async (t) => {
  const { record: say, server, events, results } = record(t);
  server.answer = (_verb, event) => {
    if (event?.metadata.namespace === "team") throw failed(500);
  };
  for (const note of ["a", "b"]) say({ note });
  for (const note of ["c", "d"]) say({ note, regarding: otherTeam(1) });
  await clock.pass(200, 10);
  say({ note: "e", regarding: otherTeam(2) });
  await clock.pass(100, 10);
  t.deepEqual(
    events().map(({ note }) => note),
    ["c", "d", "e"],
  );
  server.answer = () => {};
  await clock.pass(1_000);
  t.deepEqual(
    events().map(({ note }) => note),
    ["a", "b"],
  );
  t.is(await results("dropped"), 0);
});

test.serial("what isn't answered in one namespace doesn't keep the others waiting", async (t) => {
  const { record: say, server, events, patches } = record(t);
  say();
  await clock.pass(100);
  events();
  const { promise: answered, resolve: answer } = Promise.withResolvers<void>();
  server.answer = (verb, event) =>
    verb === "patch" || event?.metadata.namespace === "team" ? answered : undefined;
  say();
  say({ note: "next" });
  for (const n of [1, 2]) for (const note of ["c", "d"]) say({ note, regarding: otherTeam(n) });
  await clock.pass(200, 10);
  t.deepEqual(
    events().map(({ metadata, note }) => [metadata.namespace, note]),
    [
      ["team-1", "c"],
      ["team-2", "c"],
      ["team-1", "d"],
      ["team-2", "d"],
    ],
  );
  t.deepEqual(patches(), []);
  answer();
  await clock.pass(200, 10);
  t.deepEqual(
    patches().map(({ series }) => series?.count),
    [2],
  );
  t.deepEqual(
    events().map(({ note }) => note),
    ["next"],
    "its own have waited, in their order",
  );
});

test.serial(
  "however many aren't answered, half of the connections are left for what matters more",
  async (t) => {
    const { record: say, server, events } = record(t);
    const { promise: answered, resolve: answer } = Promise.withResolvers<void>();
    let asked = 0;
    server.answer = () => {
      asked++;
      return answered;
    };
    for (let n = 0; n < 40; n++) say({ regarding: otherTeam(n) });
    await clock.pass(5_000, 50);
    t.is(asked, 16);
    answer();
    await clock.pass(1_000, 10);
    t.is(events().length, 40);
  },
);

test.serial(
  "where an answer was lost and the event is there, it is written; what was counted meanwhile is added",
  async (t) => {
    for (const repeats of [0, 2]) {
      const { record: say, server, counts, results } = record(t);
      const names: (string | undefined)[] = [];
      server.answer = (verb, event) => {
        if (verb === "patch") return;
        names.push(event?.metadata.name);
        throw names.length === 1
          ? LOST
          : new AlreadyExistsError("is there", { status: 409, reason: "AlreadyExists" });
      };
      say();
      await clock.pass(100);
      for (let i = 0; i < repeats; i++) say();
      await clock.pass(10_000);
      t.is(names.length, 2);
      t.is(names[0], names[1], "the same name, or it would be there twice");
      t.deepEqual(counts(), { created: [], patched: repeats ? [3] : [] });
      t.is(await results("created"), 1);
      t.is(await results("dropped"), 0);
      say();
      await clock.pass(60_000);
      t.deepEqual(counts(), { created: [], patched: [repeats + 2] }, "from then on it is counted in");
    }
  },
);

test.serial("where the answer to what is begun anew was lost, it isn't begun another time", async (t) => {
  const { record: say, server, patches } = record(t);
  say();
  await clock.pass(100);
  const names: (string | undefined)[] = [];
  server.answer = (verb, event) => {
    if (verb === "patch" && names.length === 0)
      throw new NotFoundError("gone", { status: 404, reason: "NotFound" });
    if (verb === "patch") return;
    names.push(event?.metadata.name);
    throw names.length === 1
      ? LOST
      : new AlreadyExistsError("is there", { status: 409, reason: "AlreadyExists" });
  };
  say();
  await clock.pass(10_000);
  t.is(names.length, 2);
  t.is(names[0], names[1]);
  t.deepEqual(
    patches().map(({ name, series }) => [name, series?.count]),
    [[names[0], 2]],
  );
});

test.serial(
  "what is recorded while the first of its kind is being written is counted with it, or dropped with it",
  async (t) => {
    for (const isWritten of [true, false]) {
      const { record: say, server, counts, results } = record(t);
      const { promise: answered, resolve, reject } = Promise.withResolvers<void>();
      server.answer = () => answered;
      say();
      await clock.pass(100);
      say();
      await clock.pass(100);
      server.answer = () => {};
      if (isWritten) resolve();
      else reject(REFUSED);
      await clock.pass(1_000);
      t.deepEqual(counts(), isWritten ? { created: [1], patched: [2] } : NOTHING);
      t.is(await results("dropped"), isWritten ? 0 : 1);
    }
  },
);

test.serial("each line of dropped events gathers five seconds, also after a flush", async (t) => {
  const { record: say, flush, lines } = record(t, { capacity: 1 });
  for (const note of ["a", "b"]) say({ note });
  await clock.pass(2_000);
  await flush();
  t.is(lines.length, 1);
  for (const note of ["c", "d"]) say({ note });
  await clock.pass(4_900);
  t.is(lines.length, 1);
  await clock.pass(100);
  t.is(lines.length, 2);
});

test.serial("a count that is refused is tried again with the next repeat", async (t) => {
  const { record: say, server, counts, results } = record(t);
  say();
  await clock.pass(100);
  server.answer = (verb) => (verb === "patch" ? Promise.reject(REFUSED) : undefined);
  say();
  await clock.pass(100);
  t.is(await results("dropped"), 1);
  server.answer = () => {};
  say();
  await clock.pass(100);
  t.deepEqual(counts(), { created: [1], patched: [3] }, "it is no reason for a new one");
});

test.serial(
  "a flush writes counts that wait for their minute, and then there is nothing left to write",
  async (t) => {
    const { record: say, counts, flush } = record(t);
    for (let i = 0; i < 4; i++) {
      say();
      await clock.pass(100);
    }
    t.deepEqual(counts(), { created: [1], patched: [2] });
    await flush();
    t.deepEqual(counts(), { created: [], patched: [4] });
    await clock.pass(200_000);
    await flush();
    t.deepEqual(counts(), NOTHING);
  },
);

test.serial("a flush ends after two seconds, or when it is told to, and drops what is left", async (t) => {
  for (const timeoutMs of [undefined, 500]) {
    const { recorder, record: say, server, results, lines, counts } = record(t);
    const { promise: answered, resolve: answer } = Promise.withResolvers<void>();
    server.answer = () => answered;
    for (const note of ["a", "b", "c"]) say({ note });
    await clock.pass(0);
    let flushed = false;
    const flushing = recorder.flush(timeoutMs ? { timeoutMs } : {}).then(() => {
      flushed = true;
    });
    await clock.pass((timeoutMs ?? 2_000) - 10, 10);
    t.false(flushed);
    await clock.pass(10);
    await flushing;
    t.true(flushed);
    t.is(await results("dropped"), 2);
    t.like(lines[0], { dropped: 2, late: true, reason: "Painted", regarding: { name: "x" } });
    await clock.pass(10_000);
    t.is(lines.length, 1, "said once");
    answer();
    server.answer = () => {};
    await clock.pass(100);
    t.deepEqual(counts(), { created: [1], patched: [] });
    for (const note of ["b", "c"]) say({ note });
    await clock.pass(1_000);
    t.deepEqual(counts(), { created: [1, 1], patched: [] }, "what was dropped is forgotten");
  }
});

test.serial(
  "a flush doesn't wait for what was to be tried later, and tries again as long as it has time",
  async (t) => {
    const { recorder, record: say, server, events, results } = record(t);
    server.answer = () => Promise.reject(AWAY);
    for (const note of ["a", "b"]) say({ note });
    await clock.pass(50_000);
    let tries = 0;
    server.answer = () => (++tries === 1 ? Promise.reject(AWAY) : undefined);
    const flushing = recorder.flush({ timeoutMs: 30_000 });
    await clock.pass(0);
    t.is(tries, 1, "at once");
    await clock.pass(29_000);
    await flushing;
    t.deepEqual(
      events().map(({ note }) => note),
      ["a", "b"],
    );
    t.is(await results("dropped"), 0);
  },
);

test.serial("what is in line again when it fails is written once", async (t) => {
  const { recorder, record: say, server, counts } = record(t);
  say();
  await clock.pass(100);
  const { promise: answered, reject } = Promise.withResolvers<void>();
  server.answer = () => answered;
  say();
  await clock.pass(100);
  say();
  const flushing = recorder.flush();
  server.answer = () => {};
  reject(LOST);
  await clock.pass(2_000);
  await flushing;
  t.deepEqual(counts(), { created: [1], patched: [3] });
});

test.serial("a flush ends in time while the API server is away, and nothing is tried after it", async (t) => {
  const { recorder, record: say, server, counts, results } = record(t);
  let tries = 0;
  server.answer = () => {
    tries++;
    throw AWAY;
  };
  for (const note of ["a", "b"]) say({ note });
  say({ regarding: otherTeam(1) });
  await clock.pass(100);
  let flushed = false;
  const flushing = recorder.flush().then(() => {
    flushed = true;
  });
  await clock.pass(2_000);
  t.true(flushed);
  await flushing;
  t.is(await results("dropped"), 3);
  const before = tries;
  await clock.pass(60_000);
  t.is(tries, before);
  server.answer = () => {};
  say();
  await clock.pass(1_000);
  t.deepEqual(counts(), { created: [1], patched: [] }, "what is recorded afterwards is written");
});

test.serial("what a flush has given up waiting for isn't tried again", async (t) => {
  const { recorder, record: say, server, counts, results } = record(t);
  const { promise: answered, reject } = Promise.withResolvers<void>();
  server.answer = () => answered;
  say();
  await clock.pass(0);
  const flushing = recorder.flush();
  await clock.pass(2_000);
  await flushing;
  server.answer = () => {};
  reject(LOST);
  await clock.pass(60_000);
  t.deepEqual(counts(), NOTHING);
  t.is(await results("dropped"), 1);
});

test.serial("nothing that is recorded can throw", async (t) => {
  const { recorder, results, lines } = record(t);
  const circular: Record<string, unknown> = { name: "x" };
  circular.self = circular;
  t.notThrows(() => recorder.record({ ...EVENT, regarding: circular }));
  t.is(await results("dropped"), 1);
  await clock.pass(5_000);
  t.like(lines[0], { reason: "Painted", dropped: 1 });
  t.regex(JSON.stringify(lines[0]), /circular/);
});

test.serial("after a flush it goes on as before: in its own time, and with what was dropped", async (t) => {
  const { recorder, record: say, server, flush, events, patches, lines } = record(t, { perSecond: 1 });
  say();
  await flush();
  events();
  const { promise: answered, resolve: answer } = Promise.withResolvers<void>();
  server.answer = () => answered;
  say({ note: "held" });
  await clock.pass(0);
  say();
  const flushing = recorder.flush({ timeoutMs: 100 });
  await clock.pass(100);
  await flushing;
  t.like(lines[0], { dropped: 1, late: true });
  answer();
  server.answer = () => {};
  await clock.pass(2_000);
  say();
  await clock.pass(2_000);
  t.deepEqual(
    patches().map(({ series }) => series?.count),
    [3],
    "the count that was dropped is in the next one",
  );
  events();
  for (let i = 0; i < 5; i++) say({ note: `${i}` });
  await clock.pass(1_900);
  t.true(events().length <= 2, "one each second");
});
