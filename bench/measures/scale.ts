import { setTimeout as sleep } from "node:timers/promises";
import type { Program } from "../../dev/quickstart/program.ts";
import { apiWrites, listed, sum, writesBetween } from "../api-writes.ts";
import type { Bench } from "../bench.ts";
import { type Sample, scrape, total } from "../exposition.ts";
import { type Measure, type Outcome, type Row, written } from "../measure.ts";
import { untilQuiet } from "../quiet.ts";
import type { Tenant } from "../tenant.ts";
import { cpuSeconds, memoryMiB } from "../usage.ts";
import { MAPPINGS } from "./cold-start.ts";

export const USERS = 20_000;
const REST_MS = 90_000;
/** For what comes late. */
const SETTLE_MS = 5_000;
const LOOK_EVERY_MS = 1_000;
const TIMEOUT_MS = 300_000;

export const scale: Measure = {
  name: "scale",
  title: "10,000 mappings and 20,000 users: start, memory, rest",
  method:
    "Operator and webhook are started in a namespace with 10,000 mappings and 20,000 accounts of ten groups each " +
    "(three of them mapped, so that each account holds three roles), and are left alone until nothing is written any " +
    "more. Then both are started again, so that every object is reconciled a second time, unchanged; and then left " +
    "alone for 90 seconds. Writes are counted by the API server (`apiserver_request_total`, whoever wrote, without " +
    "Leases); stalls by Node's own histogram of the event loop's delay, from the first import to the end of the second " +
    "reconcile; memory is what the kernel says is resident, at the end of the rest and at its peak.",
  run: measure,
};

async function measure(bench: Bench): Promise<Outcome> {
  const tenant = await bench.tenant("cold-1");
  await tenant.ensureMappings(bench.scaled(MAPPINGS));
  bench.say("  making users");
  await tenant.ensureUsers(bench.scaled(USERS));
  bench.say("  first start: counts of users are written into mappings");
  const before = [await bench.operator(tenant), await bench.webhook(tenant)];
  await untilQuiet(bench.controlPlane);
  await bench.end(...before);

  bench.say("  second start");
  const atStart = await apiWrites(bench.controlPlane);
  const [operator, webhook] = [await bench.operator(tenant), await bench.webhook(tenant)];
  const stalls = await untilReconciled(tenant, operator, webhook);
  const secondReconcile = writesBetween(atStart, await apiWrites(bench.controlPlane));

  bench.say("  at rest");
  const restMs = bench.scaled(REST_MS);
  const atRest = await apiWrites(bench.controlPlane);
  const cpu = await Promise.all([operator, webhook].map((program) => cpuSeconds(pidOf(program))));
  await sleep(restMs);
  const [operatorCpu = 0, webhookCpu = 0] = await Promise.all(
    [operator, webhook].map(async (program, i) => (await cpuSeconds(pidOf(program))) - (cpu[i] ?? 0)),
  );
  const rest = writesBetween(atRest, await apiWrites(bench.controlPlane));
  const [operatorMemory, webhookMemory] = [await memoryMiB(pidOf(operator)), await memoryMiB(pidOf(webhook))];
  await bench.end(operator, webhook);

  const zero = (what: string, writes: typeof rest): Row => ({
    what,
    measured: String(sum(writes)),
    neighbour: "",
    ratio: "",
    budget: "0",
    met: sum(writes) === 0,
  });
  const share = (seconds: number): string => written((seconds * 100_000) / restMs);
  return {
    rows: [
      zero("Writes on a second reconcile of unchanged objects", secondReconcile),
      zero(`Writes in ${restMs / 1000} s at rest`, rest),
      ...memory("operator", operatorMemory),
      ...memory("webhook", webhookMemory),
      stall("operator", stalls.operator),
      stall("webhook", stalls.webhook),
    ],
    notes: [
      `Written on the second reconcile: ${listed(secondReconcile)}. At rest: ${listed(rest)}.`,
      `At rest the operator uses ${share(operatorCpu)} % of a core, the webhook ${share(webhookCpu)} %.`,
    ],
  };
}

export function pidOf({ process: { pid = 0 } }: Program): number {
  return pid;
}

/** Waits until every mapping and every user was reconciled. @returns the longest stall of each event loop, in ms */
export async function untilReconciled(
  tenant: Tenant,
  operator: Program,
  webhook: Program,
): Promise<{ operator: number; webhook: number }> {
  const stalls = { operator: 0, webhook: 0 };
  const look = async (which: keyof typeof stalls, { healthPort }: Program): Promise<Sample[]> => {
    // Reading the metrics begins the histogram anew.
    const samples = await scrape(healthPort);
    stalls[which] = Math.max(stalls[which], total(samples, "nodejs_eventloop_lag_max_seconds") * 1000);
    return samples;
  };
  const deadline = performance.now() + TIMEOUT_MS;
  for (;;) {
    const samples = await look("operator", operator);
    await look("webhook", webhook);
    const reconciled = (controller: string): number =>
      total(samples, "okta_role_reconciles_total", (labels) => labels.controller === controller);
    if (reconciled("mappings") >= tenant.mappings && reconciled("users") >= tenant.users) break;
    if (performance.now() > deadline) throw new Error("not everything was reconciled in time");
    await sleep(LOOK_EVERY_MS);
  }
  await sleep(SETTLE_MS);
  await look("operator", operator);
  await look("webhook", webhook);
  return stalls;
}

function memory(name: string, { now, peak }: { now: number; peak: number }): Row[] {
  const row = (when: string, mib: number): Row => ({
    what: `Memory of the ${name}, resident ${when}`,
    measured: `${written(mib)} MiB`,
    neighbour: "",
    ratio: "",
    budget: "<= 200 MiB",
    met: mib <= 200,
  });
  return [row("at rest", now), row("at its peak, while everything is read", peak)];
}

function stall(name: string, ms: number): Row {
  return {
    what: `Longest stall of the event loop at start, ${name}`,
    measured: `${written(ms)} ms`,
    neighbour: "",
    ratio: "",
    budget: "<= 200 ms",
    met: ms <= 200,
  };
}
