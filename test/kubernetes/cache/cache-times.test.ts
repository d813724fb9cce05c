import test, { type ExecutionContext } from "ava";
import { Cache, type CacheOptions, NotFoundError } from "../../../kubernetes/index.ts";
import { logLines } from "../../log-lines.ts";
import { sample } from "../api-server.ts";
import { fakeClock } from "../fake-clock.ts";
import {
  BOOKMARK,
  type Box,
  box,
  boxes,
  broken,
  cacheOfScript,
  cannotStream,
  forbidden,
  gone,
  LISTED,
  lost,
} from "./scripted-cache.ts";

// In a file of its own: there is one clock for all tests of a file.
const clock = fakeClock(test);
const scene = (t: ExecutionContext, options: Partial<CacheOptions<Box>> = {}) =>
  cacheOfScript(t, clock, options);

test.serial("a list comes as a watch, which then goes on to tell what happens", async (t) => {
  const { cache, watch, watches, told, lists, listed, pageCalls } = scene(t);
  await clock.pass(0);
  const { timeoutSeconds, ...asked } = watch().asked;
  t.like(asked, { namespace: "team", name: undefined, resourceVersion: undefined });
  t.is(timeoutSeconds, 450, "between five and ten minutes");
  t.false(cache.hasSynced);
  t.is(cache.freshness(), Number.POSITIVE_INFINITY);
  t.is(cache.check(), "boxes: the first list isn't complete");
  t.false(cache.isReadable("team"));
  watch().tell({ type: "ADDED", object: box("a", 1) }, BOOKMARK(3));
  await clock.pass(0);
  t.deepEqual(told, ["added a "]);
  t.false(cache.hasSynced, "a bookmark that doesn't say so isn't the end");
  await listed(box("b", 2));
  await cache.synced;
  t.true(cache.hasSynced);
  t.is(cache.check(), undefined);
  t.is(cache.size, 2);
  t.is(await lists("complete"), 1);
  watch().tell({ type: "MODIFIED", object: box("a", 6, "new") }, { type: "DELETED", object: box("b", 7) });
  await clock.pass(0);
  t.deepEqual(told, ["added a ", "added b ", "updated a new", "deleted b "]);
  t.like(cache.get("team/a"), { apiVersion: "example.com/v1", kind: "Box", value: "new" });
  t.is(watches.length, 1);
  t.deepEqual(pageCalls, []);
});

test.serial(
  "a server that can't stream lists is asked for pages, and then for what happens after them",
  async (t) => {
    for (const status of [400, 422]) {
      const { cache, server, opens, watch, pageCalls, lists, end } = scene(t, { name: "a" });
      server.open = ({ resourceVersion }) => {
        if (resourceVersion === undefined) throw cannotStream(status);
      };
      server.pages = () => [
        { items: [box("a", 1)], resourceVersion: "5" },
        { items: [box("b", 2)], resourceVersion: "5" },
      ];
      await clock.pass(0);
      t.true(cache.hasSynced);
      t.is(cache.size, 2);
      t.deepEqual(pageCalls, [{ at: 0, namespace: "team", name: "a" }]);
      t.like(watch().asked, { resourceVersion: "5", name: "a" });
      t.deepEqual([await lists("complete"), await lists("failed")], [1, 0]);
      // Nor is it asked again, when all has to be listed.
      watch().fail(gone());
      await clock.pass(1_000);
      t.is(pageCalls.length, 2);
      t.deepEqual(
        opens.map(({ asked }) => asked.resourceVersion),
        [undefined, "5", "5"],
      );
      await end();
    }
  },
);

test.serial(
  "a stream that fails twice in a row is given up for pages; until then it is tried again",
  async (t) => {
    const { cache, server, watch, opens, pageCalls, lists } = scene(t);
    await clock.pass(0);
    watch().tell({ type: "ADDED", object: box("a", 1) });
    await clock.pass(0);
    watch().end();
    await clock.pass(200);
    t.is(await lists("failed"), 1);
    t.is(opens.length, 2);
    server.pages = () => [{ items: [box("b", 2)], resourceVersion: "5" }];
    watch().fail(broken());
    await clock.pass(1_000);
    t.is(await lists("failed"), 2);
    t.is(pageCalls.length, 1);
    t.true(cache.hasSynced);
    t.deepEqual(
      cache.list().map(({ metadata }) => metadata.name),
      ["b"],
      "what the broken ones brought is gone, since it isn't there",
    );
    t.is(opens.at(-1)?.asked.resourceVersion, "5");
  },
);

test.serial("pages that fail are counted, unless a shutdown is the reason", async (t) => {
  const { server, lists, end, pageCalls } = scene(t);
  server.open = ({ resourceVersion }) => {
    if (resourceVersion === undefined) throw cannotStream(400);
  };
  server.pages = () => {
    throw broken();
  };
  await clock.pass(500);
  t.is(await lists("failed"), pageCalls.length);
  t.true(pageCalls.length >= 2);
  await end();

  const stopped = scene(t);
  stopped.server.open = server.open;
  stopped.server.pages = () => {
    void stopped.end();
    throw broken();
  };
  await clock.pass(500);
  t.is(stopped.pageCalls.length, 1);
  t.is(await stopped.lists("failed"), 0);
});

test.serial("no answer at all says nothing about streams: they are tried again", async (t) => {
  const { server, opens, pageCalls } = scene(t);
  server.open = () => Promise.reject(lost());
  await clock.pass(30_000);
  t.true(opens.length > 4);
  t.deepEqual(pageCalls, []);
});

test.serial("a streaming list that stands still for half a minute is read in pages", async (t) => {
  const { cache, watches, pageCalls, said, server } = scene(t);
  await clock.pass(0);
  const [watch] = watches;
  await clock.pass(20_000);
  watch?.tell({ type: "ADDED", object: box("a", 1) });
  await clock.pass(29_900);
  t.false(watch?.closed);
  server.pages = () => [{ items: [box("a", 1)], resourceVersion: "5" }];
  await clock.pass(5_000);
  t.true(watch?.closed);
  t.true(said().includes("a streaming list stands still, reading pages"));
  await clock.pass(1_000);
  t.is(pageCalls.length, 1);
  t.true(cache.hasSynced);
});

test.serial(
  "each failure makes the next attempt later, up to eight seconds; what lived for long starts over",
  async (t) => {
    const { server, opens, listed, watch, restarts, said } = scene(t);
    await listed();
    const begin = opens.length;
    server.open = () => Promise.reject(lost());
    watch().fail(lost());
    await clock.pass(60_000);
    const times = opens.slice(begin).map(({ at }) => at);
    const waits = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    // With chance in the middle: three quarters of 100, 200, 400 ms and so on.
    t.deepEqual(
      waits.slice(0, 7).map((wait) => Math.round(wait / 100)),
      [2, 3, 6, 12, 24, 48, 60],
    );
    t.true(waits.slice(6).every((wait) => wait === 6_000));
    t.true((await restarts("error")) >= 5);
    t.true(said().includes("can't list and watch, trying again"));
    server.open = () => {};
    await clock.pass(8_000);
    await listed();
    await clock.pass(6_000);
    const again = opens.length;
    watch().fail(lost());
    await clock.pass(200);
    t.is(opens.length, again + 1, "it starts over");
  },
);

test.serial(
  "a watch that the server ends goes on from where it was, at once if it said anything or lived a while",
  async (t) => {
    const { opens, listed, watch, restarts, said } = scene(t);
    await listed(box("a", 1));
    watch().tell({ type: "MODIFIED", object: box("a", 7) });
    await clock.pass(0);
    watch().end();
    await clock.pass(0);
    t.is(opens.length, 2);
    t.is(opens[1]?.asked.resourceVersion, "7");
    t.is(await restarts("expired"), 1);
    watch().end(); // at once, without a word
    await clock.pass(0);
    t.is(opens.length, 2, "who is turned away at once doesn't come back at once");
    await clock.pass(200);
    t.is(opens.length, 3);
    await clock.pass(1_200);
    watch().end();
    await clock.pass(0);
    t.is(opens.length, 4);
    t.deepEqual(said(), [], "nothing of it is a failure");
  },
);

test.serial("a version that is too old makes it list again; what it knows stays until then", async (t) => {
  const { cache, listed, watch, opens, restarts, said, told } = scene(t);
  await listed(box("a", 1), box("b", 2));
  await clock.pass(10_000);
  watch().fail(gone());
  await clock.pass(200);
  t.is(await restarts("gone"), 1);
  t.is(opens.at(-1)?.asked.resourceVersion, undefined);
  t.true(said().includes("the watch can't go on from where it was, listing again"));
  t.is(cache.size, 2);
  const before = cache.freshness();
  watch().tell({ type: "ADDED", object: box("a", 1) }, BOOKMARK(6));
  await clock.pass(1_000);
  t.true(cache.freshness() >= before + 1_000, "a list that isn't complete proves nothing");
  t.is(cache.size, 2, "nor does it show that something is gone");
  await listed();
  t.is(cache.size, 1);
  t.is(told.at(-1), "deleted b ");
  t.true(cache.freshness() < 2_000);
  t.true(cache.freshness() >= 1_000, "it is as of when it was asked for");
});

test.serial("a list in pages is as of when it was asked for, however long it took", async (t) => {
  const { cache, server } = scene(t);
  server.open = ({ resourceVersion }) => {
    if (resourceVersion === undefined) throw cannotStream(400);
  };
  server.heartbeat = () => Promise.reject(broken());
  const pages = Promise.withResolvers<{ items: Box[]; resourceVersion: string }[]>();
  server.pages = () => pages.promise;
  await clock.pass(6_000);
  pages.resolve([{ items: [box("a", 1)], resourceVersion: "5" }]);
  await clock.pass(0);
  t.true(cache.hasSynced);
  t.true(cache.freshness() >= 5_900, `${cache.freshness()}`);
});

test.serial("after a machine was suspended, what it knows is as old as that", async (t) => {
  const { cache, listed } = scene(t);
  await listed(box("a", 1));
  await clock.pass(1_000);
  clock.stepWall(t, 60_000);
  t.true(cache.freshness() >= 60_000);
  await clock.pass(4_000);
  t.true(cache.freshness() <= 3_100, "a heartbeat has been answered since");
});

test.serial("how long the server asks to wait is waited, up to a minute", async (t) => {
  for (const [asked, waited] of [
    [20_000, 20_000],
    [300_000, 60_000],
  ] as const) {
    const { server, opens, end } = scene(t);
    server.open = () => Promise.reject(broken(asked));
    await clock.pass(waited - 100);
    t.is(opens.length, 1);
    await clock.pass(200);
    t.is(opens.length + 0, 2);
    await end();
  }
});

test.serial("after eight seconds without a sign of life everything is listed again", async (t) => {
  const { server, listed, opens, watch, cache } = scene(t);
  await listed();
  server.heartbeat = () => Promise.reject(broken());
  await clock.pass(7_000);
  watch().end();
  await clock.pass(100);
  t.is(opens.at(-1)?.asked.resourceVersion, "5");
  await clock.pass(2_000);
  watch().end();
  await clock.pass(100);
  t.is(opens.at(-1)?.asked.resourceVersion, undefined);
  await listed();
  t.true(cache.freshness() < 1_000);
});

test.serial(
  "a heartbeat from before what is known, or such a bookmark, shows that the server went back in time",
  async (t) => {
    const { cache, server, listed, watch, opens, said } = scene(t);
    await listed(box("a", 1, "lost"));
    await clock.pass(3_500);
    t.is(opens.length, 1);
    server.heartbeat = () => "4";
    await clock.pass(3_000);
    t.true(said().includes("the API server has gone back in time, listing again"));
    t.is(opens.at(-1)?.asked.resourceVersion, undefined);
    watch().tell({ type: "ADDED", object: box("a", 1, "again") }, LISTED(4));
    await clock.pass(0);
    t.is(cache.get("team/a")?.value, "again");

    watch().tell(BOOKMARK(4));
    await clock.pass(0);
    const { length } = opens;
    watch().tell(BOOKMARK(3), { type: "DELETED", object: box("a", 9) });
    await clock.pass(500);
    t.is(opens.length, length + 1);
    t.is(opens.at(-1)?.asked.resourceVersion, undefined);
    t.is(cache.size, 1, "what a watch says that has been given up isn't read");
  },
);

test.serial(
  "our own writes count as known: a heartbeat from before them shows that they are lost",
  async (t) => {
    const { cache, listed, opens } = scene(t);
    await listed(box("a", 1));
    cache.observe(box("a", 9, "ours"));
    t.is(cache.get("team/a")?.value, "ours");
    await clock.pass(3_500);
    t.is(opens.at(-1)?.asked.resourceVersion, undefined);
    cache.observe(box("x", 99, "", "elsewhere"));
    t.is(cache.get("elsewhere/x"), undefined, "a namespace that isn't watched");
  },
);

test.serial(
  "what a watch tells proves nothing while heartbeats fail: a server that has lost its store sends bookmarks, too",
  async (t) => {
    const { cache, server, listed, watch } = scene(t);
    await listed();
    server.heartbeat = () => Promise.reject(broken());
    await clock.pass(2_000);
    watch().fail(lost());
    await clock.pass(500);
    watch().tell({ type: "ADDED", object: box("a", 6) });
    await clock.pass(1_000);
    t.is(cache.size, 1);
    t.true(cache.freshness() >= 3_500, "it may be from long ago");
    watch().tell(BOOKMARK(6));
    await clock.pass(1_000);
    watch().tell({ type: "ADDED", object: box("b", 7) });
    await clock.pass(0);
    t.is(cache.size, 2);
    t.is(cache.freshness(), 4_500);
    server.heartbeat = async () => "7";
    await clock.pass(3_000);
    t.true(cache.freshness() <= 3_000);
  },
);

test.serial(
  "a watch that is silent for two and a half minutes begins anew, though heartbeats are answered",
  async (t) => {
    const { listed, watch, watches, opens, said, server } = scene(t);
    await listed();
    const first = watch();
    await clock.pass(149_000);
    t.false(first.closed);
    server.heartbeat = () => "6";
    first.tell(BOOKMARK(6));
    await clock.pass(149_000);
    t.false(first.closed);
    await clock.pass(5_000);
    t.true(first.closed);
    t.is(watches.length, 2);
    t.is(opens.at(-1)?.asked.resourceVersion, "6");
    t.true(said().includes("the watch has been silent for too long, starting it anew"));
  },
);

test.serial("who may not read is told so once, and reads when it may", async (t) => {
  for (const [error, namespaces, what] of [
    [forbidden(), ["team"], /^this namespace can't be read/],
    [new NotFoundError("gone", { status: 404, reason: "NotFound" }), "all", /^can't be read: .*ClusterRole/],
  ] as const) {
    const { cache, server, said, listed, watch, restarts, end } = scene(t, { namespaces });
    server.open = () => Promise.reject(error);
    server.pages = () => {
      throw error;
    };
    await clock.pass(60_000);
    const told = said();
    t.true(told.length === 1 && what.test(told[0] ?? ""), told.join());
    t.false(cache.isReadable("team"));
    t.deepEqual(cache.unreadable(), [{ namespace: namespaces === "all" ? "" : "team", error }]);
    t.is(cache.isRefused("team"), namespaces !== "all", "this namespace, and not just all of them");
    t.is(cache.check(), `boxes: the first list isn't complete (${error.message})`);
    t.false(cache.hasSynced);
    server.open = () => {};
    server.pages = () => [{ items: [], resourceVersion: "5" }];
    await clock.pass(8_000);
    t.true(cache.hasSynced);
    t.true(cache.isReadable("team"));
    t.deepEqual(cache.unreadable(), []);
    t.false(cache.isRefused("team"));
    t.true(said().includes("it can be read again"));
    t.is(await restarts("refused"), 0);
    server.open = () => Promise.reject(error);
    watch().fail(lost());
    await clock.pass(6_500);
    t.true((await restarts("refused")) >= 1);
    t.false(cache.isReadable("team"));
    server.open = () => {};
    await clock.pass(8_000);
    t.false(cache.isReadable("team"), "it has been away for so long that all is listed again");
    await listed();
    t.true(cache.isReadable("team"));
    await end();
  }
});

test.serial(
  "a watch that opens shows that it may be read; one that brings a list does so at its end",
  async (t) => {
    for (const { mustList, beats } of [
      { mustList: false, beats: false },
      { mustList: true, beats: false },
      { mustList: true, beats: true },
    ]) {
      const { cache, server, listed, watch, end } = scene(t);
      await listed();
      if (!beats) server.heartbeat = () => Promise.reject(broken());
      server.open = () => Promise.reject(forbidden());
      watch().fail(mustList ? gone() : lost());
      await clock.pass(200);
      t.false(cache.isReadable("team"));
      server.open = () => {};
      await clock.pass(1_000);
      t.is(cache.isReadable("team"), !mustList);
      await listed();
      t.true(cache.isReadable("team"));
      await end();
    }
  },
);

test.serial(
  "five errors of the server in a row count as being unreadable, whatever they say; four don't",
  async (t) => {
    const { cache, server, opens, listed, watch } = scene(t);
    await listed();
    server.open = () => Promise.reject(broken());
    const before = opens.length;
    watch().fail(lost());
    while (opens.length < before + 4) await clock.pass(100);
    await clock.pass(0);
    t.true(cache.isReadable("team"));
    while (opens.length < before + 5) await clock.pass(100);
    await clock.pass(0);
    t.false(cache.isReadable("team"));
    t.false(cache.isRefused("team"));
  },
);

test.serial(
  "a cache is in sync without namespaces that may not be read, as soon as they were refused three times",
  async (t) => {
    const { cache, server, opens, pageCalls, watches } = scene(t, {
      namespaces: ["team", "closed", "team"],
    });
    server.open = ({ namespace }) => {
      if (namespace === "closed") throw forbidden();
    };
    server.pages = () => {
      throw forbidden();
    };
    await clock.pass(0);
    watches[0]?.tell(LISTED(5));
    await clock.pass(0);
    const tries = () => opens.filter(({ asked }) => asked.namespace === "closed").length;
    t.is(opens.length - tries(), 1, "each once");
    while (tries() < 2) await clock.pass(100);
    t.false(cache.hasSynced);
    t.is(cache.freshness(), Number.POSITIVE_INFINITY, "also when one of them is known");
    while (!cache.hasSynced) await clock.pass(100);
    t.is(tries() + pageCalls.length, 3, "two streams, one page");
    t.true(cache.isReadable("team"));
    t.false(cache.isReadable("closed"));
    t.true(cache.isReadable("nobody watches it"));
    t.deepEqual(
      ["team", "closed", "nobody watches it"].map((namespace) => cache.isRefused(namespace)),
      [false, true, false],
    );
    t.is(cache.freshness("nobody watches it"), 0);
    t.is(cache.freshness("closed"), Number.POSITIVE_INFINITY);
    t.true(cache.freshness() < 3_000);
    t.is(cache.check(), undefined);
    t.is(cache.check(30_000, "closed"), "boxes: the first list isn't complete (no right)");
    t.is(cache.check(30_000, "team"), undefined);
  },
);

test.serial("what goes wrong is said with all that is known of it", async (t) => {
  const { listed, server, watch, lines } = scene(t);
  await listed();
  server.open = () => Promise.reject(broken());
  watch().fail(lost());
  await clock.pass(200);
  t.like(lines[0], { namespace: "team", err: { message: "lost" }, failures: 1, waitMs: 75 });
  t.like(lines[1], { err: { message: "oh no" }, failures: 2, waitMs: 150 });
  server.open = () => {};
  server.heartbeat = () => "4";
  await clock.pass(4_000);
  t.like(
    lines.find(({ msg }) => msg === "the API server has gone back in time, listing again"),
    { resourceVersion: "4", known: "5" },
  );
  server.open = () => Promise.reject(forbidden());
  watch().fail(lost());
  await clock.pass(1_000);
  t.like(
    lines.find(({ msg }) => String(msg).startsWith("this namespace can't be read")),
    { namespace: "team", err: { message: "no right" } },
  );
});

test.serial("each fifty namespaces share a connection; each of them is watched once", async (t) => {
  const names = Array.from({ length: 101 }, (_, index) => `n${index}`);
  let connections = 0;
  const client = {
    watchConnection: () => {
      connections++;
      return {};
    },
  } as unknown as CacheOptions<Box>["client"];
  const make = (namespaces: readonly string[] | "all") => {
    connections = 0;
    new Cache<Box>({ type: boxes, client, namespaces, log: logLines().log });
    return connections;
  };
  t.deepEqual([make(names), make(names.slice(0, 100)), make(names.slice(0, 50)), make("all")], [3, 2, 1, 1]);
  const { opens } = scene(t, { namespaces: names.slice(0, 60) });
  await clock.pass(0);
  t.is(opens.length, 60);
});

test.serial(
  "what an object is reduced to is kept, without its managed fields, and the caller's object is left alone",
  async (t) => {
    const { cache, listed, lines } = scene(t, {
      project: ({ metadata, value = "" }) => {
        if (value === "bad") throw new Error("oh no");
        return { metadata, value: value.slice(0, 1) };
      },
      indexes: {
        value: ({ value = "" }) => {
          if (value === "x") throw new Error("oh no");
          return [value];
        },
      },
    });
    const managed = { ...box("a", 1, "abc"), metadata: { ...box("a", 1).metadata, managedFields: [] } };
    await listed(managed, box("b", 2, "bad"), box("c", 3, "xyz"));
    t.deepEqual(cache.get("team/a"), { ...box("a", 1, "a") });
    t.true("managedFields" in managed.metadata);
    t.like(cache.get("team/b"), { value: "bad", kind: "Box" });
    t.deepEqual(
      cache.by("value", "a").map(({ metadata }) => metadata.name),
      ["a"],
    );
    t.is(cache.count("value", "bad"), 1);
    t.is(cache.count("value", "x"), 0);
    t.is(cache.size, 3);
    t.deepEqual(
      lines.map(({ msg, key, index, err }) => [msg, key, index, (err as Error).message]),
      [
        ["can't project an object, keeping all of it", "team/b", undefined, "oh no"],
        ["can't index an object", "team/c", "value", "oh no"],
      ],
    );
    t.deepEqual(
      [...cache.existing()].map(({ kind, key }) => `${kind} ${key}`),
      ["added team/a", "added team/b", "added team/c"],
    );
  },
);

test.serial(
  "a cache that is stopped before it is in sync says so to who waits, and breaks its connection",
  async (t) => {
    const { cache, end, resets, lists } = scene(t);
    await clock.pass(0);
    await end();
    t.is(await lists("failed"), 0);
    await t.throwsAsync(cache.synced, { message: "the test is over" });
    t.deepEqual(resets, ["the cache has been stopped"]);
  },
);

test.serial("a watch that ends with the cache is none that has to be begun again", async (t) => {
  const { listed, end, metrics } = scene(t);
  await listed();
  await end();
  t.is(await sample(metrics, "controller_cache_watch_restarts_total", { resource: "boxes" }), 0);
});

test.serial(
  "what we wrote to a server that has gone back in time is lost, however far its list goes",
  async (t) => {
    const { cache, server, listed, watch } = scene(t);
    await listed(box("a", 1));
    cache.observe(box("a", 9, "ours"));
    server.heartbeat = () => "3";
    const first = watch();
    while (watch() === first) await clock.pass(100);
    watch().tell({ type: "ADDED", object: box("a", 2, "restored") }, LISTED(7));
    await clock.pass(0);
    t.is(cache.get("team/a")?.value, "restored");
  },
);

test.serial("a subscriber that fails, at once or later, is counted, and disturbs nobody", async (t) => {
  const { cache, listed, watch, metrics, lines } = scene(t);
  cache.subscribe(() => {
    throw new Error("oh no");
  });
  cache.subscribe(() => Promise.reject(new Error("oh no, later")));
  const seen: string[] = [];
  const unsubscribe = cache.subscribe(({ key }) => seen.push(key));
  await listed(box("a", 1), box("b", 2));
  unsubscribe();
  watch().tell({ type: "DELETED", object: box("a", 7) });
  await clock.pass(0);
  t.deepEqual(seen, ["team/a", "team/b"]);
  const { length } = lines.filter(({ msg }) => msg === "a subscriber failed to handle a change");
  t.is(length, 6);
  t.like(lines[0], {
    cache: "boxes",
    namespace: undefined,
    change: "added",
    key: "team/a",
    err: { message: "oh no" },
  });
  const of = (name: string, labels: object = {}) => sample(metrics, name, { resource: "boxes", ...labels });
  t.is(await of("controller_cache_handler_errors_total"), 6);
  t.is(await of("controller_cache_objects"), 1);
  t.is(await of("controller_cache_readable", { watched_namespace: "team" }), 1);
});

test.serial(
  "when nothing can be read, all of it grows old; what is said of one namespace is about that one",
  async (t) => {
    const { cache, server, watches } = scene(t, { namespaces: ["team", "closed"] });
    await clock.pass(0);
    for (const each of watches) each.tell(LISTED(5));
    await clock.pass(0);
    t.is(cache.check(0), undefined, "as old as it may be");
    server.heartbeat = (namespace) => (namespace === "closed" ? Promise.reject(forbidden()) : "5");
    await clock.pass(20_000);
    t.regex(cache.check(-1, "team") ?? "", /for \d s$/);
    t.regex(cache.check(5_000, "closed") ?? "", /for \d+ s \(no right\)$/);
    server.heartbeat = () => Promise.reject(forbidden());
    await clock.pass(20_000);
    t.true(cache.freshness() > 10_000);
  },
);
