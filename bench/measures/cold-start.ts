import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { oktaRoleMappings } from "../../crds/resources.ts";
import { apiWrites, writesBetween } from "../api-writes.ts";
import type { Bench } from "../bench.ts";
import { builtInGo } from "../built-in-go.ts";
import { scrape, total } from "../exposition.ts";
import { type Measure, type Outcome, percent, type Row, times, written } from "../measure.ts";
import { ObjectWatch } from "../object-watch.ts";
import { median, pairedRatio } from "../statistics.ts";
import type { Tenant } from "../tenant.ts";
import { cpuSeconds, memoryMiB } from "../usage.ts";
import { isReady } from "./apply-to-ready.ts";

export const MAPPINGS = 10_000;
const REPETITIONS = 2;
/** For a second write of what was written already, if there is one. */
const SETTLE_MS = 3_000;
const TIMEOUT_MS = 300_000;

export const coldStart: Measure = {
  name: "cold",
  title: "10,000 mappings, cold to all Ready",
  method:
    "The mappings are there, without a status; then the operator is started, and the time is taken from the start of " +
    "its process until a watch has shown the last of them as Ready. The neighbour is bench/controller-runtime: the " +
    "same checks and the same status by server-side apply, in Go with controller-runtime, with 32 workers (ours has " +
    "24 for one namespace), a Lease, and no limit on its queries. It does less: it keeps no policy, looks after no organization and no users, " +
    "and writes no Events. Each run has a namespace of its own, and the two take turns (ours, theirs, theirs, ours).",
  run: measure,
};

interface Run {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakMiB: number;
  readonly statusWrites: number;
  /** ms; the Node processes tell it */
  readonly stallMs?: number;
}

interface Contestant {
  /** @returns its process id, its health port where it has one, and how it ends */
  start(tenant: Tenant): Promise<{ pid: number; healthPort?: number; end: () => Promise<void> }>;
}

async function measure(bench: Bench): Promise<Outcome> {
  const neighbour = await builtInGo({ name: "controller-runtime", main: "." }, bench.say);
  const go = "path" in neighbour ? inGo(bench, neighbour.path) : undefined;
  const ours: Run[] = [];
  const theirs: Run[] = [];
  for (let i = 1; i <= REPETITIONS; i++) {
    const runOurs = async (): Promise<void> => {
      ours.push(await once(bench, await bench.tenant(`cold-${i}`), operator(bench)));
    };
    const runTheirs = async (): Promise<void> => {
      if (go) theirs.push(await once(bench, await bench.tenant(`cold-go-${i}`), go));
    };
    const turns = i % 2 === 1 ? [runOurs, runTheirs] : [runTheirs, runOurs];
    for (const turn of turns) await turn();
  }
  return outcome(ours, theirs, "why" in neighbour ? neighbour.why : undefined);
}

async function once(bench: Bench, tenant: Tenant, contestant: Contestant): Promise<Run> {
  const count = bench.scaled(MAPPINGS);
  bench.say(`  ${tenant.namespace}: making mappings`);
  await tenant.ensureMappings(count);
  bench.say("  starting");
  const before = await apiWrites(bench.controlPlane);
  const watch = await ObjectWatch.start(bench.admin, oktaRoleMappings, tenant.namespace);
  try {
    const allReady = watch.untilAll(count, isReady, TIMEOUT_MS);
    const start = performance.now();
    const { pid, healthPort, end } = await contestant.start(tenant);
    const seconds = ((await allReady) - start) / 1000;
    const cpu = await cpuSeconds(pid);
    await sleep(SETTLE_MS);
    const { peak } = await memoryMiB(pid);
    const stall = healthPort === undefined ? {} : { stallMs: await longestStallMs(healthPort) };
    await end();
    const writes = writesBetween(before, await apiWrites(bench.controlPlane));
    const statusWrites = writes.get("oktarolemappings/status") ?? 0;
    return { seconds, cpuSeconds: cpu, peakMiB: peak, statusWrites: statusWrites / count, ...stall };
  } finally {
    await watch.stop();
  }
}

/** The longest that the event loop has stood still since the metrics were last read, in ms. */
async function longestStallMs(healthPort: number): Promise<number> {
  return total(await scrape(healthPort), "nodejs_eventloop_lag_max_seconds") * 1000;
}

function operator(bench: Bench): Contestant {
  return {
    async start(tenant) {
      const program = await bench.operator(tenant);
      const { pid = 0 } = program.process;
      return { pid, healthPort: program.healthPort, end: () => bench.end(program) };
    },
  };
}

function inGo({ tether }: Bench, path: string): Contestant {
  return {
    async start({ namespace, kubeconfig }) {
      const command = [path, "-bench-kubeconfig", kubeconfig, "-namespace", namespace, "-workers", "32"];
      const name = `controller-runtime-${namespace}`;
      const program = await tether.start(name, command, join(tether.folder, `${name}.log`));
      return { pid: program.pid ?? 0, end: () => program.stop(10_000) };
    },
  };
}

function outcome(ours: readonly Run[], theirs: readonly Run[], why: string | undefined): Outcome {
  const of = (runs: readonly Run[], what: (run: Run) => number): number[] => runs.map(what);
  const seconds = of(ours, (run) => run.seconds);
  const rate =
    theirs.length > 0
      ? pairedRatio(
          seconds,
          of(theirs, (run) => run.seconds),
        )
      : undefined;
  const stalls = Math.max(...ours.map(({ stallMs = 0 }) => stallMs));
  const perObject = Math.max(...of(ours, (run) => run.statusWrites));
  const cold: Row = {
    what: "10,000 mappings, cold to all Ready",
    measured: `${written(median(seconds))} s`,
    neighbour:
      rate === undefined
        ? `not measured: ${why}`
        : `${written(median(of(theirs, (run) => run.seconds)))} s: controller-runtime`,
    ratio: rate === undefined ? "" : times(rate),
    budget: "<= 1x",
    ...(rate === undefined ? {} : { met: rate <= 1 }),
  };
  const details = (name: string, runs: readonly Run[]): string =>
    `${name}: ${runs
      .map(
        (run) =>
          `${written(run.seconds)} s (${written(run.cpuSeconds)} s CPU, peak ${written(run.peakMiB)} MiB)`,
      )
      .join(", ")}.`;
  return {
    rows: [
      cold,
      {
        what: "Status writes per mapping, cold",
        measured: written(perObject),
        neighbour: theirs.length > 0 ? written(Math.max(...of(theirs, (run) => run.statusWrites))) : "",
        ratio: "",
        budget: "1",
        met: perObject === 1,
      },
      {
        what: "Longest stall of the event loop, cold start with 10,000 mappings",
        measured: `${written(stalls)} ms`,
        neighbour: "",
        ratio: "",
        budget: "<= 200 ms",
        met: stalls <= 200,
      },
    ],
    notes: [
      details("The operator", ours),
      ...(theirs.length > 0 ? [details("controller-runtime", theirs)] : []),
      ...(rate === undefined ? [] : [`The operator takes ${percent(rate)} of controller-runtime's time.`]),
    ],
  };
}
