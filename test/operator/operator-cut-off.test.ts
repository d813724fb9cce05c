import test from "ava";
import { Registry } from "prom-client";
import { EventRecorder } from "../../kubernetes/index.ts";
import { Http } from "../../okta/http/http.ts";
import { Operator } from "../../operator/operator.ts";
import { plainServer } from "../kubernetes/plain-server.ts";
import { until } from "../kubernetes/until.ts";
import { logLines } from "../log-lines.ts";
import { loginPathsIn } from "../login-paths.ts";

test("a replica that the cluster has told nothing says what it lacks, leads nobody, and stops when it is told to", async (t) => {
  const { client, state, requests } = await plainServer(t);
  state.answer = () => undefined;
  const { log } = logLines();
  const events = new EventRecorder({ client, reportingController: "test", reportingInstance: "one", log });
  const operator = new Operator({
    client,
    leader: client,
    events,
    http: new Http(),
    release: "team/one",
    namespaces: ["team"],
    loginPaths: loginPathsIn("team"),
    baseURL: "http://localhost",
    log,
    metrics: new Registry(),
  });
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
  const asked = () => new Set(requests.map(({ path }) => path.split("/").at(-1)));
  await until("all kinds to be asked for", () => asked().size === kinds.length);
  t.deepEqual([...asked()].sort(), kinds);
  t.true(isLeading && !isSynced);
  stop.abort();
  await Promise.all([leading, watching]);
  t.true(requests.every(({ method }) => method === "GET"));
  await t.notThrowsAsync(operator.lead(stop.signal), "nor later");
});
