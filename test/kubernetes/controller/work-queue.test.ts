import { setTimeout as sleep } from "node:timers/promises";
import test from "ava";
import fc from "fast-check";
import { WorkQueue } from "../../../kubernetes/controller/work-queue.ts";
import { activeTimers } from "../active-timers.ts";

test("keys come out in the order in which they came in, each once", async (t) => {
  const queue = new WorkQueue();
  for (const key of ["a", "b", "a", "c"]) queue.add(key);
  t.is(queue.length, 3);
  t.deepEqual([await queue.next(), await queue.next(), await queue.next()], ["a", "b", "c"]);
  t.is(queue.length, 0);
});

test("a key that is added while it is worked on comes again afterwards", async (t) => {
  const queue = new WorkQueue();
  queue.add("a");
  await queue.next();
  queue.add("a");
  queue.add("a");
  t.is(queue.length, 0);
  queue.done("a");
  t.is(queue.length, 1);
  t.is(await queue.next(), "a");
  queue.done("a");
  t.is(queue.length, 0);
});

test("twenty thousand keys of one namespace delay nobody of another", async (t) => {
  const queue = new WorkQueue();
  for (let i = 0; i < 20_000; i++) queue.add(`a/${i}`);
  queue.add("b/0");
  queue.add("c/0");
  queue.add("b/1");
  const first: (string | undefined)[] = [];
  while (first.length < 7) first.push(await queue.next());
  t.deepEqual(first, ["a/0", "b/0", "c/0", "a/1", "b/1", "a/2", "a/3"]);
  queue.add("c/1");
  t.deepEqual([await queue.next(), await queue.next()], ["a/4", "c/1"]);
  t.is(queue.length, 19_995);
});

test("a namespace has as many workers as it leaves, and what is left is for the next in the same way", async (t) => {
  for (const [workers, most, next] of [
    [1, 1, 0],
    [2, 1, 1],
    [3, 2, 1],
    [4, 2, 1],
    [8, 4, 2],
    [48, 24, 12],
  ] as const) {
    for (const early of [true, false]) {
      for (const prefix of ["a/", ""]) {
        const queue = new WorkQueue({ workers });
        const got: (string | undefined)[] = [];
        const ask = () => {
          for (let i = 0; i < workers; i++) void queue.next().then((key) => got.push(key));
        };
        if (early) ask();
        for (let i = 0; i < 100; i++) queue.add(`${prefix}${i}`);
        if (!early) ask();
        await new Promise(setImmediate);
        t.is(got.length, most, `${workers} ${early} ${prefix}`);
        t.is(queue.length, 100 - most);
        for (let i = 0; i < 100; i++) queue.add(`b/${i}`);
        await new Promise(setImmediate);
        t.is(got.length, most + next, `${workers} ${early} ${prefix}`);
        for (let i = 0; i < workers; i++) queue.add(`${i}/x`);
        await new Promise(setImmediate);
        t.is(got.length, workers, "all are at work where enough have something to do");
        queue.shutDown();
      }
    }
  }
});

test("what waits for a place comes in its order, as soon as its namespace has one", async (t) => {
  const waits: number[] = [];
  const queue = new WorkQueue({ workers: 6, waited: (ms) => waits.push(ms) });
  const got: (string | undefined)[] = [];
  const ask = () => void queue.next().then((key) => got.push(key));
  const start = performance.now();
  for (let i = 0; i < 4; i++) ask();
  for (const key of ["a/0", "a/1", "a/2", "a/3", "a/4", "a/3", "a/0"]) queue.add(key);
  await new Promise(setImmediate);
  t.deepEqual(got.splice(0), ["a/0", "a/1", "a/2"]);
  t.is(queue.length, 2);
  queue.done("a/0"); // which was added meanwhile; a worker waits
  await new Promise(setImmediate);
  t.deepEqual(got.splice(0), ["a/3"]);
  t.is(queue.length, 2);
  queue.add("b/0");
  queue.add("b/1");
  ask();
  ask();
  await new Promise(setImmediate);
  t.deepEqual(got.splice(0), ["b/0", "b/1"], "who has room comes before who has waited for it longer");
  queue.done("a/1"); // no worker waits
  queue.done("a/1");
  queue.add("b/2");
  for (let i = 0; i < 3; i++) ask();
  await new Promise(setImmediate);
  t.deepEqual(
    got,
    [],
    "two have two each, and leave two: neither has a third; one that is done twice makes room for one",
  );
  queue.done("b/0");
  await new Promise(setImmediate);
  t.deepEqual(got.splice(0), ["a/4", "b/2"], "one that leaves makes room for both");
  queue.done("a/2");
  await new Promise(setImmediate);
  t.deepEqual(got.splice(0), []);
  queue.done("b/1");
  await new Promise(setImmediate);
  t.deepEqual(got.splice(0), ["a/0"], "it came again, behind those who were there");
  t.is(queue.length, 0);
  t.is(waits.length, 9);
  t.true(waits.every((ms) => ms >= 0 && ms <= performance.now() - start));
  queue.shutDown();
});

test("what waits for a place doesn't come after a shutdown", async (t) => {
  const queue = new WorkQueue({ workers: 2 });
  const got = [queue.next(), queue.next()];
  for (const key of ["a/0", "a/1"]) queue.add(key);
  t.is(await got[0], "a/0");
  queue.shutDown();
  t.is(queue.length, 0);
  queue.done("a/0");
  t.is(await got[1], undefined);
});

test("a worker that waits gets the next key", async (t) => {
  const queue = new WorkQueue();
  const [first, second] = [queue.next(), queue.next()];
  queue.add("a");
  queue.add("a");
  queue.add("b");
  t.deepEqual(await Promise.all([first, second]), ["a", "b"]);
});

test("starting to work on a key drops the plan to work on it later", async (t) => {
  const queue = new WorkQueue();
  queue.addAfter("a", 20);
  queue.add("a");
  await queue.next();
  queue.done("a");
  queue.addAfter("b", 40);
  t.is(await queue.next(), "b");
  queue.shutDown();
});

test("retries of one key come later and later, until it is forgotten; other keys aren't affected", async (t) => {
  const queue = new WorkQueue({ backoff: { baseMs: 20, maxMs: 100_000 } });
  const waited = async (key: string) => {
    const start = performance.now();
    queue.retry(key);
    t.is(await queue.next(), key);
    queue.done(key);
    return performance.now() - start;
  };
  await waited("a");
  await waited("a");
  const third = await waited("a");
  t.true(third >= 39, `${third}`);
  t.is(queue.failures("a"), 3);
  t.is(queue.failures("b"), 0);
  queue.forget("a");
  queue.retry("a");
  t.is(queue.failures("a"), 1);
  queue.shutDown();
});

test("a key is never given up", (t) => {
  const queue = new WorkQueue({ backoff: { baseMs: 100, maxMs: 60_000 } });
  for (let failure = 0; failure < 10_000; failure++) queue.retry("a");
  t.is(queue.failures("a"), 10_000);
  queue.shutDown();
});

test("after a shutdown nothing comes out", async (t) => {
  const queue = new WorkQueue();
  queue.add("a");
  const working = await queue.next();
  queue.add("a"); // while it is worked on
  queue.add("b");
  queue.addAfter("c", 1);
  queue.shutDown();
  queue.done(working ?? "");
  queue.add("d");
  queue.retry("e");
  await sleep(5);
  t.is(queue.length, 0);
  t.is(await queue.next(), undefined);
});

test("a queue that is shut down keeps no process from ending", (t) => {
  const queue = new WorkQueue();
  const timers = activeTimers();
  queue.addAfter("a", 60_000);
  t.is(activeTimers(), timers + 1);
  queue.shutDown();
  queue.addAfter("b", 60_000);
  t.is(activeTimers(), timers);
});

test("a shutdown wakes the workers that wait", async (t) => {
  const queue = new WorkQueue();
  const waiting = queue.next();
  queue.shutDown();
  t.is(await waiting, undefined);
});

test("no key is ever worked on twice at once, and the last word on each is worked on", async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.array(fc.tuple(fc.constantFrom("x/a", "x/b", "x/c", "y/a", "z"), fc.boolean()), {
        minLength: 1,
        maxLength: 30,
      }),
      fc.integer({ min: 1, max: 4 }),
      async (scheduler, additions, workers) => {
        const queue = new WorkQueue({ backoff: { baseMs: 0, maxMs: 0 }, workers });
        const working = new Set<string>();
        const wanted = new Map<string, number>();
        const done = new Map<string, number>();
        let twice = false;
        const work = async () => {
          for (let key = await queue.next(); key !== undefined; key = await queue.next()) {
            if (working.has(key)) twice = true;
            working.add(key);
            const version = wanted.get(key) ?? 0;
            await scheduler.schedule(Promise.resolve(), `work on ${key}`);
            working.delete(key);
            done.set(key, version);
            queue.done(key);
          }
        };
        const running = Promise.all(Array.from({ length: workers }, work));
        const adding = (async () => {
          for (const [key, late] of additions) {
            if (late) await scheduler.schedule(Promise.resolve(), `add ${key}`);
            wanted.set(key, (wanted.get(key) ?? 0) + 1);
            queue.add(key);
          }
        })();
        await scheduler.waitFor(adding);
        while (queue.length > 0 || working.size > 0) {
          if (scheduler.count() > 0) await scheduler.waitOne();
          await new Promise(setImmediate);
        }
        queue.shutDown();
        await running;
        t.false(twice);
        t.deepEqual([...done].sort(), [...wanted].sort());
      },
    ),
    { numRuns: 300 },
  );
});
