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
