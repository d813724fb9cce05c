import { setTimeout as sleep } from "node:timers/promises";
import type { Program } from "../../dev/quickstart/program.ts";
import type { Bench } from "../bench.ts";
import { scrape, total } from "../exposition.ts";
import { type Measure, type Outcome, percent, type Row, written } from "../measure.ts";
import { SignIns } from "../sign-ins.ts";
import { median, pairedRatio } from "../statistics.ts";
import { cpuSeconds, pin } from "../usage.ts";

/** Callbacks in one go. Each first login leaves Events behind, which are written at 50 a second at most. */
const LOGINS = 250;
const WARM_UP = 200;
const REPETITIONS = 5;
/** How long a process is watched to see what it needs when nobody signs in. */
const IDLE_MS = 3_000;
/** What a login sets off belongs to it: the watch event of its own write, a coalesced status. */
const AFTERMATH_MS = 1_200;

export const logins: Measure = {
  name: "logins",
  title: "Login callback, provisioning included",
  method:
    "Sign-ins are begun and their ID tokens signed beforehand (bench/peers/provider.ts is a token endpoint that only " +
    "hands them out), so that only callbacks are measured, eight at once. The webhook makes an account for each of " +
    "distinct people (first login), or notes their login on it (login again); the operator runs beside it. The " +
    "neighbour is bench/peers/bare-callback.ts: express and openid-client, with the signature verified, and nothing " +
    "stored. Two cores are too few for three servers and a client, so what is compared is the CPU time that each " +
    "process has used per login, from the first request until a second after the last answer, less what it uses when " +
    "nobody signs in: the inverse is the rate that the process reaches with a core to itself. Each process is kept on " +
    "the second core, the client on the first. " +
    "The three take turns, and the ratio is the median over the turns. Events of first logins are written afterwards, " +
    "at most 50 a second whatever the rate of logins: they are waited for between the turns. What a login costs beyond " +
    "the bare callback is, for the larger part, storing it: two writes to the Kubernetes API for a new account and one to note a later login, " +
    "each of which comes back as a watch event, and an Event where something has changed.",
  run: measure,
};

async function measure(bench: Bench): Promise<Outcome> {
  const tenant = await bench.tenant("logins");
  await tenant.ensureMappings(10);
  const operator = await bench.operator(tenant);
  const webhook = await bench.webhook(tenant);
  const bare = await bench.peer("bare-callback");
  const ours = new SignIns(bench.provider, {
    baseURL: `http://localhost:${webhook.port}`,
    login: tenant.loginPath,
  });
  const theirs = new SignIns(bench.provider, {
    baseURL: `http://localhost:${bare.port}`,
    login: "/login/acme",
  });
  const client = process.pid;
  await pin(client, "0");
  await pin(webhook.process.pid ?? 0, "1");
  await pin(bare.process.pid ?? 0, "1");
  try {
    const count = bench.quick ? 50 : LOGINS;
    await cost(ours, webhook, 0, people("warm-up", WARM_UP));
    await cost(theirs, bare, 0, people("warm-up", WARM_UP));
    await eventsWritten(webhook);
    const [oursIdle, theirsIdle] = await Promise.all([idleShare(webhook), idleShare(bare)]);
    const found = { first: [] as Cost[], again: [] as Cost[], bare: [] as Cost[] };
    for (let i = 0; i < (bench.quick ? 2 : REPETITIONS); i++) {
      const some = people(`turn-${i}`, count);
      await eventsWritten(webhook);
      found.first.push(await cost(ours, webhook, oursIdle, some));
      found.bare.push(await cost(theirs, bare, theirsIdle, some));
      await eventsWritten(webhook);
      found.again.push(await cost(ours, webhook, oursIdle, some));
    }
    return outcome(found, oursIdle);
  } finally {
    await pin(client, "0-1");
    await ours.close();
    await theirs.close();
    await bench.end(webhook, operator, bare);
  }
}

/** What one login costs, in ms of CPU time, and how many there were a second. */
interface Cost {
  readonly cpuMs: number;
  readonly rate: number;
}

async function cost(
  signIns: SignIns,
  server: Program,
  idle: number,
  some: readonly { subject: string; groups: readonly string[] }[],
): Promise<Cost> {
  const prepared = await signIns.prepare(some);
  const pid = server.process.pid ?? 0;
  const cpu = await cpuSeconds(pid);
  const start = performance.now();
  await signIns.finish(prepared);
  const seconds = (performance.now() - start) / 1000;
  await sleep(AFTERMATH_MS);
  const used = (await cpuSeconds(pid)) - cpu - idle * (seconds + AFTERMATH_MS / 1000);
  return { cpuMs: (used * 1000) / some.length, rate: some.length / seconds };
}

/** The share of a core that a process uses when nobody signs in. */
async function idleShare({ process: { pid = 0 } }: Program): Promise<number> {
  const [before, start] = [await cpuSeconds(pid), performance.now()];
  await sleep(IDLE_MS);
  return ((await cpuSeconds(pid)) - before) / ((performance.now() - start) / 1000);
}

function people(turn: string, count: number): { subject: string; groups: readonly string[] }[] {
  return Array.from({ length: count }, (_, i) => ({
    subject: `${turn}-${i}`,
    groups: [`team-${i % 10}`, ...Array.from({ length: 9 }, (_, k) => `list-${k}`)],
  }));
}

/** Waits until the Events of earlier logins are written. */
async function eventsWritten({ healthPort }: Program): Promise<void> {
  const count = async (): Promise<number> => total(await scrape(healthPort), "okta_role_events_total");
  for (let before = -1, now = await count(); now !== before; now = await count()) {
    before = now;
    await sleep(500);
  }
}

function outcome(
  { first, again, bare }: Record<"first" | "again" | "bare", readonly Cost[]>,
  idle: number,
): Outcome {
  const cpu = (costs: readonly Cost[]): number[] => costs.map(({ cpuMs }) => cpuMs);
  const perCore = (costs: readonly Cost[]): string => {
    const ms = median(cpu(costs));
    return `${written(1000 / ms)}/s on a core (${written(ms)} ms CPU each)`;
  };
  const row = (what: string, costs: readonly Cost[]): Row => {
    const ratio = 1 / pairedRatio(cpu(costs), cpu(bare));
    const neighbour = `${perCore(bare)}: openid-client's bare callback`;
    return {
      what,
      measured: perCore(costs),
      neighbour,
      ratio: percent(ratio),
      budget: ">= 70 %",
      met: ratio >= 0.7,
    };
  };
  const rate = (costs: readonly Cost[]): string => written(median(costs.map(({ rate }) => rate)));
  return {
    rows: [row("Login callback, first login", first), row("Login callback, login again", again)],
    notes: [
      `By the clock, with everything on the same two cores: ${rate(first)} first logins a second, ${rate(again)} ` +
        `logins again, ${rate(bare)} bare callbacks.`,
      `When nobody signs in, the webhook uses ${written(idle * 100)} % of a core.`,
    ],
  };
}
