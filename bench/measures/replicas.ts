import { setTimeout as sleep } from "node:timers/promises";
import { oktaRoleMappings } from "../../crds/resources.ts";
import type { Bench } from "../bench.ts";
import { type Measure, type Outcome, written } from "../measure.ts";
import { signedIn } from "../newly-mapped.ts";
import { SessionChecks } from "../session-checks.ts";
import { SignIns } from "../sign-ins.ts";
import { quantile } from "../statistics.ts";

const REPLICAS = 3;
const PEOPLE = 200;
const WARM_UP = 5;
const PAUSE_MS = 20;
/** Between an answer and the next question: three that ask without a pause would take the machine from those who answer. */
const ASKED_EVERY_MS = 2;
const BUDGET_MS = 50;

export const replicas: Measure = {
  name: "replicas",
  title: "Replicas that learn of a revocation",
  method:
    "Three webhooks on one organization. Somebody signs in at one of them, who holds access through one mapping alone, and " +
    "is let in by all three; the mapping is deleted, and each is asked again and again for GET /session over a connection " +
    "of its own, with 2 ms between an answer and the next question, until it answers 401. Taken is the time from the " +
    "first webhook's 401 to the last one's, in which these pauses are: for so long, somebody who is refused at one " +
    "replica may come in at another.",
  run: measure,
};

async function measure(bench: Bench): Promise<Outcome> {
  const tenant = await bench.tenant("replicas");
  const operator = await bench.operator(tenant);
  const webhooks = await Promise.all(Array.from({ length: REPLICAS }, () => bench.webhook(tenant)));
  const urls = webhooks.map(({ port }) => `http://localhost:${port}`);
  const checks = urls.map((url) => new SessionChecks(url, { pauseMs: ASKED_EVERY_MS }));
  const [baseURL = ""] = urls;
  const [first] = checks;
  const signIns = new SignIns(bench.provider, { baseURL, login: tenant.loginPath });
  const spreads: number[] = [];
  const lasts: number[] = [];
  try {
    for (let i = 0; first && i < WARM_UP + bench.scaled(PEOPLE); i++) {
      const name = `revoked-${i}`;
      await tenant.createMapping(name, name, "role-1");
      const cookie = await signedIn(signIns, first, name);
      await Promise.all(checks.map((one) => one.untilAdmitted(cookie)));
      await sleep(PAUSE_MS);
      const start = performance.now();
      const { namespace } = tenant;
      const [refused] = await Promise.all([
        Promise.all(checks.map((one) => one.untilRefused(cookie))),
        bench.admin.delete(oktaRoleMappings, { namespace, name }),
      ]);
      if (i < WARM_UP) continue;
      spreads.push(Math.max(...refused) - Math.min(...refused));
      lasts.push(Math.max(...refused) - start);
    }
    return outcome(spreads, lasts);
  } finally {
    await Promise.all(checks.map((one) => one.close()));
    await signIns.close();
    await bench.end(operator, ...webhooks);
  }
}

function outcome(spreads: readonly number[], lasts: readonly number[]): Outcome {
  const row = (name: string, share: number) => ({
    what: `From the first of three replicas that refuses to the last, ${name}`,
    measured: `${written(quantile(spreads, share))} ms`,
    neighbour: "",
    ratio: "",
  });
  return {
    rows: [
      { ...row("p50", 0.5), budget: "" },
      { ...row("p99", 0.99), budget: `<= ${BUDGET_MS} ms`, met: quantile(spreads, 0.99) <= BUDGET_MS },
    ],
    notes: [
      `${spreads.length} people. From the request to delete until the last of the three refused: p50 ` +
        `${written(quantile(lasts, 0.5))} ms, p99 ${written(quantile(lasts, 0.99))} ms.`,
    ],
  };
}
