import type { IncomingMessage } from "node:http";
import test, { type ExecutionContext } from "ava";
import { Cache } from "../../../kubernetes/index.ts";
import { logLines } from "../../log-lines.ts";
import { connect, newNamespace } from "../api-server.ts";
import { type Fault, FaultServer, statusAnswer } from "../fault-server.ts";
import { type ConfigMap, configMaps } from "../resource-types.ts";
import { until } from "../until.ts";

const isWatch = ({ url = "" }: IncomingMessage) => url.includes("watch=true");
const isStream = ({ url = "" }: IncomingMessage) => url.includes("sendInitialEvents=true");
const isPage = ({ url = "" }: IncomingMessage) => url.includes("limit=500");
const isHeartbeat = ({ url = "" }: IncomingMessage) => url.endsWith("?limit=1");

async function behindFaults(t: ExecutionContext, fault: Fault = () => false) {
  const server = await FaultServer.start(t);
  server.fault = fault;
  const [direct, client] = await Promise.all([connect(t), connect(t, { kubeconfig: server.kubeconfig })]);
  const namespace = await newNamespace(t);
  const put = (value: string) =>
    direct.apply(
      configMaps,
      { metadata: { namespace, name: "a" }, data: { value } },
      { fieldManager: "test" },
    );
  await put("1");
  const { log, lines } = logLines();
  const options = { type: configMaps, client, namespaces: [namespace], heartbeatMs: 100, log };
  const cache = new Cache<ConfigMap>({ ...options, listAgainMs: 600_000 });
  const stop = new AbortController();
  const running = cache.run(stop.signal);
  t.teardown(async () => {
    stop.abort();
    await running;
  });
  const value = () => cache.get(`${namespace}/a`)?.data?.value;
  return { server, cache, put, value, lines };
}

test("a list that isn't complete proves nothing, however alive its connection is", async (t) => {
  const { server, cache } = await behindFaults(t);
  await cache.synced;
  const seen = { heartbeats: 0 };
  server.fault = (request, response) => {
    if (isHeartbeat(request)) seen.heartbeats++;
    if (isStream(request)) response.writeHead(200).flushHeaders();
    else if (isWatch(request)) statusAnswer(410, "Expired")(response);
    else return false;
    return true;
  };
  server.breakWatches();
  await until("some heartbeats were answered meanwhile", () => seen.heartbeats > 8);
  t.true(cache.freshness() > 500, `${cache.freshness()}`);
});

test("what a watch tells first, of the time before it was opened, proves nothing", async (t) => {
  const { server, cache, put, value } = await behindFaults(t);
  await cache.synced;
  server.fault = (_, response) => {
    statusAnswer(500, "InternalError")(response);
    return true;
  };
  server.breakWatches();
  const object = await put("2");
  await until("it isn't current", () => cache.freshness() > 1_000);
  server.fault = (request, response) => {
    if (isWatch(request)) {
      response.writeHead(200);
      response.write(`${JSON.stringify({ type: "MODIFIED", object })}\n`);
    } else statusAnswer(500, "InternalError")(response);
    return true;
  };
  await until("the old event is known", () => value() === "2");
  t.true(cache.freshness() > 1_000, "there may be more of them");
});

test("a Retry-After on a watch or a list is waited out", async (t) => {
  const { server, cache, lines } = await behindFaults(t);
  await cache.synced;
  const waits = (status: number) =>
    lines.flatMap(({ err, waitMs }) =>
      JSON.stringify(err ?? "").includes(`: ${status} `) ? Number(waitMs) : [],
    );
  server.failTimes(1, isWatch, statusAnswer(429, "TooManyRequests", { "retry-after": "2" }));
  server.breakWatches();
  await until("the watch waits", () => waits(429).length > 0);
  t.true((waits(429)[0] ?? 0) >= 2_000);

  // Longer than the client itself sits out.
  const other = await behindFaults(t, (request, response) => {
    if (isStream(request)) statusAnswer(422, "Invalid")(response);
    else if (isPage(request)) statusAnswer(429, "TooManyRequests", { "retry-after": "30" })(response);
    else return false;
    return true;
  });
  const slow = () => other.lines.flatMap(({ waitMs }) => (Number(waitMs) >= 30_000 ? [waitMs] : []));
  await until("the list waits", () => slow().length > 0);
  t.false(other.cache.hasSynced);
});
