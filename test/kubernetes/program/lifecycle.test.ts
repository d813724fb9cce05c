import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import test from "ava";
import { runUntilSignal } from "../../../kubernetes/index.ts";
import { log } from "../api-server.ts";

const raise = (name: NodeJS.Signals) => process.emit(name, name);

/** Runs in this process; an exit is noted. */
function run(main: (signal: AbortSignal) => Promise<void>, deadlineMs?: number) {
  const exits: number[] = [];
  const exited = Promise.withResolvers<void>();
  const exit = (code: number) => {
    exits.push(code);
    exited.resolve();
  };
  const running = runUntilSignal(main, { log, exit, ...(deadlineMs && { deadlineMs }) });
  return { running, exits, exited: exited.promise };
}

for (const name of ["SIGTERM", "SIGINT"] as const) {
  test.serial(`${name} stops, after what is running has finished`, async (t) => {
    const done: string[] = [];
    const { running, exits } = run(async (signal) => {
      await once(signal, "abort");
      await sleep(1);
      done.push("finished");
    });
    raise(name);
    await running;
    t.deepEqual(done, ["finished"]);
    t.deepEqual(exits, []);
    t.is(process.listenerCount(name), 0);
  });
}

test.serial("a second signal ends the process at once", async (t) => {
  const { promise: never, resolve } = Promise.withResolvers<void>();
  const { running, exits } = run(() => never);
  raise("SIGTERM");
  t.deepEqual(exits, []);
  raise("SIGTERM");
  t.deepEqual(exits, [1]);
  resolve();
  await running;
});

test.serial("a shutdown that takes too long ends the process", async (t) => {
  const { promise: never, resolve } = Promise.withResolvers<void>();
  const { running, exits, exited } = run(() => never, 10);
  raise("SIGTERM");
  await exited;
  t.deepEqual(exits, [1]);
  resolve();
  await running;
});

test.serial("what the program throws comes out", async (t) => {
  const error = new Error("oh no");
  await t.throwsAsync(run(() => Promise.reject(error)).running, { is: error });
  t.is(process.listenerCount("SIGTERM"), 0);
});
