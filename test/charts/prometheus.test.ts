import { readFileSync } from "node:fs";
import test, { type ExecutionContext } from "ava";
import { z } from "zod";
import { Tether } from "../../dev/control-plane/tether.ts";
import { productUnderTest } from "../journeys/product-under-test.ts";
import { waitFor } from "../wait-for.ts";
import { at, CHART, find, helmBuilt, render } from "./helm.ts";
import { hasPrometheus, Prometheus, QueryError } from "./prometheus.ts";

const withPrometheus = hasPrometheus ? test : test.skip;
if (!hasPrometheus)
  console.log(
    "skipped: alerts and dashboard are checked against a real Prometheus only where there is one (apt-get install prometheus)",
  );

/** What has no series while nothing is wrong, and why. */
const NEEDS_AN_INCIDENT: Readonly<Record<string, string>> = {
  okta_role_cache_handler_errors_total: "counts faults of the program",
  okta_role_cache_watch_restarts_total: "a watch ends after minutes, or when the API server is lost",
  okta_role_sync_failing_since_seconds: "is there where an organization has a directory",
  okta_role_sync_failures_total: "a directory that can't be read",
  okta_role_sync_heard_total: "something that happens in Okta and that no sign-in tells",
  okta_role_event_hook_events_total: "is there where an organization has an event hook",
};

/** Alerts that a slow machine may well cause: what they say of it is true then. */
const OF_THE_MACHINE = new Set(["OktaRoleEventLoopBlocked", "OktaRoleReconcilesSlow"]);

const Rules = z.array(z.object({ alert: z.string(), expr: z.string() }));
const Dashboard = z.object({
  panels: z.array(
    z.object({ title: z.string(), targets: z.array(z.object({ expr: z.string() })).default([]) }),
  ),
});

/** Between two reads of the same counter there has to be one scrape at least; Grafana takes four. */
const RATE_INTERVAL = "30s";
/** Nothing new is done for a panel while what was done is so new: it may not have been scraped twice. */
const USED_LATELY_MS = 5_000;

interface Query {
  readonly name: string;
  readonly query: string;
}

/** The chart's alerts and the dashboard's queries, filled in as for a release in this namespace. */
async function shipped(namespace: string): Promise<{ job: string; alerts: Query[]; panels: Query[] }> {
  const values = {
    metrics: { prometheusRule: { enabled: true }, serviceMonitor: { enabled: true } },
  };
  const objects = await render(values, { namespace });
  const service = objects.find(
    ({ kind, metadata }) => kind === "Service" && metadata.name.endsWith("-metrics"),
  );
  const job = service?.metadata.name ?? "";
  const rules = Rules.parse(at(find(objects, "PrometheusRule"), "spec.groups[okta-role-operator].rules"));
  const { panels } = Dashboard.parse(JSON.parse(readFileSync(`${CHART}/files/dashboard.json`, "utf8")));
  const filled = (query: string): string =>
    query
      .replaceAll("$__rate_interval", RATE_INTERVAL)
      .replaceAll("$namespace", namespace)
      .replaceAll("$job", job);
  return {
    job,
    alerts: rules.map(({ alert, expr }) => ({ name: alert, query: expr })),
    panels: panels.flatMap(({ title, targets }) =>
      targets.map(({ expr }) => ({ name: title, query: filled(expr) })),
    ),
  };
}

/** The names of the metrics in a query, without what narrows them down to an incident. */
function metricsIn(query: string): string[] {
  return [...query.matchAll(/([a-zA-Z_:][\w:]*)\{/g)].map(([, name]) => name ?? "");
}

/** Both processes, with somebody who was let in, somebody who wasn't, and an application that has asked. */
async function aRealRun(t: ExecutionContext) {
  const product = await productUnderTest(t, { ada: ["service_admin"], eve: ["marketing"] });
  const webhook = await product.startWebhook();
  const url = `http://localhost:${webhook.port}`;
  const operator = await product.startOperator(url);
  await product.applyAcme(url, { services: [["service_admin"], ["service-admin"]] });
  await product.untilReady();
  const use = async (): Promise<void> => {
    const cookies = await product.signedIn(url, "ada");
    t.deepEqual(await product.session(url, cookies), ["service-admin"]);
    await product.signIn(url, "eve");
  };
  return { product, webhook, operator, use };
}

test.before(helmBuilt);

withPrometheus(
  "alerts and dashboard, asked of a real Prometheus that scrapes a real run: all find their metrics, and none alarms",
  async (t) => {
    const { product, webhook, operator, use } = await aRealRun(t);
    const { namespace, folder } = product.cluster;
    const { job, alerts, panels } = await shipped(namespace);
    const tether = await Tether.create();
    t.teardown(() => tether.release());
    const target = (endpoint: string, port: number) => ({
      port,
      labels: { namespace, endpoint, pod: "pod-a" },
    });
    const { prometheus, stop } = await Prometheus.start(tether, {
      folder,
      job,
      targets: [target("operator", operator.healthPort), target("webhook", webhook.healthPort)],
    });
    t.teardown(stop);
    const own = `namespace="${namespace}", job="${job}"`;
    const until = (what: string, query: string) =>
      waitFor(async () => (await prometheus.query(query))[0], { what });
    await until("both to be scraped", `count(up{${own}} == 1) == 2`);
    await use();
    await until("the sign-ins to be scraped", `okta_role_logins_total{${own}} > 0`);
    // Again, and something to reconcile: rates are of what has grown since it was first seen, and lately.
    let times = 0;
    let usedAt = 0;
    const useAgain = async (): Promise<void> => {
      await product.applyMapping("portal", [`portal_admin_${++times}`], ["service-admin"]);
      await use();
      usedAt = Date.now();
    };
    await useAgain();
    await until("Ada to be counted", `okta_role_users{${own}, state="active"} > 0`);

    const shows = async (query: string) => {
      const found = (await prometheus.query(query)).find(({ value: [, number] }) => number !== "NaN");
      if (!found && Date.now() - usedAt > USED_LATELY_MS) await useAgain();
      return found;
    };
    const without: string[] = [];
    for (const { name, query } of panels) {
      if (metricsIn(query).some((metric) => metric in NEEDS_AN_INCIDENT)) await prometheus.query(query);
      else
        await waitFor(() => shows(query), {
          what: `${name} to show something`,
          timeoutMs: 20_000,
        }).catch((error: unknown) => {
          if (error instanceof QueryError) throw error;
          without.push(`${name}: ${query}`);
        });
    }
    t.deepEqual(without, [], "a panel shows nothing");

    const names = new Set([...alerts, ...panels].flatMap(({ query }) => metricsIn(query)));
    t.true(names.size > 15);
    const absent: string[] = [];
    for (const name of names)
      if (!(name in NEEDS_AN_INCIDENT))
        await until(`${name} to have a series`, `${name}{${own}}`).catch(() => absent.push(name));
    t.deepEqual(absent, [], "a metric has no series");
    for (const name of Object.keys(NEEDS_AN_INCIDENT)) t.true(names.has(name), `${name} is asked for`);

    for (const { name, query } of alerts) {
      const found = await prometheus.query(query);
      if (!OF_THE_MACHINE.has(name)) t.deepEqual(found, [], `${name} would fire`);
    }
  },
);
