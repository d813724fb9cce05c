import test from "ava";
import { Semaphore, SemaphoreTimeoutError } from "../../../okta/directory/semaphore.ts";
import { mockedTimers } from "../mocked-timers.ts";

/** Work that ends when it is told to, and who has begun. */
function works() {
  const begun: string[] = [];
  const ends: Record<string, () => void> = {};
  const work = (name: string) => () => {
    begun.push(name);
    const { promise, resolve } = Promise.withResolvers<string>();
    ends[name] = () => resolve(name);
    return promise;
  };
  return { begun, work, end: (name: string) => ends[name]?.() };
}

test("whoever has waited too long leaves the line, and holds up nobody behind", async (t) => {
  const semaphore = new Semaphore(1);
  const first = Promise.withResolvers<void>();
  const inside = semaphore.run(() => first.promise, 1_000);
  const impatient = semaphore.run(async () => "impatient", 1);
  const patient = semaphore.run(async () => "patient", 60_000);
  await t.throwsAsync(impatient, { instanceOf: SemaphoreTimeoutError });
  first.resolve();
  await inside;
  t.is(await patient, "patient");
  t.is(await semaphore.run(async () => "free again", 1), "free again");
});

test("as many as may are inside, and the others come in the order in which they asked", async (t) => {
  const semaphore = new Semaphore(2);
  const { begun, work, end } = works();
  const names = ["a", "b", "c", "d"];
  const done = names.map((name) => semaphore.run(work(name), 60_000));
  t.deepEqual(begun, ["a", "b"]);
  end("b");
  t.is(await done[1], "b");
  t.deepEqual(begun, ["a", "b", "c"]);
  end("a");
  end("c");
  await Promise.all([done[0], done[2]]);
  end("d");
  t.deepEqual(await Promise.all(done), names);
  const again = names.slice(0, 3).map((name) => semaphore.run(work(name), 60_000));
  t.is(begun.length, 6, "all have left, and two places are free");
  for (const name of names) end(name);
  await Promise.race(again);
  end("c");
  t.deepEqual(await Promise.all(again), ["a", "b", "c"]);
});

test("a place that is left to somebody in line isn't taken by who comes new", async (t) => {
  const semaphore = new Semaphore(1);
  const { begun, work, end } = works();
  const first = semaphore.run(work("first"), 60_000);
  const inLine = semaphore.run(work("in line"), 60_000);
  end("first");
  const fresh = first.then(() => semaphore.run(work("new"), 60_000));
  await first;
  t.deepEqual(begun, ["first", "in line"]);
  end("in line");
  await inLine;
  await new Promise((resolve) => setImmediate(resolve));
  end("new");
  t.is(await fresh, "new");
});

test("whoever fails leaves as well", async (t) => {
  const semaphore = new Semaphore(1);
  const failing = semaphore.run(async () => {
    throw new Error("it failed");
  }, 1);
  const next = semaphore.run(async () => "next", 60_000);
  await t.throwsAsync(failing, { message: "it failed" });
  t.is(await next, "next");
});

test("several who have waited too long are told so, each", async (t) => {
  const semaphore = new Semaphore(1);
  const { begun, work, end } = works();
  const first = semaphore.run(work("first"), 60_000);
  const impatient = ["x", "y"].map((name) => semaphore.run(work(name), 1));
  for (const one of impatient) await t.throwsAsync(one, { code: "semaphore-timeout" });
  const last = semaphore.run(work("last"), 60_000);
  end("first");
  await first;
  t.deepEqual(begun, ["first", "last"]);
  end("last");
  await last;
});

test.serial("whoever came in in time pushes nobody out of the line when their time is over", async (t) => {
  using timers = mockedTimers();
  const semaphore = new Semaphore(1);
  const { begun, work, end } = works();
  const done = [semaphore.run(work("a"), 1), semaphore.run(work("b"), 1_000)];
  end("a");
  await done[0];
  done.push(semaphore.run(work("c"), 60_000));
  timers.tick(1_000);
  end("b");
  await done[1];
  t.deepEqual(begun, ["a", "b", "c"]);
  end("c");
  t.deepEqual(await Promise.all(done), ["a", "b", "c"]);
});
