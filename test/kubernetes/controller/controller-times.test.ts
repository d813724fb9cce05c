import { getEventListeners } from "node:events";
import test, { type ExecutionContext } from "ava";
import { Registry } from "prom-client";
import { ApiError, ConflictError, NotLeaderError } from "../../../kubernetes/client/errors.ts";
import { again, Controller, type ControllerOptions, done } from "../../../kubernetes/index.ts";
import { logLines } from "../../log-lines.ts";
import { sample } from "../api-server.ts";
import { fakeClock } from "../fake-clock.ts";

// In a file of its own: there is one clock for all tests of a file.
const clock = fakeClock(test);

/** A controller that runs until the test ends; when each key was looked at. */
function start(
  t: ExecutionContext,
  reconcile: ControllerOptions["reconcile"],
  options: Partial<ControllerOptions> = {},
) {
  const { log, lines } = logLines();
  log.level = "debug";
  const metrics = new Registry();
  const begin = Date.now();
  const times: number[] = [];
  const controller = new Controller({
    name: "boxes",
    workers: 1,
    log,
    metrics,
    ...options,
    reconcile: (key, context) => {
      times.push(Date.now() - begin);
      return reconcile(key, context);
    },
  });
  const stop = new AbortController();
  let ended = false;
  const running = controller.run(stop.signal).finally(() => {
    ended = true;
  });
  t.teardown(async () => {
    stop.abort(new Error("the test is over"));
    for (let i = 0; i < 100 && !ended; i++) await clock.pass(100);
    await running;
  });
  const results = (result: string) =>
    sample(metrics, "controller_reconciles_total", { controller: "boxes", result });
  const said = () => lines.splice(0).map(({ level, msg, key }) => [level, msg, key].join(" "));
  return { controller, stop, running, times, results, lines, said, metrics, hasEnded: () => ended };
}

test.serial(
  "a reconcile that asks for it is called again at that time, and one that is done isn't",
  async (t) => {
    let outcome = again(5_000);
    const { controller, times, results, said } = start(t, async () => outcome);
    await clock.pass(0);
    controller.queue.add("team/x");
    await clock.pass(4_900);
    t.is(times.length, 1);
    outcome = done;
    await clock.pass(100);
    t.is(times.length, 2);
    await clock.pass(100_000);
    t.is(times.length, 2);
    t.deepEqual([await results("again"), await results("done")], [1, 1]);
    t.deepEqual(said(), ["20 reconciled team/x", "20 reconciled team/x"]);
  },
);

test.serial(
  "failures are tried again after 100 ms, then twice as long, a minute at the most; success resets that",
  async (t) => {
    let fails = true;
    const { controller, times, results, said } = start(t, async () => {
      if (fails) throw new Error("oh no");
      return done;
    });
    await clock.pass(0);
    controller.queue.add("team/x");
    await clock.pass(300_000);
    const waits = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    t.deepEqual(
      waits.slice(0, 4).map((wait) => Math.round(wait / 100)),
      [1, 2, 3, 6],
    );
    t.is(Math.max(...waits), 45_000, "with chance in the middle, three quarters of it");
    t.is(await results("error"), times.length);
    t.true(
      said().filter((line) => line === "40 reconcile failed, trying again team/x").length === times.length,
    );
    fails = false;
    await clock.pass(60_000);
    t.is(await results("done"), 1);
    t.is(controller.queue.failures("team/x"), 0);
  },
);

test.serial("how soon it is tried again can be said otherwise", async (t) => {
  const fails = () => Promise.reject(new Error("oh no"));
  const { controller, times } = start(t, fails, { backoff: { baseMs: 10_000, maxMs: 15_000 } });
  await clock.pass(0);
  controller.queue.add("team/x");
  await clock.pass(40_000);
  // With chance in the middle: three quarters of 10 s, then of 15 s.
  t.deepEqual(times, [0, 7_500, 18_800, 30_100]);
});

test.serial("how long the API server asks to wait is waited, up to a minute", async (t) => {
  for (const [retryAfterMs, waitMs] of [
    [20_000, 20_000],
    [86_400_000, 60_000],
  ] as const) {
    const error = new ApiError("busy", { status: 429, reason: "TooManyRequests", retryAfterMs });
    const { controller, times } = start(t, async () => {
      throw error;
    });
    await clock.pass(0);
    controller.queue.add("team/x");
    await clock.pass(waitMs - 100);
    t.is(times.length, 1);
    await clock.pass(200);
    t.is(times.length, 2);
  }
});

test.serial(
  "a conflict is nothing to warn of, unless it goes on; not being the leader isn't either",
  async (t) => {
    let error: Error = new ConflictError("changed", { status: 409, reason: "Conflict" });
    const { controller, times, results, said } = start(t, async () => {
      throw error;
    });
    await clock.pass(0);
    controller.queue.add("team/x");
    while (times.length < 4) await clock.pass(100);
    t.is(await results("conflict"), 4);
    const told = said();
    t.false(told.some((line) => line.startsWith("40")));
    t.true(told.includes("20 reconcile met a conflict, trying again team/x"));
    while (times.length < 5) await clock.pass(100);
    t.deepEqual([await results("conflict"), await results("error")], [4, 1]);
    t.true(said().includes("40 reconcile failed, trying again team/x"));
    error = new NotLeaderError("not the leader");
    while (times.length < 6) await clock.pass(100);
    t.is(await results("not_leader"), 1);
    t.true(said().includes("30 reconcile stopped: not the leader team/x"));
    error = new Error("not stored", { cause: new Error("not written", { cause: error }) });
    while (times.length < 7) await clock.pass(100);
    t.deepEqual([await results("not_leader"), await results("error")], [2, 1]);
  },
);

test.serial(
  "a reconcile is told at its deadline, a minute unless said otherwise, and only then",
  async (t) => {
    for (const [deadlineMs, seconds] of [
      [undefined, 60],
      [20_000, 20],
    ] as const) {
      const signals: AbortSignal[] = [];
      const { controller } = start(
        t,
        (_, { signal }) =>
          new Promise((_, reject) => {
            signals.push(signal);
            signal.addEventListener("abort", () => reject(signal.reason));
          }),
        deadlineMs === undefined ? {} : { deadlineMs },
      );
      await clock.pass(0);
      controller.queue.add("team/x");
      await clock.pass(seconds * 1_000 - 100);
      t.false(signals[0]?.aborted);
      await clock.pass(100);
      t.like(signals[0]?.reason, { name: "TimeoutError", message: `not done within ${seconds} s` });
    }
    const signals: AbortSignal[] = [];
    const { controller } = start(t, async (_, { signal }) => {
      signals.push(signal);
      return done;
    });
    await clock.pass(0);
    controller.queue.add("team/x");
    await clock.pass(100_000);
    t.false(signals[0]?.aborted, "one that has ended isn't told any more");
  },
);

test.serial(
  "one that doesn't come back is reported after twice its deadline, as long as it runs",
  async (t) => {
    const { promise: work, resolve: finish } = Promise.withResolvers<void>();
    const { controller } = start(
      t,
      async (key) => {
        if (key === "team/stuck") await work;
        return done;
      },
      { workers: 2 },
    );
    await clock.pass(0);
    controller.queue.add("team/stuck");
    controller.queue.add("fine");
    await clock.pass(120_000);
    t.is(controller.check(), undefined);
    await clock.pass(1_000);
    t.is(controller.check(), "boxes: the reconcile of team/stuck has been running for 121 s");
    finish();
    await clock.pass(0);
    t.is(controller.check(), undefined);
  },
);

test.serial(
  "a shutdown gives what is running seven seconds, or what is said; then it is told, and not waited for",
  async (t) => {
    for (const [graceMs, ms] of [
      [undefined, 7_000],
      [1_000, 1_000],
    ] as const) {
      const signals: AbortSignal[] = [];
      const { controller, stop, hasEnded, said } = start(
        t,
        (_, { signal }) => {
          signals.push(signal);
          return new Promise(() => {});
        },
        graceMs === undefined ? {} : { graceMs },
      );
      await clock.pass(0);
      controller.queue.add("team/x");
      controller.queue.add("team/y");
      await clock.pass(0);
      const reason = new Error("stopped");
      stop.abort(reason);
      await clock.pass(ms - 100);
      t.false(signals[0]?.aborted);
      t.false(hasEnded());
      await clock.pass(100);
      t.is(signals[0]?.reason, reason);
      t.true(hasEnded());
      t.is(signals.length, 1, "nothing new begins");
      t.true(said().includes("40 reconcile failed, trying again team/x"));
    }
  },
);

test.serial("whoever hears that it is to stop has the last word on how it ended", async (t) => {
  const { controller, stop, results, hasEnded } = start(
    t,
    (_, { signal }) =>
      new Promise((resolve) => {
        signal.addEventListener("abort", () => resolve(done));
      }),
  );
  await clock.pass(0);
  controller.queue.add("team/x");
  await clock.pass(0);
  stop.abort(new Error("stopped"));
  await clock.pass(7_000);
  t.true(hasEnded());
  t.is(await results("done"), 1);
});

test.serial(
  "what begins in the very moment of a shutdown has its seven seconds, too; what has ended isn't told",
  async (t) => {
    const signals: AbortSignal[] = [];
    const { controller, stop, hasEnded } = start(t, (_, { signal }) => {
      signals.push(signal);
      return new Promise(() => {});
    });
    await clock.pass(0);
    controller.queue.add("team/x"); // its worker waits for it
    stop.abort(new Error("stopped"));
    await clock.pass(6_900);
    t.is(signals.length, 1);
    t.false(hasEnded());
    await clock.pass(100);
    t.true(hasEnded());

    const ended: AbortSignal[] = [];
    const finish = Promise.withResolvers<typeof done>();
    const other = start(t, (_, { signal }) => {
      ended.push(signal);
      return finish.promise;
    });
    await clock.pass(0);
    other.controller.queue.add("team/x");
    await clock.pass(0);
    other.stop.abort(new Error("stopped"));
    finish.resolve(done);
    await clock.pass(10_000);
    t.true(other.hasEnded());
    t.false(ended[0]?.aborted);
  },
);

test.serial("a signal that lives on keeps nothing of a reconcile, or of a run that has failed", async (t) => {
  const { controller, stop } = start(t, async () => done);
  await clock.pass(0);
  const { length } = getEventListeners(stop.signal, "abort");
  for (let i = 0; i < 5; i++) controller.queue.add(`team/${i}`);
  await clock.pass(0);
  t.is(getEventListeners(stop.signal, "abort").length, length);
  const { signal } = new AbortController();
  const failing = new Controller({ name: "x", workers: 1, log: logLines().log, reconcile: async () => done });
  failing.enqueueOn({ subscribe: () => () => {}, synced: Promise.reject(new Error("oh no")) }, () => []);
  await t.throwsAsync(failing.run(signal), { message: "oh no" });
  t.deepEqual(getEventListeners(signal, "abort"), []);
});

/** A controller, and the keys that it has looked at, in order. */
function looking(): { controller: Controller; seen: string[] } {
  const seen: string[] = [];
  const { log } = logLines();
  const reconcile = async (key: string) => {
    seen.push(key);
    return done;
  };
  return { controller: new Controller({ name: "boxes", workers: 1, log, reconcile }), seen };
}

test.serial(
  "a cache that is followed has each of its objects looked at, and what changes again",
  async (t) => {
    const { controller, seen } = looking();
    const listeners: ((change: { key: string }) => void)[] = [];
    controller.follow({
      subscribe: (listener) => {
        listeners.push(listener);
        return () => listeners.splice(0);
      },
      existing: () => [{ key: "team/a" }, { key: "team/b" }],
    });
    const stop = new AbortController();
    const running = controller.run(stop.signal);
    await clock.pass(0);
    t.deepEqual(seen, ["team/a", "team/b"]);
    for (const tell of listeners) tell({ key: "team/a" });
    await clock.pass(0);
    t.deepEqual(seen, ["team/a", "team/b", "team/a"]);
    stop.abort(new Error("the test is over"));
    await running;
    t.deepEqual(listeners, []);
  },
);

test.serial("a controller whose signal has aborted already does nothing", async (t) => {
  const { controller, seen } = looking();
  controller.queue.add("team/x");
  const never = { subscribe: () => () => {}, synced: new Promise<void>(() => {}) };
  controller.enqueueOn(never, () => []);
  controller.enqueueFirst(() => ["team/y"]);
  await controller.run(AbortSignal.abort(new Error("stopped")));
  t.deepEqual(seen, []);
});

test.serial(
  "a shutdown doesn't wait for sources that aren't in sync; one that fails is said, unless it is stopped",
  async (t) => {
    const { log } = logLines();
    const controllerOf = (synced: Promise<void>) =>
      new Controller({ name: "boxes", workers: 1, log, reconcile: async () => done }).enqueueOn(
        { subscribe: () => () => {}, synced },
        () => [],
      );
    const stop = new AbortController();
    const running = controllerOf(new Promise(() => {})).run(stop.signal);
    await clock.pass(0);
    stop.abort(new Error("stopped"));
    await running;
    const failure = new Error("no such source");
    await t.throwsAsync(controllerOf(Promise.reject(failure)).run(new AbortController().signal), {
      is: failure,
    });
    const late = Promise.withResolvers<void>();
    const stopping = new AbortController();
    const other = controllerOf(late.promise).run(stopping.signal);
    stopping.abort(new Error("stopped"));
    late.reject(failure);
    await t.notThrowsAsync(other);
  },
);

test.serial(
  "so many keys are worked on at a time as there are workers, and their waits are measured",
  async (t) => {
    const { promise: work, resolve: finish } = Promise.withResolvers<void>();
    const { controller, times, metrics } = start(
      t,
      async () => {
        await work;
        return done;
      },
      { workers: 3 },
    );
    await clock.pass(0);
    for (let i = 0; i < 5; i++) controller.queue.add(`team-${i}/x`);
    await clock.pass(2_000);
    t.is(times.length, 3);
    t.is(await sample(metrics, "controller_queue_depth", { controller: "boxes" }), 2);
    finish();
    await clock.pass(100);
    t.is(times.length, 5);
    const text = await metrics.metrics();
    t.regex(text, /^controller_queue_wait_seconds_sum\{controller="boxes"\} 4$/m);
    t.regex(text, /^controller_queue_wait_seconds_count\{controller="boxes"\} 5$/m);
    t.regex(text, /^controller_reconcile_duration_seconds_sum\{controller="boxes"\} 6$/m);
  },
);

test.serial("a namespace whose reconciles don't end leaves workers for others", async (t) => {
  const { promise: answer, resolve: finish } = Promise.withResolvers<void>();
  const reconciled: string[] = [];
  const { controller } = start(
    t,
    async (key) => {
      if (key.startsWith("hangs/")) await answer;
      reconciled.push(key);
      return done;
    },
    { workers: 4 },
  );
  await clock.pass(0);
  for (let i = 0; i < 6; i++) controller.queue.add(`hangs/${i}`);
  const others = ["team/0", "team/1", "else/0", "cluster-wide"];
  for (const key of others) controller.queue.add(key);
  await clock.pass(100);
  t.deepEqual([...reconciled].sort(), [...others].sort());
  t.is(controller.queue.length, 4);
  finish();
  await clock.pass(100);
  t.is(reconciled.length, 10);
  t.is(controller.queue.length, 0);
});

test.serial("a log of a reconcile names its key, and it is made once", async (t) => {
  const logs: unknown[] = [];
  const { controller, lines } = start(t, async (_, context) => {
    context.log.info("here");
    logs.push(context.log, context.log);
    return done;
  });
  await clock.pass(0);
  controller.queue.add("team/x");
  await clock.pass(0);
  t.is(logs[0], logs[1]);
  t.like(lines[0], { msg: "here", controller: "boxes", key: "team/x" });
});
