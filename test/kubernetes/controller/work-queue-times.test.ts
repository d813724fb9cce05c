import { mock } from "node:test";
import test from "ava";
import { WorkQueue } from "../../../kubernetes/controller/work-queue.ts";

// In a file of its own: there is one clock for all tests of a file.
test.before(() => mock.timers.enable({ apis: ["setTimeout"] }));
test.after(() => mock.timers.reset());

test.serial("of several times the earliest counts, whichever was named first", (t) => {
  for (const times of [
    [10, 60_000],
    [60_000, 10],
    [60_000, 10, 70_000],
  ]) {
    const queue = new WorkQueue();
    for (const ms of times) queue.addAfter("a", ms);
    mock.timers.tick(9);
    t.is(queue.length, 0, `${times}`);
    mock.timers.tick(1);
    t.is(queue.length, 1, `${times}`);
    queue.shutDown();
  }
});

test.serial("a key that came at its time doesn't come again at a later one", async (t) => {
  const queue = new WorkQueue();
  queue.addAfter("a", 60_000);
  queue.addAfter("a", 10);
  mock.timers.tick(10);
  t.is(await queue.next(), "a");
  queue.done("a");
  mock.timers.tick(100_000);
  t.is(queue.length, 0);
  queue.shutDown();
});

test.serial("a retry comes after at least so long as was asked for, and as its failures demand", (t) => {
  const queue = new WorkQueue({ backoff: { baseMs: 1_000, maxMs: 4_000 } });
  /** When it comes: not before the first, not after the second. */
  const comes = (from: number, to: number, minimumMs?: number) => {
    queue.retry("a", minimumMs);
    mock.timers.tick(from - 1);
    t.is(queue.length, 0, `${from}`);
    mock.timers.tick(to - from + 1);
    t.is(queue.length, 1, `${to}`);
    void queue.next();
    queue.done("a");
  };
  comes(500, 1_000);
  comes(1_000, 2_000);
  comes(2_000, 4_000);
  comes(2_000, 4_000);
  comes(9_000, 9_000, 9_000);
  queue.forget("a");
  comes(500, 1_000);
  queue.shutDown();
});

test.serial(
  "usually retries come after a tenth of a second at first, and after a minute at the most",
  (t) => {
    const queue = new WorkQueue();
    queue.retry("a");
    mock.timers.tick(49);
    t.is(queue.length, 0);
    mock.timers.tick(51);
    t.is(queue.length, 1);
    for (let i = 0; i < 30; i++) {
      void queue.next();
      queue.done("a");
      queue.retry("a");
      mock.timers.tick(60_000);
      t.is(queue.length, 1);
    }
    queue.shutDown();
  },
);

test.serial("a time that no timer can wait for comes early rather than at once", (t) => {
  const queue = new WorkQueue();
  queue.addAfter("a", 2 ** 40);
  mock.timers.tick(2 ** 31 - 2);
  t.is(queue.length, 0);
  mock.timers.tick(1);
  t.is(queue.length, 1);
  queue.shutDown();
});

test.serial(
  "work that starts drops the plan for later, and what was planned when it shuts down never comes",
  async (t) => {
    const queue = new WorkQueue();
    queue.addAfter("a", 1_000);
    queue.add("a");
    await queue.next();
    queue.done("a");
    mock.timers.tick(10_000);
    t.is(queue.length, 0);
    const waiting = queue.next();
    queue.addAfter("b", 1_000);
    queue.add("b");
    t.is(await waiting, "b", "by a worker that waited, too");
    queue.done("b");
    mock.timers.tick(10_000);
    t.is(queue.length, 0);
    queue.addAfter("c", 1_000);
    queue.shutDown();
    queue.addAfter("d", 1_000);
    mock.timers.tick(10_000);
    t.is(queue.length, 0);
  },
);

test.serial("how long a key has waited for a worker is told", async (t) => {
  const waits: number[] = [];
  const queue = new WorkQueue({ waited: (ms) => waits.push(ms) });
  const next = queue.next();
  queue.add("a");
  await next;
  t.deepEqual(waits, [0]);
  const before = performance.now();
  queue.add("b");
  await queue.next();
  t.true((waits[1] ?? -1) >= 0 && (waits[1] ?? 0) <= performance.now() - before, `${waits[1]}`);
  t.is(waits.length, 2);
  queue.shutDown();
});

test.serial("a plan that has come, or was dropped, stands in the way of no later one", async (t) => {
  const queue = new WorkQueue();
  const comesAfter = (ms: number) => {
    queue.addAfter("a", ms);
    mock.timers.tick(ms - 1);
    t.is(queue.length, 0);
    mock.timers.tick(1);
    t.is(queue.length, 1);
  };
  queue.addAfter("a", 10);
  queue.add("a");
  await queue.next();
  queue.done("a");
  comesAfter(60_000);
  await queue.next();
  queue.addAfter("a", 10);
  mock.timers.tick(10); // while it is worked on
  queue.addAfter("a", 60_000);
  queue.done("a");
  t.is(queue.length, 1);
  await queue.next();
  queue.done("a");
  comesAfter(70_000);
  queue.shutDown();
});

test.serial("after a shutdown nothing waits, and what still comes in is dropped", async (t) => {
  const queue = new WorkQueue();
  queue.add("a");
  await queue.next();
  const waiting = queue.next();
  queue.add("a");
  queue.addAfter("b", 10);
  queue.shutDown();
  t.is(await waiting, undefined);
  queue.add("c");
  queue.addAfter("d", 10);
  queue.retry("e");
  queue.done("a");
  mock.timers.tick(100_000);
  t.is(queue.length, 0);
  t.is(await queue.next(), undefined);
});

test.serial("what waits when it shuts down doesn't come", async (t) => {
  const queue = new WorkQueue();
  for (const key of ["a", "b"]) queue.add(key);
  queue.shutDown();
  t.is(queue.length, 0);
  t.is(await queue.next(), undefined);
});
