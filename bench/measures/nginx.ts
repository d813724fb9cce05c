import type { Bench } from "../bench.ts";
import { type Measure, type Outcome, type Row, times, written } from "../measure.ts";
import type { ForeignProgram } from "../peers/foreign-program.ts";
import { startBareNginx, startDocumentedNginx } from "../peers/nginx.ts";
import { SignIns } from "../sign-ins.ts";
import { median, quantile } from "../statistics.ts";
import { steadyLoad } from "../steady-load.ts";

const RATE = 200;
const SECONDS = 5;
const TURNS = 8;
/** What the documented configuration asks for. */
const ROLE = "service-admin";
const BUDGETS_MS = { p50: 1, p99: 3 } as const;

export const behindNginx: Measure = {
  name: "nginx",
  title: "What the door adds behind nginx",
  method:
    "nginx with docs/proxies/nginx.conf before an application that answers at once, and the same nginx with a bare " +
    "proxy_pass to the same application, asked 200 times a second on connections that stay open, whatever the answers " +
    "take; each answer is timed from its request. The two take turns of five seconds, after one of each that isn't " +
    "counted. p50 and p99 are those of a turn, and what stands here is the median over the turns, of the difference as " +
    "well.",
  run: measure,
};

async function measure(bench: Bench): Promise<Outcome> {
  const tenant = await bench.tenant("nginx");
  await tenant.patchOrganization({ spec: { roles: [{ name: ROLE, displayName: ROLE, admin: false }] } });
  await tenant.createMapping("admins", "admins", ROLE);
  const webhook = await bench.webhook(tenant);
  const application = await bench.peer("bare-express", { answer: { hello: "there" } }, "-behind-nginx");
  const between = { tenant, webhookPort: webhook.port, applicationPort: application.port };
  const guarded = await startDocumentedNginx(bench, between);
  const bare = await startBareNginx(bench, application.port);
  try {
    if ("why" in guarded) return { rows: [], notes: [guarded.why] };
    if ("why" in bare) return { rows: [], notes: [bare.why] };
    const signIns = new SignIns(bench.provider, {
      baseURL: `http://localhost:${webhook.port}`,
      login: tenant.loginPath,
    });
    const cookie = await signIns.signIn("ada", ["admins"]);
    await signIns.close();
    const seconds = bench.quick ? 1 : SECONDS;
    const turn = (nginx: ForeignProgram): Promise<number[]> =>
      steadyLoad({ url: `${nginx.baseURL}/`, cookie, rate: RATE, seconds });
    const ours: number[][] = [];
    const theirs: number[][] = [];
    for (let i = 0; i <= (bench.quick ? 2 : TURNS); i++) {
      const one = await turn(guarded);
      const other = await turn(bare);
      if (i === 0) continue;
      ours.push(one);
      theirs.push(other);
    }
    return { rows: [row("p50", 0.5, ours, theirs), row("p99", 0.99, ours, theirs)], notes: [] };
  } finally {
    for (const one of [guarded, bare]) if ("stop" in one) await one.stop();
    await bench.end(webhook, application);
  }
}

function row(
  name: keyof typeof BUDGETS_MS,
  share: number,
  ours: readonly number[][],
  theirs: readonly number[][],
): Row {
  const of = (turns: readonly number[][]): number[] => turns.map((turn) => quantile(turn, share));
  const [guarded, bare] = [of(ours), of(theirs)];
  const added = median(guarded.map((value, i) => value - (bare[i] ?? Number.NaN)));
  return {
    what: `Added behind nginx, ${RATE} requests a second, ${name}`,
    measured: `${written(added)} ms (${written(median(guarded))} ms)`,
    neighbour: `${written(median(bare))} ms: a bare proxy_pass`,
    ratio: times(median(guarded) / median(bare)),
    budget: `<= ${BUDGETS_MS[name]} ms`,
    met: added <= BUDGETS_MS[name],
  };
}
