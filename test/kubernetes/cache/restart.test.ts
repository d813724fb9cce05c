import test, { type ExecutionContext } from "ava";
import { startControlPlane } from "../../../dev/control-plane/control-plane.ts";
import { Cache, Controller, done } from "../../../kubernetes/index.ts";
import { connect, log, sample } from "../api-server.ts";
import { configMaps } from "../resource-types.ts";
import { until } from "../until.ts";

/** A control plane of the test's own, since it is going to be broken. */
async function ownControlPlane(t: ExecutionContext) {
  const controlPlane = await startControlPlane({ log });
  t.teardown(() => controlPlane.stop());
  return controlPlane;
}

for (const kill of [false, true]) {
  test(`an API server that is ${kill ? "killed" : "stopped"} and comes back: nothing is missed, nothing told twice`, async (t) => {
    const controlPlane = await ownControlPlane(t);
    const client = await connect(t, { kubeconfig: controlPlane.kubeconfig });
    const namespace = "default";
    const put = (name: string, value: string) =>
      client.apply(configMaps, { metadata: { namespace, name }, data: { value } }, { fieldManager: "test" });
    await put("before", "1");

    const { metrics } = client;
    const cache = new Cache({
      type: configMaps,
      client,
      namespaces: [namespace],
      heartbeatMs: 500,
      log,
      metrics,
    });
    const told: string[] = [];
    cache.subscribe(({ kind, object }) => told.push(`${kind} ${object.metadata.name}`));
    const reconciled = new Map<string, string | undefined>();
    const controller = new Controller({
      name: "test",
      workers: 2,
      log,
      reconcile: async (key) => {
        reconciled.set(key, cache.get(key)?.data?.value);
        return done;
      },
    }).follow(cache);
    const stop = new AbortController();
    const running = Promise.all([cache.run(stop.signal), controller.run(stop.signal)]);
    await cache.synced;

    // A write in flight: it is done once, or fails and is said so.
    const inFlight = put("in-flight", "1").then(
      () => "done",
      () => "failed",
    );
    await controlPlane.restartApiServer({ kill });
    const outcome = await inFlight;
    await until("the API server answers", () =>
      put("after", "2").then(
        () => true,
        () => false,
      ),
    );
    await client.delete(configMaps, `${namespace}/before`);
    await until("all is reconciled", () => reconciled.get(`${namespace}/after`) === "2" && cache.size >= 1);
    await until("the deletion, too", () => cache.get(`${namespace}/before`) === undefined);
    t.is(cache.get(`${namespace}/in-flight`) !== undefined || outcome === "failed", true);
    t.is(new Set(told).size, told.length, told.join(", "));
    await until("the cache is fresh", () => cache.freshness() < 2_000);
    t.true((await sample(metrics, "controller_cache_watch_restarts_total", { resource: "configmaps" })) >= 1);
    stop.abort();
    await running;
  });
}
