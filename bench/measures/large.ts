import type { Bench } from "../bench.ts";
import { type Measure, type Outcome, type Row, times, written } from "../measure.ts";
import { untilQuiet } from "../quiet.ts";
import { memoryMiB } from "../usage.ts";
import { MAPPINGS } from "./cold-start.ts";
import { pidOf, USERS, untilReconciled } from "./scale.ts";

const MANY = 5 * USERS;
/** The chart's memory limit is made for a fifth of that. */
const HEAP_MIB = 1_024;

export const large: Measure = {
  name: "large",
  title: "100,000 users beside 20,000",
  method:
    "Operator and webhook are started in a namespace with 10,000 mappings and 100,000 accounts of ten groups each, and in " +
    "one with 20,000, one after the other and both with a heap of 1 GiB, until every object was reconciled and nothing is " +
    "written any more. Memory is what the kernel says is resident, by then and at its peak; stalls are taken by Node's own " +
    "histogram of the event loop's delay, from the first import on.",
  run: measure,
};

/** What each program needs. */
type Found = Record<"operator" | "webhook", { now: number; peak: number; stallMs: number }>;

async function measure(bench: Bench): Promise<Outcome> {
  const few = await once(bench, "cold-1", bench.scaled(USERS));
  const many = await once(bench, "large", bench.scaled(MANY));
  const row = (what: string, unit: string, of: (found: Found) => number): Row => ({
    what,
    measured: `${written(of(many))} ${unit}`,
    neighbour: `${written(of(few))} ${unit}: ${written(bench.scaled(USERS))} users`,
    ratio: times(of(many) / of(few)),
    budget: "",
  });
  const rows = (["operator", "webhook"] as const).flatMap((name) => [
    row(`Memory of the ${name} with ${written(bench.scaled(MANY))} users`, "MiB", (found) => found[name].now),
    row("At its peak, while everything is read", "MiB", (found) => found[name].peak),
    row("Longest stall of its event loop at start", "ms", (found) => found[name].stallMs),
  ]);
  return { rows, notes: [] };
}

async function once(bench: Bench, name: string, users: number): Promise<Found> {
  const tenant = await bench.tenant(name);
  bench.say(`  making ${written(users)} users`);
  await tenant.ensureMappings(bench.scaled(MAPPINGS));
  await tenant.ensureUsers(users);
  const programs = {
    operator: await bench.operator(tenant, HEAP_MIB),
    webhook: await bench.webhook(tenant, HEAP_MIB),
  };
  bench.say("  reconciling");
  const stalls = await untilReconciled(tenant, programs.operator, programs.webhook);
  await untilQuiet(bench.controlPlane);
  const [operator, webhook] = [
    { ...(await memoryMiB(pidOf(programs.operator))), stallMs: stalls.operator },
    { ...(await memoryMiB(pidOf(programs.webhook))), stallMs: stalls.webhook },
  ];
  await bench.end(programs.operator, programs.webhook);
  return { operator, webhook };
}
