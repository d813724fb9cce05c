import { setImmediate as turn } from "node:timers/promises";
import test, { type ExecutionContext } from "ava";
import { Controller, done } from "../../../kubernetes/index.ts";
import { log } from "../api-server.ts";
import { until } from "../until.ts";

/** Tells of keys, and of nothing that was there before. */
function source() {
  const listeners = new Set<(key: string) => void>();
  return {
    subscribe(listener: (key: string) => void) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    tell(key: string) {
      for (const listener of listeners) listener(key);
    },
    listeners,
  };
}

/** A controller, and the keys that it has looked at. */
function controllerOf(onKey: (key: string) => void = () => {}) {
  const seen: string[] = [];
  const controller = new Controller({
    name: "test",
    workers: 1,
    log,
    reconcile: async (key) => {
      seen.push(key);
      onKey(key);
      return done;
    },
  });
  return { controller, seen };
}

/** Runs controllers until the test ends. */
function runTogether(t: ExecutionContext, ...controllers: Controller[]) {
  const stop = new AbortController();
  const running = Controller.runTogether(controllers, stop.signal);
  t.teardown(async () => {
    stop.abort();
    await running;
  });
  return { stop, running };
}

test("many changes in a while are looked at once, at its end", async (t) => {
  const changes = source();
  const { controller, seen } = controllerOf();
  controller
    .enqueueOn(changes, (key) => [`${key}, later`], { afterMs: 100 })
    .enqueueOn(changes, (key) => [key]);
  const { stop, running } = runTogether(t, controller);
  await turn();
  for (let i = 0; i < 5; i++) changes.tell("x");
  await until("the later one is looked at", () => seen.includes("x, later"));
  t.deepEqual([seen[0], seen.at(-1)], ["x", "x, later"]);
  t.is(seen.filter((key) => key === "x, later").length, 1);
  stop.abort();
  await running;
  t.is(changes.listeners.size, 0);
});

test("controllers that run together begin when all that there is has been looked at, and miss no change of that time", async (t) => {
  const changes = source();
  const first = controllerOf();
  const second = controllerOf();
  const meanwhile: string[] = [];
  first.controller.enqueueFirst(() => ["a"]).enqueueOn(changes, (key) => [key]);
  second.controller.enqueueFirst(async function* () {
    yield "b";
    changes.tell("c");
    for (let i = 0; i < 10; i++) await turn();
    meanwhile.push(...first.seen, ...second.seen);
    yield "d";
  });
  runTogether(t, first.controller, second.controller);
  await until("all are looked at", () => first.seen.length === 2 && second.seen.length === 2);
  t.deepEqual(meanwhile, []);
  t.deepEqual(
    [first.seen, second.seen],
    [
      ["a", "c"],
      ["b", "d"],
    ],
  );
});

test("what is noted of a change is known before anybody works on it", async (t) => {
  const changes = source();
  const noted = new Set<string>();
  const knew: boolean[] = [];
  const works = controllerOf((key) => knew.push(noted.has(key)));
  const notes = controllerOf();
  works.controller.enqueueOn(changes, (key) => [key]);
  notes.controller.enqueueOn(changes, (key) => {
    noted.add(key);
    return [];
  });
  runTogether(t, works.controller, notes.controller);
  for (let i = 0; i < 3; i++) await turn(); // its worker waits
  changes.tell("x");
  await until("it is worked on", () => knew.length === 1);
  t.deepEqual(knew, [true]);
});

test("a change is in the queue as soon as it is told, also while other sources aren't in sync", async (t) => {
  const changes = source();
  const { controller } = controllerOf();
  controller
    .enqueueOn(changes, (key) => [key])
    .enqueueOn({ subscribe: () => () => {}, synced: new Promise<void>(() => {}) }, () => []);
  runTogether(t, controller);
  changes.tell("x");
  t.is(controller.queue.length, 1);
});

test("a shutdown ends what is looked at first in the middle", async (t) => {
  const { controller, seen } = controllerOf();
  const given: number[] = [];
  const stop = new AbortController();
  controller.enqueueFirst(function* () {
    for (let i = 0; i < 100; i++) {
      given.push(i);
      if (i === 2) stop.abort();
      yield `${i}`;
    }
  });
  await Controller.runTogether([controller], stop.signal);
  t.deepEqual([given, seen], [[0, 1, 2], []]);
});
