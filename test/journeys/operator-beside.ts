import { Registry } from "prom-client";
import { EventRecorder } from "../../kubernetes/index.ts";
import { Http } from "../../okta/http/http.ts";
import { Operator } from "../../operator/operator.ts";
import { releaseName } from "../../organizations/keepers.ts";
import { logLines } from "../log-lines.ts";
import { loginPathsIn } from "../login-paths.ts";
import { LOOPBACK } from "../okta/loopback.ts";
import type { UnderTest } from "../webhook/webhook-under-test.ts";

/** An operator beside a webhook, in this process. */
export interface OperatorBeside {
  readonly metrics: Registry;
  stop(): Promise<void>;
}

export function startOperator({ client, cluster, url }: UnderTest): OperatorBeside {
  const { log } = logLines();
  const http = new Http({ destinations: LOOPBACK });
  const events = new EventRecorder({
    client,
    reportingController: "test/operator",
    reportingInstance: "one",
    log,
  });
  const stop = new AbortController();
  const metrics = new Registry();
  const operator = new Operator({
    client,
    leader: client,
    events,
    http,
    release: releaseName(cluster.namespace, "okta-role-operator"),
    namespaces: [cluster.namespace],
    loginPaths: loginPathsIn(cluster.namespace),
    baseURL: url,
    log,
    metrics,
  });
  const ended = Promise.all([operator.watch(stop.signal), operator.lead(stop.signal)]);
  return {
    metrics,
    stop: async () => {
      stop.abort();
      await ended;
      await events.flush();
      await http.close();
    },
  };
}
