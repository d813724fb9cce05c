/** The Grafana dashboard of the chart, from a table of what it shows. */

interface Panel {
  title: string;
  /** What it means when this is off, in a sentence. */
  description: string;
  unit: string;
  kind?: "stat";
  /** Legend -> query. SELECTOR is what tells this installation from others. */
  queries: Record<string, string>;
}

const SELECTOR = 'namespace="$namespace", job="$job"';

const rate = (metric: string, by: string, labels = ""): string =>
  `sum by (${by}) (rate(${metric}{${SELECTOR}${labels}}[$__rate_interval]))`;
const quantile = (quantile: number, metric: string, by = ""): string =>
  `histogram_quantile(${quantile}, sum by (le${by}) (rate(${metric}_bucket{${SELECTOR}}[$__rate_interval])))`;

const ROWS: { title: string; panels: Panel[] }[] = [
  {
    title: "Is it working?",
    panels: [
      {
        title: "Leaders",
        description:
          "One replica reconciles. None for longer than a failover: nothing that changes takes effect.",
        unit: "none",
        kind: "stat",
        queries: { leaders: `sum(okta_role_leader{${SELECTOR}})` },
      },
      {
        title: "Replicas that answer",
        description: "Targets that Prometheus can read, operator and webhook of each pod counted apart.",
        unit: "none",
        kind: "stat",
        queries: { "{{endpoint}}": `sum by (endpoint) (up{${SELECTOR}})` },
      },
      {
        title: "Sign-ins in the last hour",
        description: "By outcome. Failed: a person stood before an error that is ours or Okta's.",
        unit: "none",
        kind: "stat",
        queries: { "{{outcome}}": `sum by (outcome) (increase(okta_role_logins_total{${SELECTOR}}[1h]))` },
      },
      {
        title: "Keys that wait",
        description: "Objects whose reconcile is due. Above zero for minutes: too slow, or stuck.",
        unit: "none",
        kind: "stat",
        queries: { "{{controller}}": `sum by (controller) (okta_role_queue_depth{${SELECTOR}})` },
      },
    ],
  },
  {
    title: "Sign-ins and sessions",
    panels: [
      {
        title: "Sign-ins by outcome",
        description: "Admitted, refused (no mapped group, for one) and failed.",
        unit: "reqps",
        queries: { "{{outcome}}": rate("okta_role_logins_total", "outcome") },
      },
      {
        title: "Why people are not let in",
        description: "Reasons of refused and failed sign-ins, by organization.",
        unit: "reqps",
        queries: {
          "{{organization}}: {{reason}}": rate(
            "okta_role_logins_total",
            "organization, reason",
            ', outcome!="admitted"',
          ),
        },
      },
      {
        title: "From Okta to signed in",
        description:
          "Time from a person's return from Okta to the answer; most of it is Okta's token endpoint.",
        unit: "s",
        queries: {
          "half of them": quantile(0.5, "okta_role_login_duration_seconds"),
          "99 of 100": quantile(0.99, "okta_role_login_duration_seconds"),
        },
      },
      {
        title: "Session checks",
        description: "By outcome. Stale: the webhook has lost the API server and answers 503.",
        unit: "reqps",
        queries: { "{{outcome}}": rate("okta_role_session_checks_total", "outcome") },
      },
    ],
  },
  {
    title: "Organizations and accounts",
    panels: [
      {
        title: "Accounts by state",
        description: "A fall of active ones is people who have lost their last role.",
        unit: "none",
        // Each replica tells all of them.
        queries: {
          "{{organization}}: {{state}}": `max by (organization, state) (okta_role_users{${SELECTOR}})`,
        },
      },
      {
        title: "Organizations that are ready",
        description: "1 while Ready is True. At 0, the object's conditions say why.",
        unit: "none",
        queries: {
          "{{organization}}": `max by (organization) (okta_role_organization_condition{${SELECTOR}, type="Ready", status="True"})`,
        },
      },
      {
        title: "Conditions that aren't True",
        description:
          "Nothing is best. False: somebody has to act. Unknown is normal for what isn't set up, such as a directory.",
        unit: "none",
        queries: {
          "{{organization}}: {{type}} {{status}}": `max by (organization, type, status) (okta_role_organization_condition{${SELECTOR}, status!="True"}) > 0`,
        },
      },
      {
        title: "Storing accounts, 99 of 100",
        description:
          "The store's part of a sign-in: making or changing the account in the Kubernetes API. Failed: nobody was let in.",
        unit: "s",
        queries: { "{{outcome}}": quantile(0.99, "okta_role_provisioning_duration_seconds", ", outcome") },
      },
    ],
  },
  {
    title: "Reconciling",
    panels: [
      {
        title: "Reconciles",
        description: "By controller and result.",
        unit: "ops",
        queries: { "{{controller}}: {{result}}": rate("okta_role_reconciles_total", "controller, result") },
      },
      {
        title: "Duration of reconciles, 99 of 100",
        description: "Nothing in them waits for Okta: the API server is what they wait for.",
        unit: "s",
        queries: { "{{controller}}": quantile(0.99, "okta_role_reconcile_duration_seconds", ", controller") },
      },
      {
        title: "Time in the queue, 99 of 100",
        description: "How long a change waits before anybody looks at it.",
        unit: "s",
        queries: { "{{controller}}": quantile(0.99, "okta_role_queue_wait_seconds", ", controller") },
      },
      {
        title: "Status writes",
        description: "Unchanged ones cost nothing; coalesced ones were overtaken before they were sent.",
        unit: "wps",
        queries: {
          "{{resource}}: {{result}}": rate("okta_role_status_writes_total", "resource, result"),
          coalesced: rate("okta_role_status_writes_coalesced_total", "job"),
        },
      },
    ],
  },
  {
    title: "Kubernetes API",
    panels: [
      {
        title: "Requests",
        description: "By code; error means that there was no answer.",
        unit: "reqps",
        queries: { "{{verb}} {{code}}": rate("kubernetes_client_requests_total", "verb, code") },
      },
      {
        title: "Duration of requests, 99 of 100",
        description: "Without watches.",
        unit: "s",
        queries: { "{{verb}}": quantile(0.99, "kubernetes_client_request_duration_seconds", ", verb") },
      },
      {
        title: "Watches that ended",
        description:
          "Expired ones are the rule; errors and gone are followed by another try or another list.",
        unit: "ops",
        queries: {
          "{{resource}}: {{reason}}": rate("okta_role_cache_watch_restarts_total", "resource, reason"),
        },
      },
      {
        title: "Objects in memory",
        description: "Of each kind, in the replica that knows most.",
        unit: "none",
        queries: { "{{resource}}": `max by (resource) (okta_role_cache_objects{${SELECTOR}})` },
      },
    ],
  },
  {
    title: "Processes",
    panels: [
      {
        title: "Event-loop lag, 99 of 100",
        description: "Above 0.2 s for long, leases and probes are at risk.",
        unit: "s",
        queries: { "{{pod}} {{endpoint}}": `nodejs_eventloop_lag_p99_seconds{${SELECTOR}}` },
      },
      {
        title: "Memory",
        description: "Resident, by process. The budget is 200 MiB with 10,000 mappings and 20,000 users.",
        unit: "bytes",
        queries: { "{{pod}} {{endpoint}}": `process_resident_memory_bytes{${SELECTOR}}` },
      },
      {
        title: "Memory used",
        description:
          "Of what the process may take: the container's limit or Node's heap, whichever is nearer.",
        unit: "percentunit",
        queries: {
          "{{pod}} {{endpoint}}": `max by (pod, endpoint) (okta_role_memory_used_ratio{${SELECTOR}})`,
        },
      },
      {
        title: "CPU",
        description: "In cores, by process.",
        unit: "none",
        queries: { "{{pod}} {{endpoint}}": `rate(process_cpu_seconds_total{${SELECTOR}}[$__rate_interval])` },
      },
      {
        title: "Events and failures to handle changes",
        description: "Handler errors are faults of the program: report them.",
        unit: "ops",
        queries: {
          "events {{result}}": rate("okta_role_events_total", "result"),
          "handler errors {{resource}}": rate("okta_role_cache_handler_errors_total", "resource"),
        },
      },
    ],
  },
];

/** Grafana's grid is 24 wide. */
const WIDTH = 6;
const HEIGHT = { stat: 5, timeseries: 8, row: 1 };

/** @returns the text of files/dashboard.json */
export function dashboard(): string {
  let id = 0;
  let y = 0;
  const panels = ROWS.flatMap(({ title, panels }) => {
    const row = {
      type: "row",
      id: ++id,
      title,
      collapsed: false,
      panels: [],
      gridPos: at(0, y, 24, HEIGHT.row),
    };
    y += HEIGHT.row;
    const drawn = panels.map((panel, index) => ({ id: ++id, ...draw(panel, index * WIDTH, y) }));
    y += Math.max(...panels.map(({ kind }) => HEIGHT[kind ?? "timeseries"]));
    return [row, ...drawn];
  });
  const board = {
    title: "okta-role-operator",
    uid: "okta-role-operator",
    tags: ["okta-role-operator"],
    schemaVersion: 39,
    version: 1,
    editable: true,
    refresh: "1m",
    time: { from: "now-6h", to: "now" },
    timezone: "browser",
    templating: { list: [datasource, label("namespace", ""), label("job", '{namespace="$namespace"}')] },
    panels,
  };
  return `${JSON.stringify(board, undefined, 2)}\n`;
}

const source = { type: "prometheus", uid: "$datasource" };
const datasource = { name: "datasource", label: "Data source", type: "datasource", query: "prometheus" };

function label(name: string, selector: string): object {
  const query = `label_values(okta_role_leader${selector}, ${name})`;
  return { name, label: name, type: "query", datasource: source, query, refresh: 2, sort: 1 };
}

function draw({ title, description, unit, kind, queries }: Panel, x: number, y: number): object {
  const type: "stat" | "timeseries" = kind ?? "timeseries";
  const targets = Object.entries(queries).map(([legendFormat, expr], index) => ({
    refId: String.fromCharCode("A".charCodeAt(0) + index),
    datasource: source,
    expr,
    legendFormat,
    ...(kind === "stat" ? { instant: true } : {}),
  }));
  return {
    type,
    title,
    description,
    datasource: source,
    gridPos: at(x, y, WIDTH, HEIGHT[type]),
    fieldConfig: { defaults: { unit, min: 0 }, overrides: [] },
    targets,
  };
}

function at(x: number, y: number, w: number, h: number): object {
  return { x, y, w, h };
}
