import { setTimeout as sleep } from "node:timers/promises";
import { oktaRoleMappings } from "../../crds/resources.ts";
import type { OktaRoleMapping } from "../../crds/types.ts";
import type { Bench } from "../bench.ts";
import { type Measure, type Outcome, times, written } from "../measure.ts";
import { ObjectWatch } from "../object-watch.ts";
import { quantile } from "../statistics.ts";
import type { Tenant } from "../tenant.ts";

/** Lets what the last round has set off (an Event, say) come to rest. */
const PAUSE_MS = 20;

export const applyToReady: Measure = {
  name: "apply",
  title: "Apply to Ready, idle",
  method:
    "An OktaRoleMapping is created, and the time is taken until a watch shows its condition Ready as True. The " +
    "neighbour is the least that any controller could do once: a status patch of an object of the same kind, and a " +
    "watch that shows it, by the same client at the same API server, in a namespace where nobody reacts. The two " +
    "take turns. Ready takes two such round trips at least: the mapping has to reach the operator, and the status us.",
  run: measure,
};

async function measure(bench: Bench): Promise<Outcome> {
  const tenant = await bench.tenant("apply");
  const elsewhere = await bench.tenant("raw");
  const operator = await bench.operator(tenant);
  const watch = await ObjectWatch.start(bench.admin, oktaRoleMappings, tenant.namespace);
  const rawWatch = await ObjectWatch.start(bench.admin, oktaRoleMappings, elsewhere.namespace);
  await elsewhere.createMapping("raw", "a-group", "role-1");
  try {
    const ready: number[] = [];
    const raw: number[] = [];
    const warmUp = bench.scaled(50);
    for (let i = 0; i < warmUp + bench.scaled(400); i++) {
      const one = await applied(watch, tenant, `m-${i}`);
      await sleep(PAUSE_MS);
      const other = await patched(bench, rawWatch, elsewhere, i);
      await sleep(PAUSE_MS);
      if (i < warmUp) continue;
      ready.push(one);
      raw.push(other);
    }
    return outcome(ready, raw);
  } finally {
    await watch.stop();
    await rawWatch.stop();
    await bench.end(operator);
  }
}

/** @returns ms from the request until Ready is seen */
async function applied(watch: ObjectWatch<OktaRoleMapping>, tenant: Tenant, name: string): Promise<number> {
  const seen = watch.until((object) => object.metadata.name === name && isReady(object));
  const start = performance.now();
  await tenant.createMapping(name, `group-${name}`, "role-1");
  return (await seen) - start;
}

/** @returns ms from the request until it is seen */
async function patched(
  bench: Bench,
  watch: ObjectWatch<OktaRoleMapping>,
  { namespace }: Tenant,
  i: number,
): Promise<number> {
  const message = `round trip ${i}`;
  const seen = watch.until((object) => object.status?.conditions?.[0]?.message === message);
  const start = performance.now();
  const time = new Date().toISOString().replace(/\.\d+/, "");
  const condition = { type: "Ready", status: "True", reason: "Raw", message, lastTransitionTime: time };
  const patch = { status: { observedGeneration: 1, conditions: [condition] } };
  await bench.admin.mergePatch(oktaRoleMappings, { namespace, name: "raw" }, patch, {
    subresource: "status",
  });
  return (await seen) - start;
}

export function isReady({ status }: OktaRoleMapping): boolean {
  return status?.conditions?.find(({ type }) => type === "Ready")?.status === "True";
}

function outcome(ready: readonly number[], raw: readonly number[]): Outcome {
  const row = (name: string, share: number) => ({
    what: `Apply to Ready, idle, ${name}`,
    measured: `${written(quantile(ready, share))} ms`,
    neighbour: `${written(quantile(raw, share))} ms: one write and its watch event`,
    ratio: times(quantile(ready, share) / quantile(raw, share)),
  });
  const p99 = quantile(ready, 0.99) / quantile(raw, 0.99);
  return {
    rows: [
      { ...row("p50", 0.5), budget: "" },
      { ...row("p99", 0.99), budget: "<= 3x", met: p99 <= 3 },
    ],
    notes: [`${ready.length} pairs.`],
  };
}
