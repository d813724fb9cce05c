import test from "ava";
import { Registry } from "prom-client";
import { RuntimeMetrics } from "../../kubernetes/metrics.ts";

const SECONDS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, "+Inf"];

test("every metric is in the registry under its name, with its labels", async (t) => {
  const registry = new Registry();
  const metrics = RuntimeMetrics.in(registry, "gadgets_");
  metrics.requests.inc({ verb: "get", resource: "gadgets", code: 200 });
  metrics.requestSeconds.observe({ verb: "get", resource: "gadgets" }, 0.02);
  metrics.lists.inc({ resource: "gadgets", result: "failed" });
  metrics.watchRestarts.inc({ resource: "gadgets", reason: "gone" });
  metrics.cacheObjects.set({ resource: "gadgets" }, 7);
  metrics.handlerErrors.inc({ resource: "gadgets" });
  metrics.reconciles.inc({ controller: "x", result: "again" });
  metrics.reconcileSeconds.observe({ controller: "x" }, 0.02);
  metrics.queueSeconds.observe({ controller: "x" }, 0.02);
  metrics.leader.set({ lease: "l" }, 1);
  metrics.statusWrites.inc({ resource: "gadgets", result: "written" });
  metrics.eventsWritten.inc({ result: "merged" });
  const lines = (await registry.metrics()).split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  t.deepEqual(
    lines.filter((line) => !/_(bucket|sum|count)\{/.test(line)),
    [
      'kubernetes_client_requests_total{verb="get",resource="gadgets",code="200"} 1',
      'gadgets_cache_lists_total{resource="gadgets",result="failed"} 1',
      'gadgets_cache_watch_restarts_total{resource="gadgets",reason="gone"} 1',
      'gadgets_cache_objects{resource="gadgets"} 7',
      'gadgets_cache_handler_errors_total{resource="gadgets"} 1',
      'gadgets_reconciles_total{controller="x",result="again"} 1',
      'gadgets_leader{lease="l"} 1',
      'gadgets_status_writes_total{resource="gadgets",result="written"} 1',
      'gadgets_events_total{result="merged"} 1',
    ],
  );
  for (const [name, labels] of [
    ["kubernetes_client_request_duration_seconds", 'verb="get",resource="gadgets"'],
    ["gadgets_reconcile_duration_seconds", 'controller="x"'],
    ["gadgets_queue_wait_seconds", 'controller="x"'],
  ] as const) {
    t.true(lines.includes(`${name}_count{${labels}} 1`), name);
    t.deepEqual(lines.filter((line) => line.startsWith(`${name}_bucket`)).length, SECONDS.length);
    for (const le of SECONDS) {
      const count = typeof le === "string" || le >= 0.02 ? 1 : 0;
      t.true(lines.includes(`${name}_bucket{le="${le}",${labels}} ${count}`), `${name} ${le}`);
    }
  }
});

test("what is asked for when the metrics are read is as of then", async (t) => {
  const registry = new Registry();
  const metrics = RuntimeMetrics.in(registry);
  const queue = { length: 3 };
  let namespaces = [
    { namespace: "a", readable: true },
    { namespace: "b", readable: false },
  ];
  metrics.watchQueue("x", queue);
  metrics.watchNamespaces("gadgets", () => namespaces);
  const read = async (name: string) =>
    (await registry.getSingleMetricAsString(name))
      .split("\n")
      .filter((line) => !line.startsWith("#") && line !== "");
  t.deepEqual(await read("controller_queue_depth"), ['controller_queue_depth{controller="x"} 3']);
  t.deepEqual(await read("controller_cache_readable"), [
    'controller_cache_readable{resource="gadgets",watched_namespace="a"} 1',
    'controller_cache_readable{resource="gadgets",watched_namespace="b"} 0',
  ]);
  queue.length = 5;
  namespaces = [{ namespace: "b", readable: true }];
  t.deepEqual(await read("controller_queue_depth"), ['controller_queue_depth{controller="x"} 5']);
  t.deepEqual(await read("controller_cache_readable"), [
    'controller_cache_readable{resource="gadgets",watched_namespace="b"} 1',
  ]);
});

test("all who share a registry share the metrics, whose names begin as the first of them said", async (t) => {
  const registry = new Registry();
  const metrics = RuntimeMetrics.in(registry, "gadgets_");
  t.is(RuntimeMetrics.in(registry), metrics);
  t.is(RuntimeMetrics.in(registry, "other_"), metrics);
  t.not(RuntimeMetrics.in(new Registry()), metrics);
  t.notRegex(await registry.metrics(), /other_|controller_/);
});
