import type { IncomingMessage, ServerResponse } from "node:http";
import test, { type ExecutionContext } from "ava";
import { Cache } from "../../../kubernetes/index.ts";
import { logLines } from "../../log-lines.ts";
import { connect, newNamespace, sample } from "../api-server.ts";
import { FaultServer, statusAnswer } from "../fault-server.ts";
import { type ConfigMap, configMaps } from "../resource-types.ts";
import { until } from "../until.ts";

/** A cache of two namespaces, one of which the API server can be made to refuse. */
async function twoNamespaces(t: ExecutionContext, { refusedFirst = false } = {}) {
  const server = await FaultServer.start(t);
  const [direct, client] = await Promise.all([connect(t), connect(t, { kubeconfig: server.kubeconfig })]);
  const [good, bad] = [await newNamespace(t), await newNamespace(t)];
  const put = (namespace: string, value: string) =>
    direct.apply(
      configMaps,
      { metadata: { namespace, name: "a" }, data: { value } },
      { fieldManager: "test" },
    );
  await Promise.all([put(good, "1"), put(bad, "1")]);
  const { log, lines } = logLines();

  const isAboutBad = ({ url = "" }: IncomingMessage) => url.includes(`/namespaces/${bad}/`);
  const refuse = (answer: (response: ServerResponse) => void = statusAnswer(403, "Forbidden")) => {
    server.fault = (request, response) => {
      if (!isAboutBad(request)) return false;
      answer(response);
      return true;
    };
  };
  if (refusedFirst) refuse();
  const cache = new Cache<ConfigMap>({
    type: configMaps,
    client,
    namespaces: [bad, good],
    heartbeatMs: 200,
    log,
    metrics: client.metrics,
  });
  const stop = new AbortController();
  const running = cache.run(stop.signal);
  t.teardown(async () => {
    stop.abort();
    await running;
  });
  const valueIn = (namespace: string) => cache.get(`${namespace}/a`)?.data?.value;
  const allow = () => {
    server.fault = () => false;
  };
  const readable = (namespace: string) =>
    sample(client.metrics, "controller_cache_readable", {
      resource: "configmaps",
      watched_namespace: namespace,
    });
  return { server, cache, good, bad, put, refuse, allow, valueIn, readable, lines };
}

for (const [what, answer] of [
  ["403", statusAnswer(403, "Forbidden")],
  ["404", statusAnswer(404, "NotFound")],
] satisfies [string, (response: ServerResponse) => void][]) {
  test(`a namespace that answers ${what} grows stale alone, and heals by itself`, async (t) => {
    const { server, cache, good, bad, put, refuse, allow, valueIn, readable, lines } = await twoNamespaces(t);
    await cache.synced;
    refuse(answer);
    server.breakWatches();
    await until("it is known to be unreadable", () => !cache.isReadable(bad));
    await until("it is stale, and the other isn't", () => {
      return cache.freshness(bad) > 2_000 && cache.freshness(good) < 1_000;
    });
    t.true(cache.freshness() < cache.freshness(bad), "as a whole, the cache is current");
    t.is(cache.check(2_000), undefined);
    t.regex(cache.check(1_000, bad) ?? "", new RegExp(`no sign of life.*${what}`));
    t.deepEqual(
      cache.unreadable().map(({ namespace }) => namespace),
      [bad],
    );
    t.is(valueIn(bad), "1", "what is known stays");
    t.deepEqual([await readable(bad), await readable(good)], [0, 1]);
    const said = lines.filter(({ msg }) => String(msg).includes("RoleBinding"));
    t.deepEqual(
      said.map(({ namespace }) => namespace),
      [bad],
      "once, whatever is tried meanwhile",
    );

    await put(good, "2");
    await until("the other goes on", () => valueIn(good) === "2");
    await put(bad, "2");
    allow();
    await until("it has caught up", () => valueIn(bad) === "2" && cache.freshness(bad) < 1_000);
    t.true(cache.isReadable(bad));
    t.is(await readable(bad), 1);
  });
}

test("a cache is in sync without a namespace that it may not read, and takes it in when it may", async (t) => {
  const { cache, good, bad, allow, valueIn } = await twoNamespaces(t, { refusedFirst: true });
  await cache.synced;
  t.true(cache.hasSynced);
  t.is(valueIn(good), "1");
  t.is(cache.freshness(bad), Number.POSITIVE_INFINITY);
  t.false(cache.isReadable(bad));
  t.true(cache.isReadable("not-watched"));
  t.is(cache.freshness("not-watched"), 0, "nothing is kept of it, and that is certain");
  t.is(cache.check(), undefined);
  allow();
  await until("it is there", () => valueIn(bad) === "1" && cache.isReadable(bad));
});

test("a heartbeat that is refused in one namespace is sent to another, and the refused one isn't proven by it", async (t) => {
  const { server, cache, good, bad, refuse } = await twoNamespaces(t);
  await cache.synced;
  refuse(); // watches that are open stay so
  await until("it is noticed", () => !cache.isReadable(bad));
  await until("it is stale, and the other isn't", () => {
    return cache.freshness(bad) > 1_500 && cache.freshness(good) < 1_000;
  });
  const asked = (namespace: string) =>
    server.requests.filter((request) => request.endsWith(`/namespaces/${namespace}/configmaps?limit=1`))
      .length;
  const before = asked(bad);
  await until("it is asked again", () => asked(bad) > before);
  t.false(cache.isReadable(bad));
});

test("when no namespace can be read, the whole is stale", async (t) => {
  const { server, cache } = await twoNamespaces(t);
  await cache.synced;
  server.fault = (_, response) => {
    statusAnswer(403, "Forbidden")(response);
    return true;
  };
  server.breakWatches();
  await until("it is stale", () => cache.freshness() > 1_500);
  t.regex(cache.check(1_000) ?? "", /no sign of life.*403/);
});

test("a namespace that answers with errors over and over doesn't keep the others waiting", async (t) => {
  const { cache, good, bad, refuse, valueIn } = await twoNamespaces(t, { refusedFirst: true });
  refuse(statusAnswer(500, "InternalError"));
  await cache.synced;
  t.is(valueIn(good), "1");
  t.false(cache.isReadable(bad));
});
