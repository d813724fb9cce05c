import { setTimeout as sleep } from "node:timers/promises";
import { oktaRoleMappings } from "../../crds/resources.ts";
import type { OktaRoleMapping } from "../../crds/types.ts";
import type { Bench } from "../bench.ts";
import { type Measure, type Outcome, times, written } from "../measure.ts";
import { signedIn } from "../newly-mapped.ts";
import { ObjectWatch } from "../object-watch.ts";
import { SessionChecks } from "../session-checks.ts";
import { SignIns } from "../sign-ins.ts";
import { quantile } from "../statistics.ts";
import type { Tenant } from "../tenant.ts";

const PAUSE_MS = 20;

export const revocation: Measure = {
  name: "revocation",
  title: "Mapping deleted to session refused",
  method:
    "Somebody signs in who holds access through one mapping alone; the mapping is deleted, and GET /session is asked " +
    "again and again, one request after the other, until it answers 401. On the way are a watch event to the operator, " +
    "its write to the account, and a watch event to the webhook. The neighbour is one of these: a deletion of an object " +
    "of the same kind and its watch event. The two take turns. The budget is DESIGN.md's for a removal in Okta with an " +
    "event hook, which this is the last part of.",
  run: measure,
};

async function measure(bench: Bench): Promise<Outcome> {
  const tenant = await bench.tenant("revocation");
  const elsewhere = await bench.tenant("raw");
  const operator = await bench.operator(tenant);
  const webhook = await bench.webhook(tenant);
  const baseURL = `http://localhost:${webhook.port}`;
  const signIns = new SignIns(bench.provider, { baseURL, login: tenant.loginPath });
  const rawWatch = await ObjectWatch.start(bench.admin, oktaRoleMappings, elsewhere.namespace);
  const checks = new SessionChecks(baseURL);
  try {
    const ours: number[] = [];
    const raw: number[] = [];
    const warmUp = 10;
    for (let i = 0; i < warmUp + bench.scaled(200); i++) {
      const name = `revoked-${i}`;
      await tenant.createMapping(name, name, "role-1");
      const cookie = await signedIn(signIns, checks, name);
      const one = await revoked(bench, tenant, name, () => checks.untilRefused(cookie));
      await sleep(PAUSE_MS);
      await elsewhere.createMapping(name, name, "role-1");
      await sleep(PAUSE_MS);
      const other = await revoked(bench, elsewhere, name, () => rawWatch.until(isGone(name)));
      await sleep(PAUSE_MS);
      if (i < warmUp) continue;
      ours.push(one);
      raw.push(other);
    }
    return outcome(ours, raw);
  } finally {
    await checks.close();
    await rawWatch.stop();
    await signIns.close();
    await bench.end(operator, webhook);
  }
}

/** @returns ms from the request to delete until it is seen */
async function revoked(
  { admin }: Bench,
  { namespace }: Tenant,
  name: string,
  seen: () => Promise<number>,
): Promise<number> {
  const start = performance.now();
  const [at] = await Promise.all([seen(), admin.delete(oktaRoleMappings, { namespace, name })]);
  return at - start;
}

function isGone(name: string) {
  return (object: OktaRoleMapping, deleted: boolean): boolean => deleted && object.metadata.name === name;
}

function outcome(ours: readonly number[], raw: readonly number[]): Outcome {
  const row = (name: string, share: number) => ({
    what: `Mapping deleted to session refused, ${name}`,
    measured: `${written(quantile(ours, share))} ms`,
    neighbour: `${written(quantile(raw, share))} ms: one deletion and its watch event`,
    ratio: times(quantile(ours, share) / quantile(raw, share)),
  });
  const p99 = quantile(ours, 0.99);
  return {
    rows: [
      { ...row("p50", 0.5), budget: "" },
      { ...row("p99", 0.99), budget: "< 2 s", met: p99 < 2_000 },
    ],
    notes: [`${ours.length} people.`],
  };
}
