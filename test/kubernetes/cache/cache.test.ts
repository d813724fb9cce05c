import type { IncomingMessage, ServerResponse } from "node:http";
import test, { type ExecutionContext } from "ava";
import { z } from "zod";
import { apiRequest } from "../../../dev/control-plane/api-request.ts";
import { Cache, type CacheOptions, type Change, type Client } from "../../../kubernetes/index.ts";
import { testCluster } from "../../cluster.ts";
import { apiServerURL, connect, kubeconfigVia, log, newNamespace, sample } from "../api-server.ts";
import { FaultServer, statusAnswer } from "../fault-server.ts";
import { type ConfigMap, configMaps } from "../resource-types.ts";
import { TcpProxy } from "../tcp-proxy.ts";
import { until } from "../until.ts";

/** A cache of ConfigMaps that runs until the test ends, and what it told. */
function watch(
  t: ExecutionContext,
  client: Client & { metrics: CacheOptions<ConfigMap>["metrics"] },
  options: Partial<CacheOptions<ConfigMap>> & Pick<CacheOptions<ConfigMap>, "namespaces">,
) {
  const { metrics } = client;
  const cache = new Cache<ConfigMap>({
    type: configMaps,
    client,
    heartbeatMs: 200,
    listAgainMs: 600_000, // a busy machine may be silent for longer than it is usually
    log,
    ...(metrics && { metrics }),
    ...options,
  });
  const told: Change<ConfigMap>[] = [];
  cache.subscribe((change) => told.push(change));
  const stop = new AbortController();
  const running = cache.run(stop.signal);
  t.teardown(async () => {
    stop.abort();
    await running;
  });
  const kinds = () => told.map(({ kind, object }) => `${kind} ${object.metadata.name}`);
  return { cache, told, kinds };
}

/** A client through a TCP proxy, beside one without. */
async function throughProxy(t: ExecutionContext) {
  const proxy = await TcpProxy.start(apiServerURL());
  t.teardown(() => proxy.stop());
  const kubeconfig = await kubeconfigVia(t, `https://127.0.0.1:${proxy.port}`);
  const [direct, client] = await Promise.all([connect(t), connect(t, { kubeconfig })]);
  const namespace = await newNamespace(t);
  const put = (name: string, value: string) =>
    direct.apply(configMaps, { metadata: { namespace, name }, data: { value } }, { fieldManager: "test" });
  const remove = (name: string) => direct.delete(configMaps, { namespace, name });
  return { proxy, direct, client, namespace, put, remove };
}

const valueIn = (cache: Cache<ConfigMap>, namespace: string, name: string) =>
  cache.get(`${namespace}/${name}`)?.data?.value;

test("a cache holds what is there and follows what happens", async (t) => {
  const client = await connect(t);
  const namespace = await newNamespace(t);
  await client.create(configMaps, { metadata: { namespace, name: "a" }, data: { colour: "red" } });
  const { cache, kinds } = watch(t, client, {
    namespaces: [namespace],
    indexes: { colour: ({ data }) => (data?.colour ? [data.colour] : []) },
  });
  t.false(cache.hasSynced);
  t.is(cache.freshness(), Number.POSITIVE_INFINITY);
  await cache.synced;
  t.true(cache.hasSynced);
  t.is(cache.size, 1);
  t.is(cache.check(), undefined);

  await client.create(configMaps, { metadata: { namespace, name: "b" }, data: { colour: "red" } });
  await until("both are red", () => cache.by("colour", "red").length === 2);
  await client.mergePatch(configMaps, `${namespace}/a`, { data: { colour: "blue" } });
  await until("a is blue", () => cache.by("colour", "blue").length === 1);
  await client.delete(configMaps, `${namespace}/b`);
  await until("b is gone", () => !cache.get(`${namespace}/b`));
  t.deepEqual(kinds(), ["added a", "added b", "updated a", "deleted b"]);
  t.false("managedFields" in (cache.get(`${namespace}/a`)?.metadata ?? {}));
});

test("a cache of one name knows the object of that name, with a right to it and to no other", async (t) => {
  const cluster = await testCluster(t);
  const { namespace } = cluster;
  const admin = await connect(t);
  const put = (name: string, value: string) =>
    admin.apply(configMaps, { metadata: { namespace, name }, data: { value } }, { fieldManager: "test" });
  await put("another", "1");
  const rule = {
    apiGroups: [""],
    resources: ["configmaps"],
    resourceNames: ["one"],
    verbs: ["list", "watch"],
  };
  const kubeconfig = await cluster.serviceAccount({ role: [rule], clusterRole: [] });
  const client = await connect(t, { kubeconfig });
  const { cache, kinds } = watch(t, client, { namespaces: [namespace], name: "one" });
  await cache.synced;
  t.is(cache.size, 0);
  await put("one", "1");
  await put("another", "2");
  await until("it is there", () => valueIn(cache, namespace, "one") === "1");
  await put("one", "2");
  await until("it has changed", () => valueIn(cache, namespace, "one") === "2");
  t.deepEqual(kinds(), ["added one", "updated one"]);
  const heartbeats = () =>
    sample(client.metrics, "kubernetes_client_requests_total", { verb: "heartbeat", code: "200" });
  await until("a heartbeat", async () => (await heartbeats()) > 0);
});

test("a cache can be of several namespaces, or of all", async (t) => {
  const client = await connect(t);
  const names = await Promise.all([1, 2, 3].map(() => newNamespace(t)));
  for (const namespace of names) await client.create(configMaps, { metadata: { namespace, name: "x" } });
  const [one = "", two = "", three = ""] = names;
  const { cache: some } = watch(t, client, { namespaces: [one, two] });
  const { cache: all } = watch(t, client, { namespaces: "all" });
  await Promise.all([some.synced, all.synced]);
  t.deepEqual(
    some
      .list()
      .map(({ metadata }) => metadata.namespace ?? "")
      .sort(),
    [one, two].sort(),
  );
  t.true(names.every((namespace) => all.get(`${namespace}/x`)));
  for (const namespace of names) await client.create(configMaps, { metadata: { namespace, name: "y" } });
  await until("the watches have told of it", () => some.size === 4 && all.get(`${three}/y`) !== undefined);
});

test("only what the projection keeps is held", async (t) => {
  const client = await connect(t);
  const namespace = await newNamespace(t);
  await client.create(configMaps, { metadata: { namespace, name: "x" }, data: { keep: "1", drop: "2" } });
  const { cache } = watch(t, client, {
    namespaces: [namespace],
    project: ({ metadata, data }) => ({ metadata, data: { keep: data?.keep ?? "" } }),
  });
  await cache.synced;
  t.deepEqual(cache.get(`${namespace}/x`)?.data, { keep: "1" });
  await client.mergePatch(configMaps, `${namespace}/x`, { data: { keep: "3" } });
  await until("it has changed", () => cache.get(`${namespace}/x`)?.data?.keep === "3");
  t.deepEqual(cache.get(`${namespace}/x`)?.data, { keep: "3" });
});

test("what was written is read at once, and told once", async (t) => {
  const client = await connect(t);
  const namespace = await newNamespace(t);
  const { cache, kinds } = watch(t, client, { namespaces: [namespace] });
  await cache.synced;
  cache.observe(
    await client.create(configMaps, { metadata: { namespace, name: "x" }, data: { value: "0" } }),
  );
  t.truthy(cache.get(`${namespace}/x`));
  const written = await client.mergePatch(configMaps, `${namespace}/x`, { data: { value: "1" } });
  cache.observe(written);
  t.is(valueIn(cache, namespace, "x"), "1");
  await client.create(configMaps, { metadata: { namespace, name: "y" } });
  await until("the watch has passed all that", () => cache.get(`${namespace}/y`));
  t.deepEqual(kinds(), ["added x", "updated x", "added y"]);
  t.true("managedFields" in written.metadata, "the caller's object is left as it is");
});

test("a subscriber that throws disturbs neither the others nor the cache", async (t) => {
  const client = await connect(t);
  const namespace = await newNamespace(t);
  const { cache, kinds } = watch(t, client, { namespaces: [namespace] });
  await cache.synced;
  cache.subscribe(() => {
    throw new Error("oh no");
  });
  cache.subscribe(async () => {
    throw new Error("oh no, later");
  });
  const seen: string[] = [];
  const unsubscribe = cache.subscribe(({ key }) => seen.push(key));
  await client.create(configMaps, { metadata: { namespace, name: "x" } });
  await client.create(configMaps, { metadata: { namespace, name: "y" } });
  await until("both are there", () => cache.size === 2);
  t.deepEqual(seen, [`${namespace}/x`, `${namespace}/y`]);
  t.deepEqual(kinds(), ["added x", "added y"]);
  t.is(await sample(client.metrics, "controller_cache_handler_errors_total", { resource: "configmaps" }), 4);
  unsubscribe();
  await client.delete(configMaps, `${namespace}/x`);
  await until("x is gone", () => cache.size === 1);
  t.is(seen.length, 2);
});

test("an index or a projection that throws keeps no object out", async (t) => {
  const client = await connect(t);
  const namespace = await newNamespace(t);
  await client.create(configMaps, { metadata: { namespace, name: "x" } });
  const fail = () => {
    throw new Error("oh no");
  };
  const { cache } = watch(t, client, { namespaces: [namespace], project: fail, indexes: { broken: fail } });
  await cache.synced;
  t.is(cache.size, 1);
  t.deepEqual(cache.by("broken", "x"), []);
});

test("a watch whose connection is cut goes on from where it was, without a new list", async (t) => {
  const { proxy, client, namespace, put, remove } = await throughProxy(t);
  await put("a", "1");
  const { cache, kinds } = watch(t, client, { namespaces: [namespace] });
  await cache.synced;
  await put("b", "1");
  await until("b is there", () => valueIn(cache, namespace, "b") === "1");
  proxy.cut();
  await Promise.all([put("a", "2"), remove("b"), put("c", "1")]);
  const valueNow = (name: string) => valueIn(cache, namespace, name);
  await until(
    "all of it is there",
    () => valueNow("a") === "2" && valueNow("c") === "1" && valueNow("b") === undefined,
  );
  t.deepEqual(kinds().sort(), ["added a", "added b", "added c", "deleted b", "updated a"]);
  t.is(await sample(client.metrics, "controller_cache_lists_total", { result: "complete" }), 1);
});

test("while the API server can't be reached, what is known stays; then the rest comes", async (t) => {
  const { proxy, client, namespace, put, remove } = await throughProxy(t);
  await put("a", "1");
  const { cache, told, kinds } = watch(t, client, { namespaces: [namespace] });
  await cache.synced;
  const before = cache.get(`${namespace}/a`)?.metadata.uid;
  await proxy.refuse();
  await remove("a");
  await put("a", "2");
  await until("the cache knows that it is out of date", () => cache.freshness() > 1_000);
  t.is(valueIn(cache, namespace, "a"), "1");
  t.regex(cache.check(500) ?? "", /configmaps: no sign of life/);
  await proxy.accept();
  await until("the cache is up to date", () => valueIn(cache, namespace, "a") === "2");
  t.deepEqual(kinds(), ["added a", "deleted a", "added a"]);
  t.not(told.at(-1)?.object.metadata.uid, before);
  await until("it knows that it is", () => cache.freshness() < 1_000);
});

test("a connection that is dead without a sign is noticed, and replaced", async (t) => {
  const { proxy, client, namespace, put } = await throughProxy(t);
  const { cache } = watch(t, client, { namespaces: [namespace], heartbeatTimeoutMs: 1_500 });
  await cache.synced;
  await until("the watch is quiet, and known to be alive", async () => {
    const heartbeats = await sample(client.metrics, "kubernetes_client_requests_total", {
      verb: "heartbeat",
    });
    return heartbeats > 2 && cache.freshness() < 1_000;
  });
  proxy.stallOpenConnections();
  await put("a", "1");
  await until("the cache has heard of it", () => valueIn(cache, namespace, "a") === "1");
  t.is(await sample(client.metrics, "controller_cache_lists_total", { result: "complete" }), 1);
});

test("a cache that hears nothing grows stale, though no connection breaks", async (t) => {
  const { proxy, client, namespace, put } = await throughProxy(t);
  const { cache } = watch(t, client, { namespaces: [namespace], heartbeatTimeoutMs: 1_500 });
  await cache.synced;
  proxy.stall();
  await put("a", "1");
  await until("it is stale", () => cache.freshness() > 2_000);
  t.is(valueIn(cache, namespace, "a"), undefined);
  proxy.resume();
  await until("it has caught up", () => valueIn(cache, namespace, "a") === "1" && cache.freshness() < 1_000);
});

test("a quiet watch writes nothing and reads little", async (t) => {
  const client = await connect(t);
  const namespace = await newNamespace(t);
  const { cache } = watch(t, client, { namespaces: [namespace] });
  await cache.synced;
  const count = (labels: Record<string, string>) =>
    sample(client.metrics, "kubernetes_client_requests_total", labels);
  await until("the watch is open", async () => (await count({ verb: "watch", code: "200" })) === 1);
  const before = (await count({})) - (await count({ verb: "heartbeat" }));
  t.true(before <= 3, "one watch; or, where lists don't stream, one that was refused, a list and a watch");
  await until("some heartbeats", async () => (await count({ verb: "heartbeat" })) >= 5);
  t.is((await count({})) - (await count({ verb: "heartbeat" })), before);
});

const isPage = ({ url = "" }: IncomingMessage) => url.includes("limit=500");
const isStream = ({ url = "" }: IncomingMessage) => url.includes("sendInitialEvents=true");
const isWatch = ({ url = "" }: IncomingMessage) => url.includes("watch=true");

/** A cache behind a server that can misbehave, and a namespace with an object "a". */
async function behindFaults(t: ExecutionContext) {
  const server = await FaultServer.start(t);
  const [direct, client] = await Promise.all([connect(t), connect(t, { kubeconfig: server.kubeconfig })]);
  const namespace = await newNamespace(t);
  const put = (name: string, value: string) =>
    direct.apply(configMaps, { metadata: { namespace, name }, data: { value } }, { fieldManager: "test" });
  await put("a", "1");
  return { server, direct, client, namespace, put };
}

const asksForPage = (request: string) => request.includes("limit=500");

/** Whether this version streams lists by itself: 1.32 does, 1.33 doesn't, and from 1.34 on all do. */
async function canStream(t: ExecutionContext): Promise<boolean> {
  const { controlPlane } = await testCluster(t);
  const { body } = await apiRequest(controlPlane.admin, "GET", "/version");
  const { minor } = Version.parse(JSON.parse(body));
  return minor === 32 || minor >= 34;
}

const Version = z.object({ minor: z.coerce.number() });

/** What an API server says that can't send a list as a watch: before 1.32, or with the feature switched off. */
const noStreams = statusAnswer(422, "Invalid");

test("a first list that fails, page by page, is tried again until it is complete", async (t) => {
  const { server, client, namespace } = await behindFaults(t);
  let failing = 6;
  server.fault = (request, response) => {
    if (isStream(request)) noStreams(response);
    else if (isPage(request) && failing-- > 0) statusAnswer(500, "InternalError")(response);
    else return false;
    return true;
  };
  const { cache } = watch(t, client, { namespaces: [namespace] });
  await cache.synced;
  t.is(valueIn(cache, namespace, "a"), "1");
  t.is(await sample(client.metrics, "controller_cache_lists_total", { result: "failed" }), 6);
});

test("lists come as streams wherever the API server can send them", async (t) => {
  const { server, client, namespace } = await behindFaults(t);
  server.failTimes(1, isStream, statusAnswer(500, "InternalError"));
  const { cache } = watch(t, client, { namespaces: [namespace] });
  await cache.synced;
  t.is(valueIn(cache, namespace, "a"), "1");
  t.is(server.requests.filter(asksForPage).length, (await canStream(t)) ? 0 : 1);
});

test("a stream that fails twice is given up, and the list is read in pages", async (t) => {
  const { server, client, namespace } = await behindFaults(t);
  server.failTimes(Number.POSITIVE_INFINITY, isStream, statusAnswer(500, "InternalError"));
  const { cache } = watch(t, client, { namespaces: [namespace] });
  await cache.synced;
  t.is(valueIn(cache, namespace, "a"), "1");
  t.is(server.requests.filter((request) => request.includes("sendInitialEvents")).length, 2);
  t.is(server.requests.filter(asksForPage).length, 1);
});

test("an API server that can't stream lists is asked once, and gives pages", async (t) => {
  const { server, direct, client, namespace } = await behindFaults(t);
  server.failTimes(Number.POSITIVE_INFINITY, isStream, noStreams);
  const { cache } = watch(t, client, { namespaces: [namespace] });
  await cache.synced;
  t.is(valueIn(cache, namespace, "a"), "1");
  await direct.delete(configMaps, `${namespace}/a`);
  await until("a is gone", () => cache.size === 0);
  t.is(server.requests.filter((request) => request.includes("sendInitialEvents")).length, 1);
  t.is(server.requests.filter(asksForPage).length, 1);
});

test("a streaming list that stands still is given up, and pages are read", async (t) => {
  const { server, client, namespace } = await behindFaults(t);
  server.failTimes(Number.POSITIVE_INFINITY, isStream, (response) => response.writeHead(200).flushHeaders());
  const { cache } = watch(t, client, { namespaces: [namespace], listSilenceMs: 1_000 });
  await cache.synced;
  t.is(valueIn(cache, namespace, "a"), "1");
});

test("a list that fails in the middle, page by page, removes nothing", async (t) => {
  const { server, direct, client, namespace, put } = await behindFaults(t);
  server.failTimes(Number.POSITIVE_INFINITY, isStream, noStreams);
  for (let i = 0; i < 520; i += 20) {
    await Promise.all(Array.from({ length: 20 }, (_, n) => put(`n${String(i + n).padStart(3, "0")}`, "1")));
  }
  const { cache, kinds } = watch(t, client, { namespaces: [namespace] });
  await cache.synced;
  t.is(cache.size, 521);
  await direct.delete(configMaps, `${namespace}/a`);
  await until("a is gone", () => cache.size === 520);
  const secondPage = ({ url = "" }: IncomingMessage) => url.includes("continue=");
  let sizes: number[] = [];
  let broken = 0;
  server.fault = (request, response) => {
    if (isWatch(request) && broken === 0) {
      statusAnswer(410, "Expired")(response);
      return true;
    }
    if (!secondPage(request) || broken === 2) return false;
    broken++;
    sizes = [...sizes, cache.size];
    statusAnswer(500, "InternalError")(response);
    return true;
  };
  server.breakWatches();
  await direct.delete(configMaps, `${namespace}/n519`);
  await until("n519 is gone", () => !cache.get(`${namespace}/n519`));
  t.deepEqual(sizes, [520, 520]);
  t.is(kinds().filter((kind) => kind.startsWith("deleted")).length, 2);
  t.is(cache.size, 519);
});

for (const [how, breakOff] of [
  ["ends", (response) => response.end()],
  ["breaks off", (response) => response.destroy()],
] satisfies [string, (response: ServerResponse) => void][]) {
  test(`a streaming list that ${how} in the middle removes nothing, and is read again`, async (t) => {
    const { server, direct, client, namespace, put } = await behindFaults(t);
    await put("b", "1");
    const { cache, kinds } = watch(t, client, { namespaces: [namespace] });
    await cache.synced;
    if (!(await canStream(t))) {
      t.pass("this API server doesn't stream lists");
      return;
    }
    const object = await direct.get(configMaps, `${namespace}/b`);
    const sizes: number[] = [];
    server.fault = (request, response) => {
      if (sizes.length === 2) return false;
      if (isStream(request)) {
        sizes.push(cache.size);
        const half = JSON.stringify({ type: "ADDED", object });
        response.writeHead(200).write(`${half}\n`, () => breakOff(response));
        return true;
      }
      if (isWatch(request)) statusAnswer(410, "Expired")(response);
      return isWatch(request);
    };
    server.breakWatches();
    await direct.delete(configMaps, `${namespace}/a`);
    await until("a is gone", () => !cache.get(`${namespace}/a`));
    t.deepEqual(sizes, [2, 2]);
    t.deepEqual(kinds(), ["added a", "added b", "deleted a"]);
    t.is(await sample(client.metrics, "controller_cache_lists_total", { result: "failed" }), 2);
    t.is(await sample(client.metrics, "controller_cache_lists_total", { result: "complete" }), 2);
  });
}

for (const [what, answer] of [
  ["410", statusAnswer(410, "Expired")],
  [
    "an ERROR event with code 410",
    (response) =>
      response
        .writeHead(200)
        .end('{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired"}}\n'),
  ],
] satisfies [string, Parameters<FaultServer["failTimes"]>[2]][]) {
  test(`a watch that can't go on (${what}) lists again and finds what it missed`, async (t) => {
    const { server, direct, client, namespace, put } = await behindFaults(t);
    await put("b", "1");
    const { cache, kinds } = watch(t, client, { namespaces: [namespace] });
    await cache.synced;
    server.failTimes(Number.POSITIVE_INFINITY, isWatch, statusAnswer(500, "InternalError"));
    server.breakWatches();
    await direct.delete(configMaps, `${namespace}/a`);
    await put("a", "2");
    await direct.delete(configMaps, `${namespace}/b`);
    t.is(cache.size, 2);
    server.failTimes(1, isWatch, answer);
    await until("the cache is up to date", () => valueIn(cache, namespace, "a") === "2" && cache.size === 1);
    t.deepEqual(kinds().slice(0, 2), ["added a", "added b"]);
    t.deepEqual(kinds().slice(2).sort(), ["added a", "deleted a", "deleted b"]);
    t.is(await sample(client.metrics, "controller_cache_lists_total", { result: "complete" }), 2);
    t.is(await sample(client.metrics, "controller_cache_watch_restarts_total", { reason: "gone" }), 1);
  });
}

for (const [what, answer] of [
  ["garbage", (response) => response.writeHead(200).end("<html>\n")],
  [
    "an ERROR event",
    (response) => response.writeHead(200).end('{"type":"ERROR","object":{"kind":"Status","code":500}}\n'),
  ],
  ["429", statusAnswer(429, "TooManyRequests", { "retry-after": "1" })],
  ["500", statusAnswer(500, "InternalError")],
  ["an end at once", (response) => response.writeHead(200).end()],
  ["a broken connection", (response) => response.destroy()],
] satisfies [string, Parameters<FaultServer["failTimes"]>[2]][]) {
  test(`a watch that gets ${what} is tried again from where it was`, async (t) => {
    const { server, client, namespace, put } = await behindFaults(t);
    const { cache, kinds } = watch(t, client, { namespaces: [namespace] });
    await cache.synced;
    server.failTimes(2, isWatch, answer);
    server.breakWatches();
    await put("b", "1");
    await until("b is there", () => valueIn(cache, namespace, "b") === "1");
    t.deepEqual(kinds(), ["added a", "added b"]);
    t.is(await sample(client.metrics, "controller_cache_lists_total", { result: "complete" }), 1);
  });
}

test("a cache that is stopped before it is in sync says so to those who wait", async (t) => {
  const { server, client, namespace } = await behindFaults(t);
  server.fault = (_, response) => {
    statusAnswer(500, "InternalError")(response);
    return true;
  };
  const cache = new Cache<ConfigMap>({ type: configMaps, client, namespaces: [namespace], log });
  const stop = new AbortController();
  const running = cache.run(stop.signal);
  const reason = new Error("stopped");
  stop.abort(reason);
  await running;
  await t.throwsAsync(cache.synced, { is: reason });
});
