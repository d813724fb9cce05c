import { mock } from "node:test";
import test from "ava";
import { Registry } from "prom-client";
import { RuntimeMetrics } from "../../../kubernetes/metrics.ts";
import { type Memory, MemoryWatch } from "../../../kubernetes/program/memory-watch.ts";
import { logLines } from "../../log-lines.ts";

const MiB = 2 ** 20;
const AT_EASE: Memory = { resident: 100 * MiB, limit: 256 * MiB, heapUsed: 40 * MiB, heapLimit: 150 * MiB };

function watch() {
  const { log, lines } = logLines();
  const metrics = new Registry();
  RuntimeMetrics.in(metrics, "gadget_").cacheObjects.set({ resource: "gadgets" }, 20_000);
  let memory = AT_EASE;
  const watched = new MemoryWatch({
    metrics,
    prefix: "gadget_",
    raise: "resources.limits.memory",
    log,
    read: () => memory,
  });
  return {
    lines,
    start: () => watched.start(),
    /** Is at this from now on. */
    is: (change: Partial<Memory>) => {
      memory = { ...AT_EASE, ...change };
    },
    /** Looks at this so many times. */
    async sees(change: Partial<Memory>, times = 1): Promise<void> {
      memory = { ...AT_EASE, ...change };
      for (let time = 0; time < times; time++) watched.sample();
      await new Promise(setImmediate); // what there is many of is counted in the background
    },
    metrics: () => metrics.metrics(),
  };
}

test("near the container's limit it is logged, once, what takes the memory and what to raise", async (t) => {
  const { sees, lines } = watch();
  await sees({}, 20);
  t.deepEqual(lines, []);
  await sees({ resident: 220 * MiB }, 20);
  t.is(lines.length, 1);
  t.like(lines[0], {
    msg: "memory is nearly used up: raise the limit before the process is killed for it",
    memory: { resident: 220 * MiB, limit: 256 * MiB },
    objects: { gadgets: 20_000 },
    raise: "resources.limits.memory",
  });
});

test("a heap that is nearly full at each look is, as well; one that is emptied now and then isn't", async (t) => {
  const { sees, lines } = watch();
  for (let time = 0; time < 5; time++) {
    await sees({ heapUsed: 140 * MiB }, 4);
    await sees({ heapUsed: 60 * MiB });
  }
  t.deepEqual(lines, []);
  await sees({ heapUsed: 140 * MiB }, 6);
  t.is(lines.length, 1);
});

test("the metric tells both shares; without a limit of the container that of the heap alone", async (t) => {
  const { sees, metrics } = watch();
  await sees({ resident: 128 * MiB, heapUsed: 75 * MiB });
  t.regex(await metrics(), /^gadget_memory_used_ratio\{of="container"\} 0\.5$/m);
  t.regex(await metrics(), /^gadget_memory_used_ratio\{of="heap"\} 0\.5$/m);

  const unlimited = watch();
  await unlimited.sees({ limit: undefined, resident: 10_000 * MiB }, 10);
  t.notRegex(await unlimited.metrics(), /of="container"/);
  t.deepEqual(unlimited.lines, []);
});

test("of this process it tells shares of what it may take, and of no limit that is none", async (t) => {
  const metrics = new Registry();
  new MemoryWatch({ metrics, prefix: "gadget_", raise: "", log: logLines().log });
  const shares = [...(await metrics.metrics()).matchAll(/^gadget_memory_used_ratio\{of="\w+"\} (.+)$/gm)];
  t.true(shares.length > 0);
  for (const [line, share] of shares) t.true(Number(share) > 0.0001 && Number(share) < 1, line);
});

test.serial("once it has been started, it looks by itself", async (t) => {
  mock.timers.enable({ apis: ["setInterval"] });
  t.teardown(() => mock.timers.reset());
  const { is, start, lines } = watch();
  is({ resident: 220 * MiB });
  start();
  t.deepEqual(lines, []);
  mock.timers.tick(10_000);
  await new Promise(setImmediate);
  t.is(lines.length, 1);
});

test.serial("a container's limit is one only where it is a number of bytes", async (t) => {
  const { constrainedMemory } = process;
  t.teardown(() => Object.assign(process, { constrainedMemory }));
  for (const [limit, isOne] of [
    [2 ** 40, true],
    [0, false],
    [2 ** 64, false],
  ] as const) {
    process.constrainedMemory = () => limit;
    const metrics = new Registry();
    new MemoryWatch({ metrics, prefix: "gadget_", raise: "", log: logLines().log });
    t.is((await metrics.metrics()).includes('{of="container"}'), isOne, `${limit}`);
  }
});

test("what takes just as much as is too much is told, and what takes a byte less isn't", async (t) => {
  const limit = 1_000;
  for (const [memory, times, isTold] of [
    [{ resident: 850, limit }, 1, true],
    [{ resident: 849, limit }, 20, false],
    [{ heapUsed: 850, heapLimit: 1_000 }, 6, true],
    [{ heapUsed: 850, heapLimit: 1_000 }, 5, false],
    [{ heapUsed: 849, heapLimit: 1_000 }, 20, false],
  ] as const) {
    const { sees, lines } = watch();
    await sees(memory, times);
    t.is(lines.length, isTold ? 1 : 0, JSON.stringify(memory));
  }
});
