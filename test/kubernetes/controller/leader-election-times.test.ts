import { getEventListeners } from "node:events";
import test, { type ExecutionContext } from "ava";
import { Registry } from "prom-client";
import type { Lease } from "../../../kubernetes/client/builtin-types.ts";
import {
  AlreadyExistsError,
  ApiError,
  ConflictError,
  NotFoundError,
} from "../../../kubernetes/client/errors.ts";
import type { ObjectName } from "../../../kubernetes/client/object.ts";
import {
  type Client,
  keyOf,
  LeaderElection,
  type LeaderElectionOptions,
  NotLeaderError,
} from "../../../kubernetes/index.ts";
import { logLines } from "../../log-lines.ts";
import { sample } from "../api-server.ts";
import { fakeClock } from "../fake-clock.ts";

// In a file of its own: there is one clock for all tests of a file.
const clock = fakeClock(test);

type LeaseClient = LeaderElectionOptions["client"];

/** Keeps one lease as an API server does. */
class LeaseServer {
  lease: Lease | undefined;
  /** What is asked for, with the time that the caller gives it. */
  readonly calls: string[] = [];
  readonly timeouts = new Set<number | undefined>();
  readonly names = new Set<string>();
  /** What becomes of a call before it is carried out, and of its answer. */
  before: (verb: string) => Promise<void> | void = () => {};
  after: (verb: string) => Promise<void> | void = () => {};
  #version = 0;

  /** Somebody else writes it. */
  put(spec: Lease["spec"], resourceVersion = String(++this.#version)): void {
    this.lease = { metadata: { namespace: "team", name: "x", resourceVersion }, ...(spec && { spec }) };
  }

  readonly client = {
    get: async (_type: unknown, name: ObjectName, options: { timeoutMs?: number } = {}) => {
      this.names.add(keyOf(name));
      await this.#asked("get", options);
      if (!this.lease) throw new NotFoundError("gone", { status: 404, reason: "NotFound" });
      return this.#answer("get");
    },
    create: async (_type: unknown, object: Lease, options: { timeoutMs?: number } = {}) => {
      this.names.add(keyOf(object));
      await this.#asked("create", options);
      if (this.lease) throw new AlreadyExistsError("there is one", { status: 409, reason: "AlreadyExists" });
      this.put(object.spec);
      return this.#answer("create");
    },
    replace: async (_type: unknown, object: Lease, options: { timeoutMs?: number } = {}) => {
      await this.#asked("replace", options);
      if (!this.lease) throw new NotFoundError("gone", { status: 404, reason: "NotFound" });
      if (object.metadata.resourceVersion !== this.lease.metadata.resourceVersion)
        throw new ConflictError("changed", { status: 409, reason: "Conflict" });
      this.put(object.spec);
      return this.#answer("replace");
    },
  } as unknown as LeaseClient; // generic in the type of the object, which is always a Lease here

  async #asked(verb: string, { timeoutMs }: { timeoutMs?: number }): Promise<void> {
    this.calls.push(verb);
    this.timeouts.add(timeoutMs);
    await this.before(verb);
  }

  async #answer(verb: string): Promise<Lease | undefined> {
    const lease = structuredClone(this.lease);
    await this.after(verb);
    return lease;
  }
}

/** A replica. With the usual times, unless said otherwise: 15 s, 10 s and 2 s. */
function contend(
  t: ExecutionContext,
  server: LeaseServer,
  identity: string,
  options: Partial<LeaderElectionOptions> = {},
  work: (lost: AbortSignal) => Promise<void> = (lost) =>
    new Promise((ended) => {
      lost.addEventListener("abort", () => ended(), { once: true });
      if (lost.aborted) ended();
    }),
) {
  const { log, lines } = logLines();
  const { client } = server;
  const metrics = new Registry();
  const election = new LeaderElection({
    client,
    namespace: "team",
    name: "x",
    identity,
    log,
    metrics,
    ...options,
  });
  const stop = new AbortController();
  const terms: { reason: unknown }[] = [];
  let ended = false;
  const running = election
    .run(stop.signal, async (lost) => {
      const term: { reason: unknown } = { reason: undefined };
      terms.push(term);
      lost.addEventListener("abort", () => {
        term.reason = lost.reason instanceof Error ? lost.reason.message : lost.reason;
      });
      await work(lost);
    })
    .finally(() => {
      ended = true;
    });
  const end = async () => {
    stop.abort();
    for (let i = 0; i < 200 && !ended; i++) await clock.pass(100);
    await running;
  };
  t.teardown(end);
  const said = () => lines.splice(0).map(({ msg }) => String(msg));
  const leading = () => sample(metrics, "controller_leader", { lease: "x" });
  return { election, stop, running, terms, said, end, leading, lines, metrics };
}

test.serial(
  "who finds no lease makes one, and keeps it by renewing it every two seconds or so",
  async (t) => {
    const server = new LeaseServer();
    const { election, terms, said, leading, metrics } = contend(t, server, "a");
    t.regex(await metrics.metrics(), /^controller_leader\{lease="x"\} 0$/m);
    t.false(election.mayWrite());
    t.is(election.leader, undefined);
    await clock.pass(0);
    t.is(terms.length, 1);
    t.true(election.mayWrite());
    t.is(election.leader, "a");
    t.is(await leading(), 1);
    t.deepEqual(server.lease?.spec, {
      holderIdentity: "a",
      leaseDurationSeconds: 15,
      acquireTime: server.lease?.spec?.renewTime,
      renewTime: server.lease?.spec?.renewTime,
      leaseTransitions: 0,
    });
    const first = server.lease?.spec;
    await clock.pass(60_000);
    t.is(terms.length, 1);
    t.true(election.mayWrite());
    const renewals = server.calls.filter((verb) => verb === "replace").length;
    t.true(renewals >= 60 / 2.6 && renewals <= 30, `${renewals}`);
    t.is(server.lease?.spec?.acquireTime, first?.acquireTime);
    t.not(server.lease?.spec?.renewTime, first?.renewTime);
    t.is(server.lease?.spec?.leaseTransitions, 0);
    t.deepEqual([...server.timeouts], [10_000 / 3], "several attempts fit into the time there is");
    t.deepEqual([...server.names], ["team/x"]);
    t.deepEqual(said(), ["leading"]);
  },
);

test.serial(
  "a lease lasts whole seconds, one at least, and an attempt may always take half a second",
  async (t) => {
    for (const [leaseDurationMs, seconds] of [
      [100, 1],
      [1_001, 2],
    ] as const) {
      const server = new LeaseServer();
      const times = { leaseDurationMs, renewDeadlineMs: 90, retryPeriodMs: 10 };
      const { end } = contend(t, server, "a", times);
      await clock.pass(0);
      t.is(server.lease?.spec?.leaseDurationSeconds, seconds);
      t.deepEqual([...server.timeouts], [500]);
      await end();
    }
  },
);

test.serial(
  "a leader that stops gives the lease back, and the next one leads at its next look",
  async (t) => {
    const server = new LeaseServer();
    const first = contend(t, server, "a");
    await clock.pass(0);
    const held = server.lease?.spec?.acquireTime;
    const second = contend(t, server, "b");
    await clock.pass(20_000);
    t.is(second.terms.length, 0);
    t.is(second.election.leader, "a");
    await first.end();
    t.false(first.election.mayWrite());
    t.is(await first.leading(), 0);
    t.is(first.election.leader, undefined);
    t.like(server.lease?.spec, { holderIdentity: "", leaseDurationSeconds: 1 });
    t.deepEqual(first.said(), ["leading", "not leading any more"]);
    await clock.pass(2_400);
    t.is(second.terms.length, 1);
    t.is(server.lease?.spec?.leaseTransitions, 1);
    t.not(server.lease?.spec?.acquireTime, held);
  },
);

test.serial("a lease of somebody who is gone is taken when its time is over, ours or its own", async (t) => {
  for (const [seconds, ms] of [
    [1, 15_000],
    [undefined, 15_000],
    [40, 40_000],
  ] as const) {
    const server = new LeaseServer();
    server.put({
      holderIdentity: "gone",
      ...(seconds && { leaseDurationSeconds: seconds }),
      acquireTime: "2020-01-01T00:00:00.000000Z",
      renewTime: "2020-01-01T00:00:00.000000Z",
      leaseTransitions: 7,
    });
    const { terms, end } = contend(t, server, "a");
    await clock.pass(ms);
    t.is(terms.length, 0, "whatever the times say that stand in it");
    t.true(server.calls.length >= ms / 2_500 && server.calls.every((verb) => verb === "get"));
    await clock.pass(2_500);
    t.is(terms.length, 1);
    t.is(server.lease?.spec?.leaseTransitions, 8);
    t.not(server.lease?.spec?.acquireTime, "2020-01-01T00:00:00.000000Z");
    await end();
  }
});

test.serial(
  "any sign of the holder counts: a renewal, and a change that has the version of a lost one",
  async (t) => {
    const server = new LeaseServer();
    server.put({ holderIdentity: "b", renewTime: "1" });
    const { terms } = contend(t, server, "a");
    for (let i = 0; i < 5; i++) {
      await clock.pass(10_000);
      // With the same resourceVersion, as a store has it that was restored.
      server.put({ holderIdentity: "b", renewTime: `${i + 2}` }, "1");
    }
    await clock.pass(10_000);
    server.put({ holderIdentity: "c", renewTime: "6" }, "1");
    await clock.pass(10_000);
    server.put({ holderIdentity: "c", renewTime: "6" }, "2");
    await clock.pass(10_000);
    t.is(terms.length, 0);
    await clock.pass(10_000);
    t.is(terms.length, 1);
  },
);

test.serial("a lease without a holder, or with nothing in it, is free", async (t) => {
  for (const spec of [undefined, {}, { holderIdentity: "" }]) {
    const server = new LeaseServer();
    server.put(spec);
    const { terms, end } = contend(t, server, "a");
    await clock.pass(0);
    t.is(terms.length, 1);
    await end();
  }
});

test.serial("of two that are free to take it, one leads: the other's write meets a conflict", async (t) => {
  for (const exists of [false, true]) {
    const server = new LeaseServer();
    if (exists) server.put({ holderIdentity: "" });
    const both = [contend(t, server, "a"), contend(t, server, "b")];
    await clock.pass(10_000);
    t.is(both.filter(({ terms }) => terms.length === 1).length, 1);
    t.is(both.filter(({ election }) => election.mayWrite()).length, 1);
    t.false(
      both.some(({ said }) => said().some((line) => line.includes("can't"))),
      "nothing to warn of",
    );
    for (const { end } of both) await end();
  }
});

test.serial(
  "a leader may write until ten seconds after it sent its last renewal, and then hears that it lost",
  async (t) => {
    const server = new LeaseServer();
    const { election, terms, said } = contend(t, server, "a");
    await clock.pass(0);
    server.before = () => Promise.reject(new Error("down"));
    await clock.pass(9_900);
    t.true(election.mayWrite());
    t.is(terms[0]?.reason, undefined);
    await clock.pass(100);
    t.false(election.mayWrite());
    await clock.pass(100);
    t.is(terms[0]?.reason, "leadership is lost");
    await clock.pass(5_000);
    const lines = said();
    t.true(lines.includes("can't renew the lease, trying again"));
    t.is(lines.filter((line) => line === "the lease couldn't be renewed: leadership is lost").length, 1);
    t.true(lines.includes("not leading any more"));
    t.false(
      lines.some((line) => line.includes("release")),
      "what it has lost it can't give back",
    );
    server.before = () => {};
    await clock.pass(20_000);
    t.is(terms.length, 2);
  },
);

test.serial("a leader whose machine was suspended for too long may not write when it wakes", async (t) => {
  const server = new LeaseServer();
  const { election } = contend(t, server, "a");
  await clock.pass(0);
  clock.stepWall(t, 9_000);
  t.true(election.mayWrite());
  clock.stepWall(t, 1_000);
  t.false(election.mayWrite());
});

test.serial("a candidate whose clock is set ahead takes no lease that is held", async (t) => {
  const server = new LeaseServer();
  server.put({ holderIdentity: "b", renewTime: "1" });
  const { terms } = contend(t, server, "a");
  await clock.pass(2_000);
  clock.stepWall(t, 3_600_000);
  await clock.pass(10_000);
  t.is(terms.length, 0);
  await clock.pass(6_000);
  t.is(terms.length, 1, "until it wasn't renewed for all of its time");
});

test.serial("a renewal that hangs is no reason to hear of the loss later", async (t) => {
  const server = new LeaseServer();
  const { terms, election } = contend(t, server, "a");
  await clock.pass(0);
  const hanging = Promise.withResolvers<void>();
  server.before = () => hanging.promise;
  await clock.pass(10_100);
  t.is(terms[0]?.reason, "leadership is lost");
  t.false(election.mayWrite());
  hanging.reject(new Error("at last"));
  server.before = () => {};
  await clock.pass(20_000);
  t.is(terms.length, 2);
});

test.serial("what counts is when a renewal was sent, not when it was answered", async (t) => {
  const server = new LeaseServer();
  const slow = (ms: number) => () => new Promise<void>((resolve) => setTimeout(resolve, ms));
  server.after = (verb) => (verb === "get" ? undefined : slow(11_000)());
  const { election, terms } = contend(t, server, "a");
  await clock.pass(11_500);
  t.is(server.lease?.spec?.holderIdentity, "a");
  t.false(election.mayWrite());
  t.is(terms.length, 0);
  server.after = (verb) => (verb === "get" ? undefined : slow(2_000)());
  await clock.pass(30_000);
  t.is(terms.length, 1);
  const last = Date.parse(server.lease?.spec?.renewTime ?? "");
  server.before = () => Promise.reject(new Error("down"));
  while (election.mayWrite()) await clock.pass(100);
  const since = Date.now() - last;
  t.true(since >= 10_000 && since <= 10_100, `${since}`);
});

test.serial("whoever holds it now: a leader from whom it was taken stops at once", async (t) => {
  const server = new LeaseServer();
  const { election, terms, said } = contend(t, server, "a");
  await clock.pass(0);
  server.put({ holderIdentity: "b", leaseDurationSeconds: 15, renewTime: "now" });
  await clock.pass(2_500);
  t.false(election.mayWrite());
  t.is(terms[0]?.reason, "leadership is lost");
  t.is(election.leader, "b");
  t.is(server.lease?.spec?.holderIdentity, "b", "and leaves it as it is");
  t.true(said().includes("can't renew the lease, trying again"));
  server.lease = undefined;
  await clock.pass(2_500);
  t.is(terms.length, 2);
});

test.serial("a leader whose lease was deleted stops, and makes another", async (t) => {
  const server = new LeaseServer();
  const { terms, election } = contend(t, server, "a");
  await clock.pass(0);
  server.lease = undefined;
  await clock.pass(2_500);
  t.is(terms[0]?.reason, "leadership is lost");
  await clock.pass(2_500);
  t.is(terms.length, 2);
  t.true(election.mayWrite());
});

test.serial("a leader whose lease somebody has touched reads it again, and goes on", async (t) => {
  const server = new LeaseServer();
  const { terms } = contend(t, server, "a");
  await clock.pass(0);
  for (let i = 0; i < 10; i++) {
    server.put(server.lease?.spec);
    await clock.pass(4_000);
  }
  t.deepEqual(terms, [{ reason: undefined }]);
  // It may not even be read again then: nothing says that another has it.
  server.put(server.lease?.spec);
  server.before = (verb) => (verb === "get" ? Promise.reject(new Error("down")) : undefined);
  await clock.pass(4_000);
  t.deepEqual(terms, [{ reason: undefined }]);
  server.before = () => {};
  await clock.pass(4_000);
  t.deepEqual(terms, [{ reason: undefined }]);
});

test.serial("our own name in a lease that we didn't leave so is waited for like any other's", async (t) => {
  const server = new LeaseServer();
  server.put({ holderIdentity: "a", leaseDurationSeconds: 15, acquireTime: "then", leaseTransitions: 3 });
  const { terms } = contend(t, server, "a");
  await clock.pass(15_000);
  t.is(terms.length, 0);
  await clock.pass(2_500);
  t.is(terms.length, 1);
  t.like(server.lease?.spec, { acquireTime: "then", leaseTransitions: 3 });
});

test.serial("our own as we left it, which couldn't be given back, is taken at once", async (t) => {
  const server = new LeaseServer();
  const [first, second] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const { terms, said, election, stop } = contend(t, server, "a", {}, () =>
    terms.length === 1 ? first.promise : second.promise,
  );
  await clock.pass(0);
  server.before = (verb) => (verb === "replace" ? Promise.reject(new Error("down")) : undefined);
  first.resolve();
  await clock.pass(0);
  t.true(said().some((line) => line.includes("can't release the lease")));
  t.false(election.mayWrite());
  server.before = () => {};
  await clock.pass(2_500);
  t.is(terms.length, 2);
  stop.abort();
  second.resolve();
});

test.serial("who doesn't see doesn't campaign, says so once, and does when it sees", async (t) => {
  const server = new LeaseServer();
  let sees = false;
  const { terms, said } = contend(t, server, "a", { isCurrent: () => sees });
  await clock.pass(20_000);
  t.deepEqual(server.calls, []);
  t.deepEqual(said(), ["not current: not campaigning for the lease until it is"]);
  sees = true;
  await clock.pass(2_500);
  t.is(terms.length, 1);
});

test.serial(
  "a leader that doesn't see for fifteen seconds gives the lease back; one that sees in between doesn't",
  async (t) => {
    const server = new LeaseServer();
    let sees = true;
    const { terms, said } = contend(t, server, "a", { isCurrent: () => sees });
    await clock.pass(60_000);
    for (let i = 0; i < 4; i++) {
      sees = false;
      await clock.pass(12_000);
      sees = true;
      await clock.pass(5_000);
    }
    t.is(terms[0]?.reason, undefined);
    sees = false;
    await clock.pass(14_900);
    t.is(terms[0]?.reason, undefined);
    await clock.pass(5_000);
    t.is(terms[0]?.reason, "not current for too long");
    t.is(server.lease?.spec?.holderIdentity, "");
    const lines = said();
    t.is(lines.filter((line) => line.startsWith("not current for too long")).length, 1);
    t.is(terms.length, 1);
    sees = true;
    await clock.pass(2_500);
    t.is(terms.length, 2);
  },
);

test.serial(
  "the lease is renewed until the leader has ended, however long that takes after the signal",
  async (t) => {
    const server = new LeaseServer();
    const work = Promise.withResolvers<void>();
    const { election, stop, terms, running } = contend(t, server, "a", {}, () => work.promise);
    await clock.pass(0);
    const reason = new Error("stopped");
    stop.abort(reason);
    await clock.pass(60_000);
    t.is(terms[0]?.reason, "stopped");
    t.true(election.mayWrite());
    t.is(server.lease?.spec?.holderIdentity, "a");
    work.resolve();
    await clock.pass(0);
    await running;
    t.false(election.mayWrite());
    t.is(server.lease?.spec?.holderIdentity, "");
  },
);

test.serial("a release that isn't answered isn't waited for longer than the client does", async (t) => {
  const server = new LeaseServer();
  const work = Promise.withResolvers<void>();
  const { stop, running } = contend(t, server, "a", {}, () => work.promise);
  await clock.pass(0);
  stop.abort();
  server.timeouts.clear();
  work.resolve();
  await clock.pass(0);
  await running;
  t.deepEqual([...server.timeouts], [2_000]);
});

test.serial("a shutdown ends a candidate at once, whatever it waits for, without a word", async (t) => {
  const server = new LeaseServer();
  server.put({ holderIdentity: "b", leaseDurationSeconds: 15 });
  const waiting = contend(t, server, "a");
  await clock.pass(0);
  waiting.stop.abort();
  await clock.pass(0);
  await waiting.running;
  for (const exists of [true, false]) {
    const asking = new LeaseServer();
    if (exists) asking.put({ holderIdentity: "" });
    const { stop, running, said, terms } = contend(t, asking, "a");
    const answer = Promise.withResolvers<void>();
    asking.before = (verb) => (verb === "get" ? undefined : answer.promise);
    await clock.pass(0);
    stop.abort();
    answer.reject(new Error("aborted"));
    await clock.pass(0);
    await running;
    t.deepEqual(said(), []);
    t.is(terms.length, 0);
  }
  const never = contend(t, server, "c");
  never.stop.abort();
  await clock.pass(0);
  await never.running;
});

test.serial("what can't be read, taken or made is said, and tried again", async (t) => {
  for (const [verb, exists, message] of [
    ["get", false, "can't read or take the lease, trying again"],
    ["replace", true, "can't read or take the lease, trying again"],
    ["create", false, "can't create the lease, trying again"],
  ] as const) {
    const server = new LeaseServer();
    if (exists) server.put({ holderIdentity: "" });
    server.before = (asked) => (asked === verb ? Promise.reject(new Error("down")) : undefined);
    const { terms, said, end } = contend(t, server, "a");
    await clock.pass(10_000);
    t.is(terms.length, 0);
    t.true(said().filter((line) => line === message).length >= 4, verb);
    server.before = () => {};
    await clock.pass(2_500);
    t.is(terms.length, 1);
    await end();
  }
});

test.serial("what the leader throws comes out, with the lease given back", async (t) => {
  const server = new LeaseServer();
  const { log } = logLines();
  const election = new LeaderElection({
    client: server.client,
    namespace: "team",
    name: "x",
    identity: "a",
    log,
  });
  const error = new Error("oh no");
  const running = election.run(new AbortController().signal, () => Promise.reject(error));
  await t.throwsAsync(running, { is: error });
  t.is(server.lease?.spec?.holderIdentity, "");
  t.false(election.mayWrite());
});

test.serial(
  "a client that it guards writes while it leads, and gives up before another may start",
  async (t) => {
    const server = new LeaseServer();
    const { election } = contend(t, server, "a");
    const asked: { mayWrite: () => boolean; writeTimeoutMs: number | undefined }[] = [];
    const guarded = {} as Client;
    const client = {
      guardedBy(mayWrite: () => boolean, { writeTimeoutMs }: { writeTimeoutMs?: number } = {}) {
        asked.push({ mayWrite, writeTimeoutMs });
        return guarded;
      },
    } as Client;
    t.is(election.guard(client), guarded);
    const [{ mayWrite, writeTimeoutMs } = { mayWrite: () => true, writeTimeoutMs: 0 }] = asked;
    t.is(writeTimeoutMs, 4_500);
    t.false(mayWrite());
    await clock.pass(0);
    t.true(mayWrite());
  },
);

test.serial("times are refused that leave no room for an attempt, or for what is being written", (t) => {
  const { client } = new LeaseServer();
  const { log } = logLines();
  const make = (times: Partial<LeaderElectionOptions>) => () =>
    new LeaderElection({ client, namespace: "team", name: "x", identity: "a", log, ...times });
  t.notThrows(make({}));
  t.notThrows(make({ retryPeriodMs: 1, renewDeadlineMs: 2, leaseDurationMs: 3 }));
  for (const times of [
    { renewDeadlineMs: 15_000 },
    { renewDeadlineMs: 16_000 },
    { retryPeriodMs: 10_000 },
    { retryPeriodMs: 11_000 },
    { leaseDurationMs: Number.NaN },
  ])
    t.throws(make(times), { instanceOf: RangeError }, JSON.stringify(times));
  t.is(new NotLeaderError("x").code, "not-leader");
});

test.serial("what goes wrong is logged with its cause, the lease and who we are", async (t) => {
  const server = new LeaseServer();
  server.put(undefined);
  const down = (verb: string) => (verb === "replace" ? Promise.reject(new Error("down")) : undefined);
  server.before = down;
  const work = Promise.withResolvers<void>();
  const { lines, terms, election, stop } = contend(t, server, "a", {}, () => work.promise);
  const said = { lease: "x", identity: "a", err: { message: "down" } };
  await clock.pass(5_000); // a lease without anything in it is seen twice, and is free
  t.is(election.leader, undefined);
  t.like(lines.at(-1), { ...said, msg: "can't read or take the lease, trying again" });
  server.before = () => {};
  await clock.pass(2_500);
  t.is(terms.length, 1);
  server.before = down;
  await clock.pass(2_500);
  t.like(lines.at(-1), { ...said, msg: "can't renew the lease, trying again" });
  stop.abort();
  work.resolve();
  await clock.pass(2_500);
  const release = lines.find(({ msg }) => String(msg).startsWith("can't release the lease"));
  t.like(release, said);

  const other = new LeaseServer();
  other.before = (verb) => (verb === "create" ? Promise.reject(new Error("down")) : undefined);
  const creating = contend(t, other, "a");
  await clock.pass(0);
  t.like(creating.lines.at(-1), { ...said, msg: "can't create the lease, trying again" });
});

test.serial(
  "a leader whose lease somebody has emptied stops: nothing says any more that it is ours",
  async (t) => {
    const server = new LeaseServer();
    const { terms } = contend(t, server, "a");
    await clock.pass(0);
    server.put(undefined);
    await clock.pass(2_500);
    t.is(terms[0]?.reason, "leadership is lost");
  },
);

test.serial(
  "however many terms there were, one renews the lease, and nothing is left of those before",
  async (t) => {
    const server = new LeaseServer();
    const last = Promise.withResolvers<void>();
    const { terms, stop } = contend(t, server, "a", {}, () =>
      terms.length < 5 ? Promise.resolve() : last.promise,
    );
    await clock.pass(0);
    t.is(terms.length, 5);
    t.is(getEventListeners(stop.signal, "abort").length, 1);
    server.calls.length = 0;
    await clock.pass(22_000);
    t.true(server.calls.length >= 9 && server.calls.length <= 11, `${server.calls.length}`);
    last.resolve();
    stop.abort();
  },
);

test.serial(
  "who is stopped while it takes the lease begins nothing that isn't told, and gives it back",
  async (t) => {
    const server = new LeaseServer();
    const answer = Promise.withResolvers<void>();
    server.after = (verb) => (verb === "create" ? answer.promise : undefined);
    const told: boolean[] = [];
    const { stop, running } = contend(t, server, "a", {}, async (lost) => {
      told.push(lost.aborted);
    });
    await clock.pass(0);
    stop.abort(new Error("stopped"));
    answer.resolve();
    await clock.pass(0);
    await running;
    t.deepEqual(told, [true]);
    t.is(server.lease?.spec?.holderIdentity, "");
  },
);

test.serial(
  "of a write whose answer never came it is found out at the end what became of it; of one that was refused not",
  async (t) => {
    const conflict = () => new ConflictError("changed", { status: 409, reason: "Conflict" });
    const repeated = () => new ConflictError("?", { status: 409, reason: "Conflict", repeated: true });
    const failed = () => new ApiError("?", { status: 500, reason: "InternalError" });
    const cases: [what: string, fails: () => Error, isDone: boolean, reads: number][] = [
      ["done, and the answer lost", () => new Error("lost"), true, 1],
      ["lost before it was done", () => new Error("lost"), false, 1],
      ["done, though the API server said that it failed", failed, true, 1],
      ["done, and refused when it was sent again", repeated, true, 1],
      ["refused: somebody was faster", conflict, false, 0],
    ];
    for (const [what, fails, isDone, reads] of cases) {
      const server = new LeaseServer();
      server.put({ holderIdentity: "", leaseTransitions: 1 });
      const { stop, running, terms, said } = contend(t, server, "a");
      const fail = (verb: string) => (verb === "replace" ? Promise.reject(fails()) : undefined);
      if (isDone) server.after = fail;
      else server.before = fail;
      await clock.pass(0);
      stop.abort();
      server.before = server.after = () => {};
      server.calls.length = 0;
      server.timeouts.clear();
      said();
      await clock.pass(0);
      await running;
      t.is(server.lease?.spec?.holderIdentity, "", what);
      t.is(terms.length, 0, what);
      t.is(server.calls.filter((verb) => verb === "get").length, reads, what);
      t.deepEqual([...server.timeouts], reads > 0 ? [2_000] : [], what);
      t.deepEqual(said(), [], what);
    }
  },
);

test.serial("what has been answered since isn't asked about at the end", async (t) => {
  const server = new LeaseServer();
  server.before = (verb) => (verb === "create" ? Promise.reject(new Error("lost")) : undefined);
  const { terms, stop, running } = contend(t, server, "a");
  await clock.pass(0);
  server.before = () => {};
  await clock.pass(2_500);
  t.is(terms.length, 1);
  server.calls.length = 0;
  stop.abort();
  await clock.pass(0);
  await running;
  t.deepEqual(server.calls, ["replace"]);
});

test.serial("a lease that changes while it is given back is read again, thrice at most", async (t) => {
  for (const [changes, isGivenBack] of [
    [2, true],
    [3, false],
  ] as const) {
    const server = new LeaseServer();
    const work = Promise.withResolvers<void>();
    const { stop, running, lines } = contend(t, server, "a", {}, () => work.promise);
    await clock.pass(0);
    let left = changes;
    server.before = (verb) => {
      if (verb === "replace" && left-- > 0) server.put(server.lease?.spec);
    };
    server.calls.length = 0;
    server.timeouts.clear();
    stop.abort();
    work.resolve();
    await clock.pass(0);
    await running;
    t.is(server.lease?.spec?.holderIdentity, isGivenBack ? "" : "a");
    t.deepEqual(server.calls, ["replace", "get", "replace", "get", "replace"]);
    t.deepEqual([...server.timeouts], [2_000]);
    const told = lines.filter(({ msg }) => String(msg).startsWith("can't release the lease"));
    t.is(told.length, isGivenBack ? 0 : 1);
  }
});

test.serial("a lease that is gone, or another's, when it is to be given back is left alone", async (t) => {
  for (const there of ["nothing", "another's"]) {
    const server = new LeaseServer();
    const work = Promise.withResolvers<void>();
    const { stop, running, said } = contend(t, server, "a", {}, () => work.promise);
    await clock.pass(0);
    if (there === "nothing") server.lease = undefined;
    else server.put({ holderIdentity: "b" });
    const { lease } = server;
    stop.abort();
    work.resolve();
    await clock.pass(0);
    await running;
    t.deepEqual(server.lease, lease);
    t.deepEqual(said(), ["leading", "not leading any more"], there);
  }
});

test.serial("a renewal that a shutdown gives up is nothing to warn of", async (t) => {
  const server = new LeaseServer();
  const work = Promise.withResolvers<void>();
  const { stop, running, said } = contend(t, server, "a", {}, () => work.promise);
  await clock.pass(0);
  const answer = Promise.withResolvers<void>();
  server.after = (verb) => (verb === "replace" ? answer.promise : undefined);
  await clock.pass(2_500);
  stop.abort();
  work.resolve();
  await clock.pass(0);
  server.after = () => {};
  answer.reject(new Error("aborted"));
  await clock.pass(0);
  await running;
  t.is(server.lease?.spec?.holderIdentity, "");
  t.deepEqual(said(), ["leading", "not leading any more"]);
});

test.serial(
  "a renewal that fails is looked into only when the lease may have changed, in time",
  async (t) => {
    const server = new LeaseServer();
    contend(t, server, "a");
    await clock.pass(0);
    server.calls.length = 0;
    server.before = () => Promise.reject(new Error("down"));
    await clock.pass(5_000);
    t.true(server.calls.length >= 2 && server.calls.every((verb) => verb === "replace"));
    server.before = () => {};
    await clock.pass(2_500);
    server.put(server.lease?.spec);
    server.timeouts.clear();
    server.names.clear();
    server.calls.length = 0;
    await clock.pass(2_500);
    t.true(server.calls.includes("get"));
    t.deepEqual([...server.timeouts], [10_000 / 3]);
    t.deepEqual([...server.names], ["team/x"]);
  },
);

test.serial(
  "the lease is given back when writes that were sent are over, and after 4.5 s in any case",
  async (t) => {
    for (const isAnswered of [true, false]) {
      const server = new LeaseServer();
      const work = Promise.withResolvers<void>();
      const { election, stop, running } = contend(t, server, "a", {}, () => work.promise);
      const begun: ((write: Promise<unknown>) => void)[] = [];
      election.guard({
        guardedBy: (_mayWrite: unknown, { began }: { began?: (write: Promise<unknown>) => void } = {}) => {
          if (began) begun.push(began);
          return {} as Client;
        },
      } as unknown as Client);
      await clock.pass(0);
      const answer = Promise.withResolvers<void>();
      for (const write of [Promise.resolve(), Promise.reject(new Error("no")), answer.promise])
        begun[0]?.(write);
      stop.abort();
      work.resolve();
      await clock.pass(4_400);
      t.is(server.lease?.spec?.holderIdentity, "a");
      t.false(election.mayWrite(), "nothing else is written meanwhile");
      if (isAnswered) answer.reject(new Error("lost"));
      await clock.pass(isAnswered ? 0 : 100);
      t.is(server.lease?.spec?.holderIdentity, "");
      await running;
    }
  },
);
