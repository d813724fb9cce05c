import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { collectDefaultMetrics, Registry } from "prom-client";
import { stringify } from "yaml";
import { z } from "zod";
import { RuntimeMetrics } from "../../kubernetes/metrics.ts";
import { MemoryWatch } from "../../kubernetes/program/memory-watch.ts";
import { registerMetrics } from "../../operator/metrics.ts";
import { SyncMetrics } from "../../operator/sync/directory-sync.ts";
import { WebhookMetrics } from "../../webhook/metrics.ts";
import { logLines } from "../log-lines.ts";
import { alertCases } from "./alert-cases.ts";
import { at, CHART, find, helmBuilt, type Manifest, render } from "./helm.ts";

const RULE = { metrics: { prometheusRule: { enabled: true } } };

const Rules = z.array(
  z.object({
    alert: z.string(),
    expr: z.string(),
    for: z.string(),
    labels: z.object({ severity: z.enum(["critical", "warning"]) }),
    annotations: z.object({ summary: z.string(), description: z.string(), runbook_url: z.string() }),
  }),
);

const Dashboard = z.object({
  panels: z.array(
    z.object({
      id: z.number(),
      title: z.string(),
      description: z.string().optional(),
      targets: z.array(z.object({ expr: z.string() })).default([]),
    }),
  ),
});

const Relabelled = z.array(
  z.object({ relabelings: z.array(z.object({ targetLabel: z.string(), replacement: z.string() })) }),
);

let spec: unknown;
let rules: z.infer<typeof Rules>;
const dashboard = Dashboard.parse(JSON.parse(readFileSync(`${CHART}/files/dashboard.json`, "utf8")));

/** Whether Prometheus' own tool for rules is on this machine (Debian's package prometheus has it). */
const hasPromtool = spawnSync("promtool", ["--version"]).error === undefined;
const withPromtool = hasPromtool ? test : test.skip;
if (!hasPromtool)
  console.log(
    "skipped: the rules' own tests need promtool (apt-get install prometheus): only their form is checked",
  );

test.before(helmBuilt);
test.before(async () => {
  const objects = await render(RULE);
  spec = at(find(objects, "PrometheusRule"), "spec");
  rules = rulesOf(objects);
});

function rulesOf(objects: readonly Manifest[]): z.infer<typeof Rules> {
  return Rules.parse(at(find(objects, "PrometheusRule"), "spec.groups[okta-role-operator].rules"));
}

test("what a PodMonitor scrapes has the labels by which alerts and the dashboard ask", async (t) => {
  const metrics = { podMonitor: { enabled: true }, prometheusRule: { enabled: true } };
  const objects = await render({ metrics });
  const asked = (label: string): Set<string> => {
    const expressions = rulesOf(objects)
      .map(({ expr }) => expr)
      .join("\n");
    return new Set(
      [...expressions.matchAll(new RegExp(`\\b${label}="([^"]*)"`, "g"))].map(([, is]) => is ?? ""),
    );
  };
  const given = (label: string): Set<string> =>
    new Set(
      Relabelled.parse(at(find(objects, "PodMonitor"), "spec.podMetricsEndpoints")).map(
        ({ relabelings }) => relabelings.find(({ targetLabel }) => targetLabel === label)?.replacement ?? "",
      ),
    );
  t.deepEqual(given("job"), asked("job"));
  t.deepEqual([...given("endpoint")], ["operator", "webhook"]);
  t.deepEqual(
    [...asked("endpoint")].filter((endpoint) => !given("endpoint").has(endpoint)),
    [],
  );
  t.true(asked("endpoint").size > 0);
});

async function promtool(
  t: ExecutionContext,
  files: Record<string, unknown>,
  ...args: string[]
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "rules-"));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files))
    await writeFile(join(folder, name), stringify(content));
  const { status, stdout, stderr } = spawnSync("promtool", args, { cwd: folder, encoding: "utf8" });
  t.is(status, 0, `${stdout}${stderr}`);
}

withPromtool("promtool finds nothing wrong with the rules", async (t) => {
  await promtool(t, { "rules.yaml": spec }, "check", "rules", "--lint=all", "--lint-fatal", "rules.yaml");
});

withPromtool("the alerts fire when they should, and only then", async (t) => {
  const tests = alertCases.map(({ alert, what, series, at: time, fires }) => {
    const rule = rules.find((candidate) => candidate.alert === alert);
    if (!rule) throw new Error(`there is no alert ${alert}`);
    return {
      name: `${alert}: ${what}`,
      interval: "1m",
      input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
      alert_rule_test: [
        {
          eval_time: time,
          alertname: alert,
          exp_alerts: fires.map(({ labels = {}, value = "" }) => ({
            exp_labels: { ...rule.labels, ...labels },
            exp_annotations: expanded(rule.annotations, labels, value),
          })),
        },
      ],
    };
  });
  const unit = { rule_files: ["rules.yaml"], evaluation_interval: "1m", tests };
  await promtool(t, { "rules.yaml": spec, "unit.yaml": unit }, "test", "rules", "unit.yaml");
});

/** What a person reads, from what the rule says. */
function expanded(
  annotations: Record<string, string>,
  labels: Record<string, string>,
  value: string,
): Record<string, string> {
  const fill = (text: string): string =>
    text
      .replaceAll(/\{\{ \$labels\.(\w+) \}\}/g, (_, name: string) => labels[name] ?? "")
      .replaceAll(/\{\{ \$value[^}]* \}\}/g, value);
  return Object.fromEntries(Object.entries(annotations).map(([name, text]) => [name, fill(text)]));
}

test("every alert is seen to fire and to stay quiet", (t) => {
  for (const { alert } of rules) {
    const cases = alertCases.filter((candidate) => candidate.alert === alert);
    t.true(
      cases.some(({ fires }) => fires.length > 0),
      `${alert} fires`,
    );
    t.true(
      cases.some(({ fires }) => fires.length === 0),
      `${alert} stays quiet`,
    );
  }
});

test("every alert has a section in docs/operations.md under the address that it names, and no section is spare", (t) => {
  const text = readFileSync(`${CHART}/../../docs/operations.md`, "utf8");
  const sections = [...text.matchAll(/^### (OktaRole\w+)$/gm)].map(([, name]) => name);
  t.deepEqual(
    sections,
    rules.map(({ alert }) => alert),
  );
  for (const { alert, annotations } of rules)
    t.is(annotations.runbook_url, `docs/operations.md#${alert.toLowerCase()}`);
});

test("the values name the alerts as they are", (t) => {
  const schema = JSON.parse(readFileSync(`${CHART}/values.schema.json`, "utf8"));
  t.deepEqual(
    schema.definitions.alertName.enum,
    rules.map(({ alert }) => alert),
  );
});

/** The metrics in a query. */
function metricsIn(query: string): string[] {
  return [...query.matchAll(/([a-zA-Z_:][\w:]*)\{/g)].map(([, name]) => name ?? "");
}

test("every metric in alerts and dashboard is one that the programs have", async (t) => {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  RuntimeMetrics.in(registry, "okta_role_");
  new MemoryWatch({ metrics: registry, prefix: "okta_role_", raise: "", log: logLines().log });
  new WebhookMetrics(registry);
  new SyncMetrics(registry);
  registerMetrics(registry, {
    organizations: { list: () => [] },
    counts: { of: () => ({ registered: 0, active: 0 }) },
    held: { counts: () => [].values() },
  });
  const known = new Set(["up"]);
  for (const { name, type } of await registry.getMetricsAsJSON()) {
    known.add(name);
    if (String(type) === "histogram")
      for (const suffix of ["bucket", "sum", "count"]) known.add(`${name}_${suffix}`);
  }
  const queries = [
    ...rules.map(({ expr }) => expr),
    ...dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
  ];
  t.true(queries.length > 25);
  for (const query of queries) {
    const metrics = metricsIn(query);
    t.true(metrics.length > 0, query);
    for (const metric of metrics) t.true(known.has(metric), `${metric} in ${query}`);
  }
});

test("every reason of a sign-in that an alert names is one that the webhook gives", (t) => {
  const reasons = new Set(
    rules.flatMap(({ expr }) =>
      [...expr.matchAll(/reason[!=]~"([^"]+)"/g)].flatMap(([, list]) => list?.split("|") ?? []),
    ),
  );
  reasons.delete("error"); // of watches, not of sign-ins
  t.true(reasons.size > 5);
  for (const reason of reasons) {
    const found = execFileSync(
      "grep",
      ["-rlE", `"${reason}"`, "webhook", "okta", "organizations", "identity"],
      {
        cwd: `${CHART}/../..`,
        encoding: "utf8",
      },
    );
    t.truthy(found, reason);
  }
});

test("the dashboard: every panel has a number of its own and says what it shows", (t) => {
  const ids = dashboard.panels.map(({ id }) => id);
  t.is(new Set(ids).size, ids.length);
  for (const { title, description, targets } of dashboard.panels)
    if (targets.length > 0) t.truthy(description, title);
});

withPromtool("every query of the dashboard is one that Prometheus can read", async (t) => {
  const queries = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
  const filled = queries.map((query, index) => ({
    record: `query:number_${index}:x`,
    expr: query
      .replaceAll("$__rate_interval", "5m")
      .replaceAll("$namespace", "access")
      .replaceAll("$job", "x"),
  }));
  await promtool(
    t,
    { "queries.yaml": { groups: [{ name: "dashboard", rules: filled }] } },
    "check",
    "rules",
    "queries.yaml",
  );
});
