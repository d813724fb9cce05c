import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import test from "ava";
import { runUntilSignal } from "../../../kubernetes/index.ts";
import { logLines } from "../../log-lines.ts";
import { fakeClock } from "../fake-clock.ts";

// In a file of its own: there is one clock for all tests of a file.
const clock = fakeClock(test);

const raise = (name: NodeJS.Signals) => process.emit(name, name);

/** Runs in this process; an exit is noted. */
function run(main: (signal: AbortSignal) => Promise<void>, deadlineMs?: number) {
  const exits: number[] = [];
  const exit = (code: number) => {
    exits.push(code);
  };
  const { log, lines } = logLines();
  const running = runUntilSignal(main, { log, exit, ...(deadlineMs && { deadlineMs }) });
  return { running, exits, lines };
}

for (const name of ["SIGTERM", "SIGINT"] as const) {
  test.serial(`${name} stops, after what is running has finished`, async (t) => {
    const done: string[] = [];
    const { running, exits, lines } = run(async (signal) => {
      await once(signal, "abort");
      await sleep(8_000);
      done.push(signal.reason.message);
    });
    raise(name);
    await clock.pass(8_000);
    await running;
    t.deepEqual(done, [`stopped by ${name}`]);
    t.is(process.listenerCount(name), 0);
    await clock.pass(20_000);
    t.deepEqual(exits, [], "nothing is left to be ended");
    t.is(lines.length, 1);
    t.like(lines[0], { msg: "stopping", signal: name });
  });
}

test.serial("a second signal ends the process at once", async (t) => {
  const { promise: never, resolve } = Promise.withResolvers<void>();
  const { running, exits, lines } = run(() => never);
  raise("SIGTERM");
  t.deepEqual(exits, []);
  raise("SIGINT");
  t.deepEqual(exits, [1]);
  t.like(lines[1], { msg: "second signal: stopping at once", signal: "SIGINT" });
  resolve();
  await running;
});

test.serial("a shutdown that takes more than nine seconds, or what is said, ends the process", async (t) => {
  for (const deadlineMs of [undefined, 20_000]) {
    const { promise: never, resolve } = Promise.withResolvers<void>();
    const { running, exits, lines } = run(() => never, deadlineMs);
    await clock.pass(30_000);
    raise("SIGTERM");
    await clock.pass((deadlineMs ?? 9_000) - 100);
    t.deepEqual(exits, []);
    await clock.pass(100);
    t.deepEqual(exits, [1]);
    t.like(lines[1], { level: 50, deadlineMs: deadlineMs ?? 9_000 });
    resolve();
    await running;
  }
});

test.serial("what the program throws comes out", async (t) => {
  const error = new Error("oh no");
  await t.throwsAsync(run(() => Promise.reject(error)).running, { is: error });
  t.is(process.listenerCount("SIGTERM"), 0);
});
