import test, { type ExecutionContext } from "ava";
import { Registry } from "prom-client";
import {
  again,
  Cache,
  ConflictError,
  Controller,
  type ControllerOptions,
  done,
} from "../../../kubernetes/index.ts";
import { connect, log, newNamespace, sample } from "../api-server.ts";
import { configMaps } from "../resource-types.ts";
import { until } from "../until.ts";

/** A controller that runs until the test ends. @param wire says what it looks at */
function start(
  t: ExecutionContext,
  options: Partial<ControllerOptions> & Pick<ControllerOptions, "reconcile">,
  wire?: (controller: Controller) => void,
) {
  const metrics = new Registry();
  const controller = new Controller({
    name: "test",
    workers: 2,
    backoff: { baseMs: 5, maxMs: 50 },
    log,
    metrics,
    ...options,
  });
  wire?.(controller);
  const stop = new AbortController();
  const running = controller.run(stop.signal);
  t.teardown(async () => {
    stop.abort();
    await running;
  });
  const results = (result: string) => sample(metrics, "controller_reconciles_total", { result });
  return { controller, stop, running, results, metrics };
}

test("a controller reconciles what is there and what changes, after the cache is in sync", async (t) => {
  const client = await connect(t);
  const namespace = await newNamespace(t);
  const put = (name: string, value: string) =>
    client.apply(configMaps, { metadata: { namespace, name }, data: { value } }, { fieldManager: "test" });
  await put("a", "1");
  await put("b", "1");
  const cache = new Cache({ type: configMaps, client, namespaces: [namespace], log });
  const seen: string[] = [];
  const controller = new Controller({
    name: "test",
    workers: 2,
    log,
    reconcile: async (key) => {
      seen.push(`${key} ${cache.get(key)?.data?.value ?? "gone"} of ${cache.size}`);
      return done;
    },
  }).follow(cache);
  const stop = new AbortController();
  const running = Promise.all([cache.run(stop.signal), controller.run(stop.signal)]);
  await until("both are reconciled", () => seen.length === 2);
  t.deepEqual(seen.sort(), [`${namespace}/a 1 of 2`, `${namespace}/b 1 of 2`]);
  await put("a", "2");
  await until("a is reconciled again", () => seen.includes(`${namespace}/a 2 of 2`));
  await client.delete(configMaps, `${namespace}/b`);
  await until("b is reconciled again", () => seen.includes(`${namespace}/b gone of 1`));
  stop.abort();
  await running;
});

test("what is in a cache before a controller is there is reconciled, too", async (t) => {
  const client = await connect(t);
  const namespace = await newNamespace(t);
  await client.create(configMaps, { metadata: { namespace, name: "a", labels: { owner: "x" } } });
  const cache = new Cache({ type: configMaps, client, namespaces: [namespace], log });
  const stop = new AbortController();
  const running = cache.run(stop.signal);
  await cache.synced;
  const seen: string[] = [];
  start(
    t,
    {
      reconcile: async (key) => {
        seen.push(key);
        return done;
      },
    },
    (controller) => controller.enqueueOn(cache, ({ object }) => [`owner/${object.metadata.labels?.owner}`]),
  );
  await until("it is reconciled", () => seen.length === 1);
  t.deepEqual(seen, ["owner/x"]);
  stop.abort();
  await running;
});

test("a failure is tried again, later and later, and success resets that", async (t) => {
  const attempts: number[] = [];
  const failing = new Set([1, 2, 3, 5]);
  const { controller, results } = start(t, {
    reconcile: async (key) => {
      attempts.push(controller.queue.failures(key));
      if (failing.has(attempts.length)) throw new Error("not yet");
      return done;
    },
  });
  controller.queue.add("team/x");
  await until("it has succeeded", async () => (await results("done")) === 1);
  controller.queue.add("team/x");
  await until("it has succeeded again", async () => (await results("done")) === 2);
  t.deepEqual(attempts, [0, 1, 2, 3, 0, 1]);
  t.is(await results("error"), 4);
  t.is(controller.queue.failures("team/x"), 0);
});

test("a conflict is tried again", async (t) => {
  let attempts = 0;
  const { controller, results } = start(t, {
    reconcile: async () => {
      attempts++;
      if (attempts === 1) throw new ConflictError("changed", { status: 409, reason: "Conflict" });
      return done;
    },
  });
  controller.queue.add("team/x");
  await until("it has succeeded", async () => (await results("done")) === 1);
  t.is(await results("conflict"), 1);
});

test("a reconcile can ask to be called again", async (t) => {
  let calls = 0;
  const { controller, results } = start(t, {
    reconcile: async () => {
      calls++;
      return calls < 3 ? again(1) : done;
    },
  });
  controller.queue.add("team/x");
  await until("it is done", async () => (await results("done")) === 1);
  t.is(calls, 3);
});

test("a reconcile is told when its time is over", async (t) => {
  const reasons: unknown[] = [];
  const { controller, results } = start(t, {
    deadlineMs: 20,
    reconcile: (_, { signal }) =>
      new Promise((_, reject) => {
        signal.addEventListener("abort", () => {
          reasons.push(signal.reason);
          reject(signal.reason);
        });
      }),
  });
  controller.queue.add("team/x");
  await until("it was told twice", async () => (await results("error")) >= 2);
  t.like(reasons[0], { name: "TimeoutError", message: "not done within 0.02 s" });
});

test("a shutdown doesn't wait for a reconcile that waits for somebody who never answers", async (t) => {
  const begun = Promise.withResolvers<AbortSignal>();
  const controller = new Controller({
    name: "test",
    workers: 1,
    graceMs: 20,
    log,
    reconcile: (_, { signal }) => {
      begun.resolve(signal);
      return new Promise(() => {});
    },
  });
  const stop = new AbortController();
  const running = controller.run(stop.signal);
  controller.queue.add("team/x");
  const signal = await begun.promise;
  stop.abort(new Error("stopped"));
  await running;
  t.true(signal.aborted, "it was told");
});

test("a reconcile that doesn't come back is a reason to restart; the other keys go on", async (t) => {
  const { promise: stuck, resolve: release } = Promise.withResolvers<void>();
  const { controller, results } = start(t, {
    deadlineMs: 20,
    reconcile: async (key) => {
      if (key === "team/stuck") await stuck;
      return done;
    },
  });
  t.is(controller.check(), undefined);
  controller.queue.add("team/stuck");
  for (const key of ["a", "b", "c"]) controller.queue.add(key);
  await until("the others are done", async () => (await results("done")) === 3);
  await until("the check fails", () => controller.check());
  t.regex(controller.check() ?? "", /test: the reconcile of team\/stuck has been running for/);
  release();
  await until("all are done", async () => (await results("done")) === 4);
  t.is(controller.check(), undefined);
});

test("a shutdown lets what is running finish and starts nothing new", async (t) => {
  const { promise: work, resolve: finish } = Promise.withResolvers<void>();
  const finished: string[] = [];
  const { controller, stop, running } = start(t, {
    workers: 1,
    reconcile: async (key) => {
      await work;
      finished.push(key);
      return done;
    },
  });
  controller.queue.add("team/running");
  controller.queue.add("team/waiting");
  await until("the first is running", () => controller.queue.length === 1);
  stop.abort();
  finish();
  await running;
  t.deepEqual(finished, ["team/running"]);
});

test("reconciles that wait for nothing don't stall the process", async (t) => {
  let count = 0;
  const { controller, results } = start(t, {
    reconcile: async () => {
      const end = performance.now() + 1;
      while (performance.now() < end);
      count++;
      return done;
    },
  });
  for (let i = 0; i < 500; i++) controller.queue.add(`team/${i}`);
  await new Promise(setImmediate);
  await new Promise(setImmediate);
  t.true(count < 500, "others come in between");
  await until("all are done", async () => (await results("done")) === 500);
});

test("queue and reconciles are measured", async (t) => {
  const { promise: work, resolve: finish } = Promise.withResolvers<void>();
  const { controller, metrics, results } = start(t, {
    workers: 1,
    reconcile: async () => {
      await work;
      return done;
    },
  });
  for (const key of ["a", "b", "c"]) controller.queue.add(key);
  const depth = () => sample(metrics, "controller_queue_depth", { controller: "test" });
  await until("two wait", async () => (await depth()) === 2);
  finish();
  await until("all are done", async () => (await results("done")) === 3);
  t.is(await depth(), 0);
  t.regex(await metrics.metrics(), /controller_queue_wait_seconds_count{controller="test"} 3/);
  t.regex(await metrics.metrics(), /controller_reconcile_duration_seconds_count{controller="test"} 3/);
});
