import type { IncomingMessage } from "node:http";
import test from "ava";
import { startControlPlane } from "../../../dev/control-plane/control-plane.ts";
import { leases } from "../../../kubernetes/client/builtin-types.ts";
import { Cache, LeaderElection } from "../../../kubernetes/index.ts";
import { apiServerURL, connect, kubeconfigVia, log, newNamespace, sample } from "../api-server.ts";
import { FaultServer } from "../fault-server.ts";
import { type ConfigMap, configMaps } from "../resource-types.ts";
import { TcpProxy } from "../tcp-proxy.ts";
import { until } from "../until.ts";

const heartbeatMs = 200;

test("a store that is restored from a backup is followed, and its lease is led by again", async (t) => {
  const controlPlane = await startControlPlane({ log });
  t.teardown(() => controlPlane.stop());
  const client = await connect(t, { kubeconfig: controlPlane.kubeconfig });
  const namespace = "default";
  const write = (name: string, value: string) =>
    client.apply(configMaps, { metadata: { namespace, name }, data: { value } }, { fieldManager: "test" });
  await write("changed", "before");
  await write("deleted", "before");
  const restore = await controlPlane.backUp();

  const cache = new Cache<ConfigMap>({ type: configMaps, client, namespaces: [namespace], heartbeatMs, log });
  const election = new LeaderElection({ client, namespace, name: "lease", identity: "one", log });
  const stop = new AbortController();
  const leading = election.run(
    stop.signal,
    (lost) =>
      new Promise((ended) => {
        lost.addEventListener("abort", () => ended(), { once: true });
      }),
  );
  const running = Promise.all([cache.run(stop.signal), leading]);
  t.teardown(async () => {
    stop.abort();
    await running;
  });
  await cache.synced;
  await until("it leads", () => election.mayWrite());
  // More than the new start of the API server writes by itself, so that what is known is ahead of it.
  for (let turn = 0; turn < 300; turn += 20)
    await Promise.all(Array.from({ length: 20 }, (_, n) => write("changed", `after ${turn + n}`)));
  await write("made", "after");
  await client.delete(configMaps, { namespace, name: "deleted" });
  const valueIn = (name: string) => cache.get(`${namespace}/${name}`)?.data?.value;
  await until("all of it is known", () => valueIn("made") === "after" && valueIn("deleted") === undefined);

  await restore();
  await until(
    "what was then is known",
    () => valueIn("changed") === "before" && valueIn("deleted") === "before",
  );
  t.is(valueIn("made"), undefined, "what was made since has never been");
  await until("it is current", () => cache.freshness() < 2_000);
  await write("changed", "again");
  await until("what happens is seen", () => valueIn("changed") === "again");
  // The lease that is led by was made after the backup.
  await until("it leads", async () => {
    const lease = await client.get(leases, { namespace, name: "lease" }).catch(() => undefined);
    return lease?.spec?.holderIdentity === "one" && election.mayWrite();
  });
});

test("an answer from before what is known makes a cache list again, and believe it", async (t) => {
  const server = await FaultServer.start(t);
  const [direct, client] = await Promise.all([connect(t), connect(t, { kubeconfig: server.kubeconfig })]);
  const namespace = await newNamespace(t);
  await direct.create(configMaps, { metadata: { namespace, name: "a" }, data: { value: "1" } });
  const { metrics } = client;
  const cache = new Cache<ConfigMap>({
    type: configMaps,
    client,
    namespaces: [namespace],
    heartbeatMs,
    log,
    metrics,
  });
  const stop = new AbortController();
  const running = cache.run(stop.signal);
  t.teardown(async () => {
    stop.abort();
    await running;
  });
  await cache.synced;
  // Our own write, whose time has never been: the watch won't tell of it.
  const lost = await direct.get(configMaps, `${namespace}/a`);
  const future = { ...lost.metadata, resourceVersion: `9${lost.metadata.resourceVersion}` };
  cache.observe({ ...lost, metadata: future, data: { value: "lost" } });
  t.is(cache.get(`${namespace}/a`)?.data?.value, "lost");
  await until("what is there is known", () => cache.get(`${namespace}/a`)?.data?.value === "1");
  await until("the list is complete", async () => {
    return (await sample(metrics, "controller_cache_lists_total", { result: "complete" })) >= 2;
  });

  const isHeartbeat = ({ url = "" }: IncomingMessage) => url.endsWith("?limit=1");
  // One that was sent before the list was complete proves nothing.
  server.failTimes(3, isHeartbeat, (response) => {
    response.writeHead(200, { "content-type": "application/json" });
    response.end('{"kind":"List","metadata":{"resourceVersion":"1"},"items":[]}');
  });
  await until("it has listed again", async () => {
    return (await sample(metrics, "controller_cache_lists_total", { result: "complete" })) >= 3;
  });
  await until("it is current", () => cache.freshness() < 1_000);
  t.is(cache.get(`${namespace}/a`)?.data?.value, "1");
});

test("after a long silence everything is listed again", async (t) => {
  const proxy = await TcpProxy.start(apiServerURL());
  t.teardown(() => proxy.stop());
  const client = await connect(t, { kubeconfig: await kubeconfigVia(t, `https://127.0.0.1:${proxy.port}`) });
  const namespace = await newNamespace(t);
  const { metrics } = client;
  const options = { type: configMaps, client, namespaces: [namespace], heartbeatMs, log, metrics };
  const cache = new Cache<ConfigMap>({ ...options, listAgainMs: 1_500 });
  const stop = new AbortController();
  const running = cache.run(stop.signal);
  t.teardown(async () => {
    stop.abort();
    await running;
  });
  await cache.synced;
  await proxy.refuse();
  await until("it was silent for long", () => cache.freshness() > 1_500);
  await proxy.accept();
  await until("it has listed again", async () => {
    return (await sample(metrics, "controller_cache_lists_total", { result: "complete" })) >= 2;
  });
  await until("it is current", () => cache.freshness() < 1_000);
  t.true(cache.hasSynced);
});
