import test, { type ExecutionContext } from "ava";
import type { CacheOptions } from "../../../kubernetes/index.ts";
import { fakeClock } from "../fake-clock.ts";
import { type Box, box, broken, cacheOfScript, forbidden, LISTED, lost } from "./scripted-cache.ts";

// In a file of its own: there is one clock for all tests of a file.
const clock = fakeClock(test);
const scene = (t: ExecutionContext, options: Partial<CacheOptions<Box>> = {}) =>
  cacheOfScript(t, clock, options);

/** The same, of several namespaces, each of which has been listed. */
async function listedScene(t: ExecutionContext, ...namespaces: string[]) {
  const made = scene(t, { namespaces });
  await clock.pass(0);
  for (const watch of made.watches) watch.tell(LISTED(5));
  await clock.pass(0);
  /** The namespaces that are asked while this time passes. */
  const asked = async (ms: number) => {
    const { length } = made.heartbeats;
    await clock.pass(ms);
    return made.heartbeats.slice(length).map(({ namespace }) => namespace);
  };
  return { ...made, asked };
}

test.serial("a watch is proven by a heartbeat every three seconds, whether it is quiet or not", async (t) => {
  const { cache, heartbeats, listed, server, watch } = scene(t);
  await listed();
  await clock.pass(60_000);
  const { length } = heartbeats;
  t.true(length >= 18 && length <= 21, `${length}`);
  t.true(heartbeats.every(({ namespace, timeoutMs }) => namespace === "team" && timeoutMs === 5_000));
  t.true(cache.freshness() <= 3_100);
  for (let i = 0; i < 60; i++) {
    await clock.pass(1_000);
    watch().tell({ type: "ADDED", object: box("a", 100 + i) });
    server.heartbeat = async () => `${100 + i}`;
  }
  t.true(heartbeats.length >= length + 18, `${heartbeats.length}`);
  t.true(cache.freshness() <= 3_100);
});

test.serial(
  "a heartbeat without an answer breaks the connection, and the watch goes on over another",
  async (t) => {
    const { cache, server, listed, resets, opens, said } = scene(t);
    await listed();
    server.heartbeat = () => Promise.reject(lost());
    await clock.pass(3_500);
    t.is(resets[0], "lost");
    t.true(said().includes("the API server doesn't answer on the watch's connection"));
    t.true(opens.length >= 2);
    t.is(opens[1]?.asked.resourceVersion, "5");
    await clock.pass(4_000);
    t.true(cache.freshness() > 6_000, "nothing proves that it is current");
    t.regex(cache.check(5_000) ?? "", /^boxes: no sign of life from the API server for [678] s$/);
    server.heartbeat = () => Promise.reject(broken());
    const { length } = resets;
    await clock.pass(3_500);
    t.is(resets.length, length, "an answer, if a bad one");
    t.true(said().includes("the API server fails to answer on the watch's connection"));
  },
);

test.serial("a heartbeat proves what was when it was sent, not when it was answered", async (t) => {
  const { cache, server, listed } = scene(t);
  await listed();
  const answer = Promise.withResolvers<string>();
  server.heartbeat = () => answer.promise;
  await clock.pass(7_000);
  answer.resolve("5");
  await clock.pass(0);
  t.true(cache.freshness() >= 3_900 && cache.freshness() < 5_000, `${cache.freshness()}`);
});

test.serial(
  "a heartbeat that was sent before a namespace was refused doesn't say that it can be read",
  async (t) => {
    const { cache, server, listed, watch, said } = scene(t);
    await listed();
    const answer = Promise.withResolvers<string>();
    server.heartbeat = () => answer.promise;
    await clock.pass(3_000);
    server.open = () => {
      throw forbidden();
    };
    watch().fail(lost());
    await clock.pass(500);
    t.false(cache.isReadable("team"));
    answer.resolve("5");
    await clock.pass(1_000);
    t.false(cache.isReadable("team"));
    t.is(said().filter((message) => message.includes("can't be read")).length, 1);
  },
);

test.serial("a heartbeat that was sent before the watch that runs now proves nothing about it", async (t) => {
  const { cache, server, listed, watch } = scene(t);
  await listed();
  const answer = Promise.withResolvers<string>();
  server.heartbeat = () => answer.promise;
  await clock.pass(3_000);
  watch().fail(lost());
  await clock.pass(500);
  answer.resolve("5");
  await clock.pass(0);
  t.true(cache.freshness() >= 3_500);
});

test.serial(
  "a heartbeat that one namespace refuses goes to another, and the refused one is asked until it may",
  async (t) => {
    const { cache, server, asked, said } = await listedScene(t, "a", "b", "c");
    server.heartbeat = (namespace) => (namespace === "b" ? Promise.reject(forbidden()) : "5");
    await clock.pass(21_000);
    t.false(cache.isReadable("b"));
    t.deepEqual(said().length, 1, "that it can't be read, once");
    t.true(cache.isReadable("a") && cache.isReadable("c"));
    t.true(cache.freshness("a") <= 3_100 && cache.freshness("c") <= 3_100);
    t.true(cache.freshness("b") > 6_000, "another's answer proves nothing about it");
    t.true(cache.freshness() <= 3_100);
    for (let beat = 0; beat < 4; beat++) {
      const [first, ...others] = await asked(3_000);
      t.is(first, "b");
      t.deepEqual(others.length, 1, "one of the others, for all of them");
      t.not(others[0], "b");
    }
    server.heartbeat = () => "5";
    t.is((await asked(3_000)).length, 2, "an answer is no reason to leave the others out");
    t.true(cache.isReadable("b"));
    await clock.pass(3_000);
    t.true(cache.freshness("b") <= 3_100);
  },
);

test.serial(
  "of many namespaces that fail to answer no more than five are asked in one heartbeat",
  async (t) => {
    const names = Array.from({ length: 20 }, (_, index) => `n${index}`);
    // When they are refused, those that are asked whether they still are come on top.
    for (const [error, first, later] of [
      [forbidden, 5, 10],
      [broken, 5, 5],
    ] as const) {
      const { server, asked, end } = await listedScene(t, ...names);
      server.heartbeat = () => Promise.reject(error());
      const seen = new Set<string | undefined>();
      for (let beat = 0; beat < 4; beat++) {
        const its = await asked(3_000);
        t.is(its.length, beat === 0 ? first : later);
        for (const namespace of its) seen.add(namespace);
      }
      t.true(seen.size > 5, "others the next time");
      await end();
    }
  },
);

test.serial("a watch that has been opened is proven at once, not after three seconds", async (t) => {
  const { watch, asked, cache, opens } = await listedScene(t, "team");
  await clock.pass(2_000);
  watch().fail(lost());
  t.deepEqual(await asked(200), ["team"]);
  t.is(opens.length, 2);
  t.true(cache.freshness() <= 200);
});

test.serial(
  "what can't be asked on a connection is asked of nobody else there; what isn't its fault doesn't break it",
  async (t) => {
    for (const [error, isBroken] of [
      [lost(), true],
      [new Error("no list"), false],
    ] as const) {
      const { server, asked, resets, lines, end } = await listedScene(t, "a", "b", "c");
      server.heartbeat = () => Promise.reject(error);
      await clock.pass(2_000);
      t.is((await asked(1_000)).length, 1);
      t.deepEqual(resets, isBroken ? ["lost"] : []);
      t.like(
        lines.find(({ msg }) => msg === "the API server doesn't answer on the watch's connection"),
        { cache: "boxes", err: { message: error.message } },
      );
      await end();
    }
  },
);

test.serial("where no watch is open, nobody is asked", async (t) => {
  const { server, watches, asked } = await listedScene(t, "a", "b");
  server.open = ({ namespace }) => (namespace === "b" ? Promise.reject(lost()) : undefined);
  watches.find((watch) => watch.asked.namespace === "b")?.fail(lost());
  await clock.pass(100);
  const its = await asked(12_000);
  t.true(its.length >= 3);
  t.deepEqual([...new Set(its)], ["a"]);
});

test.serial("an error of the API server is said with its namespace", async (t) => {
  const { server, lines } = await listedScene(t, "a");
  server.heartbeat = () => Promise.reject(broken());
  await clock.pass(3_000);
  t.like(lines[0], {
    msg: "the API server fails to answer on the watch's connection",
    namespace: "a",
    err: { message: "oh no" },
  });
});

test.serial("a shutdown asks nobody any more, and what it interrupts is no failure", async (t) => {
  const { server, asked, resets, lines, end } = await listedScene(t, "a", "b");
  const answer = Promise.withResolvers<string>();
  server.heartbeat = () => answer.promise;
  t.is((await asked(3_000)).length, 1);
  const ending = asked(1_000);
  const ended = end();
  answer.reject(new Error("the test is over"));
  await ended;
  t.deepEqual(await ending, []);
  t.deepEqual(lines, []);
  t.deepEqual(resets, ["the cache has been stopped"]);

  const quiet = await listedScene(t, "a");
  await clock.pass(2_000);
  const { length } = quiet.heartbeats;
  await quiet.end();
  t.is(quiet.heartbeats.length, length);
});
