/** What the alerts make of metrics, for promtool's unit tests of rules. */

/** One alert and one course of things. */
export interface AlertCase {
  readonly alert: string;
  readonly what: string;
  /** Series without the labels of the scrape -> one value a minute, as promtool writes them: 0+5x60. */
  readonly series: Readonly<Record<string, string>>;
  /** When one looks. */
  readonly at: string;
  /** The alerts that are firing then: their labels, and what $value is shown as. */
  readonly fires: readonly { readonly labels?: Readonly<Record<string, string>>; readonly value?: string }[];
}

/** A replica's series, as Prometheus keeps them. */
function scraped(series: string, endpoint: "operator" | "webhook", pod = "pod-a"): string {
  const labels = `namespace="access", job="okta-role-operator-metrics", endpoint="${endpoint}", pod="${pod}"`;
  return series.includes("{") ? series.replace("{", `{${labels}, `) : `${series}{${labels}}`;
}

const leader = (pod: string) => scraped('okta_role_leader{lease="okta-role-operator"}', "operator", pod);
const up = (pod: string) => scraped("up", "webhook", pod);
const logins = (outcome: string, reason: string) =>
  scraped(
    `okta_role_logins_total{organization="access/acme", outcome="${outcome}", reason="${reason}"}`,
    "webhook",
  );
const checks = (outcome: string) =>
  scraped(`okta_role_session_checks_total{outcome="${outcome}"}`, "webhook");
const reconciles = (result: string) =>
  scraped(`okta_role_reconciles_total{controller="mappings", result="${result}"}`, "operator");
const depth = scraped('okta_role_queue_depth{controller="mappings"}', "operator");
const waited = (le: string) =>
  scraped(`okta_role_queue_wait_seconds_bucket{controller="users", le="${le}"}`, "operator");
const requests = (code: string) =>
  scraped(`kubernetes_client_requests_total{verb="get", resource="secrets", code="${code}"}`, "webhook");
const restarts = (reason: string) =>
  scraped(`okta_role_cache_watch_restarts_total{resource="organizations", reason="${reason}"}`, "operator");

const readable = (namespace: string, resource: string) =>
  scraped(`okta_role_cache_readable{watched_namespace="${namespace}", resource="${resource}"}`, "webhook");

const condition = (type: string, status: string, pod = "pod-a") =>
  scraped(
    `okta_role_organization_condition{organization="access/acme", type="${type}", status="${status}"}`,
    "operator",
    pod,
  );

const memoryUsed = (of: string, pod: string) =>
  scraped(`okta_role_memory_used_ratio{of="${of}"}`, "operator", pod);

const followed = (series: string) => scraped(series, "operator");
const FAILING_SINCE = followed('okta_role_sync_failing_since_seconds{organization="access/acme"}');
const HEARD_BY_LOG = followed('okta_role_sync_heard_total{organization="access/acme", source="log"}');
const HEARD_BY_HOOK = scraped(
  'okta_role_event_hook_events_total{organization="access/acme", outcome="concerned"}',
  "webhook",
);
const limited = (reason: string) =>
  followed(`okta_role_sync_failures_total{organization="access/acme", part="pass", reason="${reason}"}`);

const acme = { organization: "access/acme" };

export const alertCases: readonly AlertCase[] = [
  {
    alert: "OktaRoleNoLeader",
    what: "the lease goes from one pod to the other",
    series: { [leader("pod-a")]: "1x10 0x20", [leader("pod-b")]: "0x11 1x19" },
    at: "20m",
    fires: [],
  },
  {
    alert: "OktaRoleNoLeader",
    what: "nobody takes the lease",
    series: { [leader("pod-a")]: "1x10 0x20", [leader("pod-b")]: "0x30" },
    at: "15m",
    fires: [{}],
  },
  { alert: "OktaRoleNoLeader", what: "there are no pods at all", series: {}, at: "5m", fires: [{}] },

  {
    alert: "OktaRoleWebhookDown",
    what: "one of two is left",
    series: { [up("pod-a")]: "0x10", [up("pod-b")]: "1x10" },
    at: "9m",
    fires: [],
  },
  {
    alert: "OktaRoleWebhookDown",
    what: "none answers",
    series: { [up("pod-a")]: "1 0x10", [up("pod-b")]: "1 0x10" },
    at: "9m",
    fires: [{}],
  },

  {
    alert: "OktaRoleProcessDown",
    what: "an operator crashes again and again, and the webhook beside it runs",
    series: { [scraped("up", "operator")]: "1x20 0 0 1 0 0 0 0 1 0 0 0 0 0 0 0 0", [up("pod-a")]: "1x36" },
    at: "34m",
    fires: [{ labels: { endpoint: "operator", pod: "pod-a" } }],
  },
  {
    alert: "OktaRoleProcessDown",
    what: "a process is started again once, and a pod is replaced",
    series: {
      [scraped("up", "operator")]: "1x20 0 1x40",
      [up("pod-a")]: "1x20 0 _x40",
      [up("pod-b")]: "_x20 0 1x40",
    },
    at: "30m",
    fires: [],
  },

  {
    alert: "OktaRoleSignInsFailing",
    what: "Okta doesn't answer for half of the people",
    series: {
      [logins("admitted", "MappedGroup")]: "0+2x60",
      [logins("failed", "token-endpoint-unreachable")]: "0+2x60",
    },
    at: "30m",
    fires: [{ labels: acme, value: "50%" }],
  },
  {
    alert: "OktaRoleSignInsFailing",
    what: "people change their minds at Okta",
    series: {
      [logins("admitted", "MappedGroup")]: "0+2x60",
      [logins("failed", "denied")]: "0+2x60",
      [logins("failed", "login-expired")]: "0+2x60",
    },
    at: "30m",
    fires: [],
  },
  {
    alert: "OktaRoleSignInsFailing",
    what: "one sign-in of few goes wrong",
    series: {
      [logins("admitted", "MappedGroup")]: "0 0 0 0 0 1x60",
      [logins("failed", "timeout")]: "0 0 0 0 0 1x60",
    },
    at: "10m",
    fires: [],
  },

  {
    alert: "OktaRoleGroupsClaimUnusable",
    what: "the claim is gone",
    series: { [logins("refused", "ClaimLost")]: "0x10 1+1x30" },
    at: "20m",
    fires: [{ labels: { ...acme, reason: "ClaimLost" } }],
  },
  {
    alert: "OktaRoleGroupsClaimUnusable",
    what: "somebody without a mapped group",
    series: { [logins("refused", "NoMappedGroup")]: "0x10 1+1x30" },
    at: "20m",
    fires: [],
  },

  {
    alert: "OktaRoleGroupsClaimMissing",
    what: "it is missing, and nobody tries any more",
    series: {
      [condition("GroupsClaimReceived", "True")]: "1x10 0x20",
      [condition("GroupsClaimReceived", "False")]: "0x10 1x20",
    },
    at: "20m",
    fires: [{ labels: acme }],
  },
  {
    alert: "OktaRoleGroupsClaimMissing",
    what: "nobody has signed in yet, or groups come from the directory",
    series: {
      [condition("GroupsClaimReceived", "False")]: "0x30",
      [condition("GroupsClaimReceived", "Unknown")]: "1x30",
    },
    at: "20m",
    fires: [],
  },

  {
    alert: "OktaRoleSignInsRefused",
    what: "three of four are turned away",
    series: { [logins("admitted", "MappedGroup")]: "0+1x60", [logins("refused", "NoMappedGroup")]: "0+3x60" },
    at: "50m",
    fires: [{ labels: acme, value: "75%" }],
  },
  {
    alert: "OktaRoleSignInsRefused",
    what: "one of four is",
    series: { [logins("admitted", "MappedGroup")]: "0+3x60", [logins("refused", "NoMappedGroup")]: "0+1x60" },
    at: "50m",
    fires: [],
  },

  {
    alert: "OktaRoleSessionsUnanswered",
    what: "the API server is lost",
    series: { [checks("stale")]: "0x5 0+100x20" },
    at: "15m",
    fires: [{}],
  },
  {
    alert: "OktaRoleSessionsUnanswered",
    what: "people without a session, and those of a namespace that can't be read",
    series: { [checks("no-session")]: "0+100x20", [checks("namespace-unreadable")]: "0+100x20" },
    at: "15m",
    fires: [],
  },

  {
    alert: "OktaRoleNamespaceUnreadable",
    what: "the RoleBinding of one namespace is gone",
    series: {
      [readable("team-a", "organizations")]: "1x5 0x30",
      [readable("team-b", "organizations")]: "1x35",
    },
    at: "10m",
    fires: [{ labels: { endpoint: "webhook", watched_namespace: "team-a" } }],
  },
  {
    alert: "OktaRoleNamespaceUnreadable",
    what: "it was away for a moment",
    series: { [readable("team-a", "organizations")]: "1x5 0 1x30" },
    at: "10m",
    fires: [],
  },
  {
    alert: "OktaRoleOrganizationNotReady",
    what: "both replicas tell that it isn't",
    series: {
      [condition("Ready", "True")]: "1x5 0x30",
      [condition("Ready", "False")]: "0x5 1x30",
      [condition("Ready", "False", "pod-b")]: "0x5 1x30",
    },
    at: "20m",
    fires: [{ labels: acme }],
  },
  {
    alert: "OktaRoleOrganizationNotReady",
    what: "nobody can tell, first for one reason and then for another",
    series: {
      [condition("Ready", "False")]: "1x7 0x30",
      [condition("Ready", "Unknown")]: "0x7 1x30",
    },
    at: "12m",
    fires: [{ labels: acme }],
  },
  {
    alert: "OktaRoleOrganizationNotReady",
    what: "Okta is away for five minutes, and no directory is set up",
    series: {
      [condition("Ready", "False")]: "0x5 1x5 0x30",
      [condition("DirectoryReachable", "Unknown")]: "1x40",
    },
    at: "16m",
    fires: [],
  },

  {
    alert: "OktaRoleOrganizationContested",
    what: "another release has tried to take it over",
    series: {
      [condition("Contested", "True")]: "_x5 1x15 _x30",
      [condition("Contested", "True", "pod-b")]: "_x5 1x15 _x30",
    },
    at: "12m",
    fires: [{ labels: acme }],
  },
  {
    alert: "OktaRoleOrganizationContested",
    what: "nobody has for a quarter of an hour",
    series: { [condition("Contested", "True")]: "1x15 _x30" },
    at: "30m",
    fires: [],
  },

  {
    alert: "OktaRoleDeactivationsHeld",
    what: "nobody has decided for five minutes",
    series: { [condition("DeactivationsWithinLimit", "False")]: "0x5 1x30" },
    at: "12m",
    fires: [{ labels: acme }],
  },
  {
    alert: "OktaRoleDeactivationsHeld",
    what: "it is approved at once",
    series: { [condition("DeactivationsWithinLimit", "False")]: "0x5 1x2 0x30" },
    at: "12m",
    fires: [],
  },

  {
    alert: "OktaRoleDirectoryNotFollowed",
    what: "Okta can't be read for two minutes",
    series: { [FAILING_SINCE]: "0x5 300x1 0x20" },
    at: "15m",
    fires: [],
  },
  {
    alert: "OktaRoleDirectoryNotFollowed",
    what: "Okta can't be read since minute five",
    series: { [FAILING_SINCE]: "0x4 300x20" },
    at: "15m",
    fires: [{ labels: acme, value: "300" }],
  },
  {
    alert: "OktaRoleEventHookSilent",
    what: "the event hook tells what the log says",
    series: {
      [HEARD_BY_LOG]: "0+1x120",
      [HEARD_BY_HOOK]: "0+1x120",
      [condition("EventHookVerified", "True")]: "1x120",
    },
    at: "90m",
    fires: [],
  },
  {
    alert: "OktaRoleEventHookSilent",
    what: "there is no event hook",
    series: { [HEARD_BY_LOG]: "0+1x120" },
    at: "90m",
    fires: [],
  },
  {
    alert: "OktaRoleEventHookSilent",
    what: "the log has what the event hook doesn't tell",
    series: {
      [HEARD_BY_LOG]: "0+1x120",
      [HEARD_BY_HOOK]: "7x120",
      [condition("EventHookVerified", "True")]: "1x120",
    },
    at: "90m",
    fires: [{ labels: acme, value: "60" }],
  },
  {
    alert: "OktaRoleEventHookSilent",
    what: "the event hook comes with another secret",
    series: {
      [HEARD_BY_LOG]: "0+1x120",
      [HEARD_BY_HOOK]: "7x120",
      [condition("EventHookVerified", "Unknown")]: "1x120",
    },
    at: "90m",
    fires: [{ labels: acme, value: "60" }],
  },
  {
    alert: "OktaRoleOktaRateLimited",
    what: "Okta can't be reached",
    series: { [limited("directory-unreachable")]: "0+1x60" },
    at: "30m",
    fires: [],
  },
  {
    alert: "OktaRoleOktaRateLimited",
    what: "the limit is used up time and again",
    series: { [limited("directory-rate-limited")]: "0+1x60" },
    at: "30m",
    fires: [{ labels: acme, value: "15" }],
  },
  {
    alert: "OktaRoleReconcilesFailing",
    what: "half of them, for long",
    series: { [reconciles("done")]: "0+1x60", [reconciles("error")]: "0+1x60" },
    at: "40m",
    fires: [{ labels: { controller: "mappings" }, value: "50%" }],
  },
  {
    alert: "OktaRoleReconcilesFailing",
    what: "conflicts, which are tried again at once",
    series: { [reconciles("done")]: "0+1x60", [reconciles("conflict")]: "0+1x60" },
    at: "40m",
    fires: [],
  },

  {
    alert: "OktaRoleReconcilesStuck",
    what: "keys wait and nothing is done",
    series: { [depth]: "0x10 7x50", [reconciles("done")]: "0+1x10 10x50" },
    at: "50m",
    fires: [{ labels: { controller: "mappings" }, value: "7" }],
  },
  {
    alert: "OktaRoleReconcilesStuck",
    what: "keys wait and work goes on",
    series: { [depth]: "7x60", [reconciles("done")]: "0+100x60" },
    at: "50m",
    fires: [],
  },

  {
    alert: "OktaRoleReconcilesSlow",
    what: "every tenth waits for nearly a minute",
    series: { [waited("30")]: "0+90x60", [waited("60")]: "0+100x60", [waited("+Inf")]: "0+100x60" },
    at: "40m",
    fires: [{ labels: { controller: "users" }, value: "57s" }],
  },
  {
    alert: "OktaRoleReconcilesSlow",
    what: "none waits for long",
    series: { [waited("30")]: "0+100x60", [waited("60")]: "0+100x60", [waited("+Inf")]: "0+100x60" },
    at: "40m",
    fires: [],
  },

  {
    alert: "OktaRoleKubernetesAPIFailing",
    what: "one in ten is a 503",
    series: { [requests("200")]: "0+90x60", [requests("503")]: "0+10x60" },
    at: "40m",
    fires: [{ labels: { endpoint: "webhook" }, value: "10%" }],
  },
  {
    alert: "OktaRoleKubernetesAPIFailing",
    what: "conflicts and what isn't there",
    series: { [requests("200")]: "0+90x60", [requests("409")]: "0+10x60", [requests("404")]: "0+10x60" },
    at: "40m",
    fires: [],
  },

  {
    alert: "OktaRoleKubernetesAPIForbidden",
    what: "a Secret that wasn't named",
    series: { [requests("200")]: "0+90x60", [requests("403")]: "0x10 1+1x50" },
    at: "30m",
    fires: [{ labels: { endpoint: "webhook", verb: "get", resource: "secrets" } }],
  },
  {
    alert: "OktaRoleKubernetesAPIForbidden",
    what: "all is allowed",
    series: { [requests("200")]: "0+90x60" },
    at: "30m",
    fires: [],
  },

  {
    alert: "OktaRoleWatchesFailing",
    what: "a watch breaks every ten seconds",
    series: { [restarts("error")]: "0+6x60" },
    at: "40m",
    fires: [{ labels: { endpoint: "operator", resource: "organizations" } }],
  },
  {
    alert: "OktaRoleWatchesFailing",
    what: "watches end on time",
    series: { [restarts("expired")]: "0+6x60" },
    at: "40m",
    fires: [],
  },

  {
    alert: "OktaRoleEventLoopBlocked",
    what: "half a second, for long",
    series: { [scraped("nodejs_eventloop_lag_p99_seconds", "operator")]: "0.5x60" },
    at: "40m",
    fires: [
      {
        labels: {
          namespace: "access",
          job: "okta-role-operator-metrics",
          endpoint: "operator",
          pod: "pod-a",
        },
        value: "500ms",
      },
    ],
  },
  {
    alert: "OktaRoleEventLoopBlocked",
    what: "half a second, once",
    series: { [scraped("nodejs_eventloop_lag_p99_seconds", "operator")]: "0.01x20 0.5 0.01x60" },
    at: "40m",
    fires: [],
  },

  {
    alert: "OktaRoleMemoryShort",
    what: "the number of users has grown",
    series: {
      [memoryUsed("container", "pod-a")]: "0.8x10 0.91x20",
      [memoryUsed("heap", "pod-a")]: "0.5x30",
      [memoryUsed("container", "pod-b")]: "0.6x30",
    },
    at: "20m",
    fires: [{ labels: { endpoint: "operator", pod: "pod-a" }, value: "91%" }],
  },
  {
    alert: "OktaRoleMemoryShort",
    what: "it takes more while it starts",
    series: { [memoryUsed("container", "pod-a")]: "0.9x2 0.6x30" },
    at: "10m",
    fires: [],
  },
];
