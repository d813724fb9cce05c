import test from "ava";
import { Registry } from "prom-client";
import { WebhookMetrics } from "../../webhook/metrics.ts";

/** What a scrape has of one metric: each series and its value. */
async function scraped(registry: Registry, name: string): Promise<Record<string, string>> {
  const lines = (await registry.metrics()).split("\n").filter((line) => line.startsWith(name));
  return Object.fromEntries(lines.map((line) => line.slice(name.length).split(" ") as [string, string]));
}

test("sign-ins are counted by organization, outcome and reason; those that somebody is alerted of from 0 on", async (t) => {
  const registry = new Registry();
  const metrics = new WebhookMetrics(registry);
  metrics.knows("team/acme");
  metrics.login("team/acme", "refused", "ClaimLost");
  metrics.login("team/acme", "admitted", "MappedGroup");
  metrics.login("team/acme", "admitted", "MappedGroup");
  metrics.knows("team/acme");
  const series = (outcome: string, reason: string) =>
    `{organization="team/acme",outcome="${outcome}",reason="${reason}"}`;
  t.deepEqual(await scraped(registry, "okta_role_logins_total"), {
    [series("refused", "ClaimInvalid")]: "0",
    [series("refused", "ClaimNotSetUp")]: "0",
    [series("refused", "ClaimLost")]: "1",
    [series("refused", "TooManyGroups")]: "0",
    [series("admitted", "MappedGroup")]: "2",
  });
});

test("what the event hook tells counts from 0 on, so that its first delivery is an increase", async (t) => {
  const registry = new Registry();
  const metrics = new WebhookMetrics(registry);
  metrics.knows("team/acme");
  metrics.hookEvents.inc({ organization: "team/acme", outcome: "concerned" }, 4);
  metrics.knows("team/acme");
  t.deepEqual(await scraped(registry, "okta_role_event_hook_events_total"), {
    '{organization="team/acme",outcome="concerned"}': "4",
  });
});

test("what was counted of an organization goes with it, unless it is there again", async (t) => {
  const registry = new Registry();
  const metrics = new WebhookMetrics(registry);
  for (const organization of ["team/acme", "team/beta"]) {
    metrics.knows(organization);
    metrics.login(organization, "admitted", "MappedGroup");
    metrics.hookCalls.inc({ organization, outcome: "called" });
  }
  const of = async (organization: string): Promise<number> =>
    (await registry.metrics()).split("\n").filter((line) => line.includes(`"${organization}"`)).length;
  await metrics.forgets("team/acme", () => false);
  t.is(await of("team/acme"), 7);
  await metrics.forgets("team/acme", () => true);
  t.is(await of("team/acme"), 0);
  t.is(await of("team/beta"), 7);
});

test("session checks are counted by a tally of each outcome, as they are when somebody looks", async (t) => {
  const registry = new Registry();
  const metrics = new WebhookMetrics(registry);
  const name = "okta_role_session_checks_total";
  t.deepEqual(await scraped(registry, name), {});
  const good = metrics.sessionChecks("signed-in");
  good.count += 2;
  metrics.sessionChecks("forbidden").count++;
  t.deepEqual(await scraped(registry, name), { '{outcome="signed-in"}': "2", '{outcome="forbidden"}': "1" });
  good.count++;
  t.is(metrics.sessionChecks("signed-in"), good);
  t.deepEqual(await scraped(registry, name), { '{outcome="signed-in"}': "3", '{outcome="forbidden"}': "1" });
});

test("the rest is counted by what it is labelled with, and times from milliseconds to ten seconds", async (t) => {
  const registry = new Registry();
  const metrics = new WebhookMetrics(registry);
  metrics.coalesced.inc();
  metrics.hookCalls.inc({ organization: "team/acme", outcome: "called" });
  metrics.hookEvents.inc({ organization: "team/acme", outcome: "foreign" }, 3);
  t.deepEqual(await scraped(registry, "okta_role_status_writes_coalesced_total"), { "": "1" });
  t.deepEqual(await scraped(registry, "okta_role_event_hook_calls_total"), {
    '{organization="team/acme",outcome="called"}': "1",
  });
  t.deepEqual(await scraped(registry, "okta_role_event_hook_events_total"), {
    '{organization="team/acme",outcome="foreign"}': "3",
  });
  for (const [histogram, name, least] of [
    [metrics.loginSeconds, "okta_role_login_duration_seconds", "0.005"],
    [metrics.provisioningSeconds, "okta_role_provisioning_duration_seconds", "0.0025"],
  ] as const) {
    histogram.observe({ outcome: "admitted" }, 0.3);
    const buckets = await scraped(registry, `${name}_bucket`);
    t.is(buckets[`{le="${least}",outcome="admitted"}`], "0");
    t.is(buckets['{le="0.25",outcome="admitted"}'], "0");
    t.is(buckets['{le="0.5",outcome="admitted"}'], "1");
    t.is(buckets['{le="10",outcome="admitted"}'], "1");
  }
});
