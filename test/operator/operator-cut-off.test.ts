import type { ServerResponse } from "node:http";
import test from "ava";
import { Registry } from "prom-client";
import { type Client, EventRecorder } from "../../kubernetes/index.ts";
import { Http } from "../../okta/http/http.ts";
import { Operator } from "../../operator/operator.ts";
import { type Answering, type Asked, plainServer } from "../kubernetes/plain-server.ts";
import { until } from "../kubernetes/until.ts";
import { logLines } from "../log-lines.ts";
import { loginPathsIn } from "../login-paths.ts";
import { organization } from "../organizations/organization.ts";

function operatorOf(client: Client): Operator {
  const { log } = logLines();
  return new Operator({
    client,
    leader: client,
    events: new EventRecorder({ client, reportingController: "test", reportingInstance: "one", log }),
    http: new Http(),
    release: "team/one",
    namespaces: ["team"],
    loginPaths: loginPathsIn("team"),
    baseURL: "http://localhost",
    log,
    metrics: new Registry(),
  });
}

const kindOf = ({ path }: Asked) => path.split("/").at(-1);
const writesOf = (requests: readonly Asked[]) => requests.filter(({ method }) => method !== "GET");

/** There is an organization, and nothing else. */
const read: Answering = (asked, response) => {
  if (!asked.query.watch) return [200, { metadata: { resourceVersion: "2" }, items: [] }];
  const bookmark = {
    metadata: { resourceVersion: "2", annotations: { "k8s.io/initial-events-end": "true" } },
  };
  const events = [
    ...(kindOf(asked) === "organizations"
      ? [{ type: "ADDED", object: organization("team/acme", "acme") }]
      : []),
    { type: "BOOKMARK", object: bookmark },
  ];
  response.writeHead(200, { "content-type": "application/json" });
  response.write(events.map((event) => `${JSON.stringify(event)}\n`).join(""));
  return undefined;
};

test.serial("a reconcile that doesn't come back is told, until it is given up", async (t) => {
  const { client, state, requests } = await plainServer(t);
  const unanswered: ServerResponse[] = [];
  state.answer = (asked, response) => {
    if (asked.method === "GET") return read(asked, response);
    unanswered.push(response);
    return undefined;
  };
  const operator = operatorOf(client);
  const stop = new AbortController();
  const running = Promise.all([operator.watch(stop.signal), operator.lead(stop.signal)]);
  await until("it to write", () => writesOf(requests).length > 0);
  t.is(operator.stuck(), undefined);
  const { now } = performance;
  t.teardown(() => {
    performance.now = now;
  });
  performance.now = () => now.call(performance) + 121_000;
  t.regex(operator.stuck() ?? "", /reconcile of team\/acme has been running for 12\d s/);
  stop.abort();
  await running;
  t.is(operator.stuck(), undefined);
  for (const response of unanswered) response.writeHead(404).end("{}");
});

test("a replica that the cluster has told nothing says what it lacks, and stops when it is told to", async (t) => {
  const { client, state, requests } = await plainServer(t);
  state.answer = () => undefined;
  const operator = operatorOf(client);
  t.is(operator.check(), "configmaps: the first list isn't complete");
  t.false(operator.isCurrent());
  t.is(operator.stuck(), undefined);
  let isSynced = false;
  operator.synced().then(
    () => {
      isSynced = true;
    },
    () => {},
  );
  const stop = new AbortController();
  let isLeading = true;
  const leading = operator.lead(stop.signal).finally(() => {
    isLeading = false;
  });
  const watching = operator.watch(stop.signal);
  const kinds = ["configmaps", "oktahints", "oktarolemappings", "organizations", "organizationusers"];
  const asked = () => new Set(requests.map(kindOf));
  await until("all kinds to be asked for", () => asked().size === kinds.length);
  t.deepEqual([...asked()].sort(), kinds);
  t.true(isLeading && !isSynced);
  stop.abort();
  await Promise.all([leading, watching]);
  t.deepEqual(writesOf(requests), []);
  await t.notThrowsAsync(operator.lead(stop.signal), "nor later");
});

test("a replica that has read everything and hears of nothing any more leads nobody until it does", async (t) => {
  const { client, state, requests } = await plainServer(t);
  state.answer = (asked, response) => (asked.method === "GET" ? read(asked, response) : [503, {}]);
  const operator = operatorOf(client);
  let [isCutOff, looks] = [true, 0];
  operator.isCurrent = () => {
    looks++;
    return !isCutOff;
  };
  const stop = new AbortController();
  const watching = operator.watch(stop.signal);
  await operator.synced();
  const leading = operator.lead(stop.signal);
  await until("it to be asked twice whether it hears", () => looks >= 2);
  t.deepEqual(writesOf(requests), []);
  isCutOff = false;
  await until("it to lead", () => writesOf(requests).length > 0);
  stop.abort();
  await Promise.all([leading, watching]);
});
