import { setTimeout as sleep } from "node:timers/promises";
import type { Program } from "../../dev/quickstart/program.ts";
import type { Bench } from "../bench.ts";
import { scrape, total } from "../exposition.ts";
import { type Measure, type Outcome, percent, times, written } from "../measure.ts";
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
    "hands them out), so that only callbacks are measured, eight at once; the operator runs beside the webhook. Each " +
    "turn brings people who have never been here (first login: an account is made, by one create and one status write), " +
    "the same people again (returning and unchanged: nothing is written), and once more when they were here an hour ago " +
    "by what is stored (the time is stored afterwards: at most once a minute for each account, while nobody waits). " +
    "The neighbour is bench/peers/bare-callback.ts: express and openid-client, with the signature verified, and nothing " +
    "stored. The neighbour of a first login is the same program, which then makes the same two raw writes and sees their " +
    "watch events, by the product's own client; it decides, counts, logs and reports nothing. Two cores are too few for " +
    "four servers and a client, so what is compared is the CPU time that each process has used per login, from the first " +
    "request until a second after the last answer, less what it uses when nobody signs in: the inverse is the rate that " +
    "the process reaches with a core to itself. Each process is kept on the second core, the client on the first. They " +
    "take turns, and the ratio is the median over the turns. Events of first logins are written afterwards, at most 50 a " +
    "second whatever the rate of logins: they are waited for between the turns.",
  run: measure,
};

async function measure(bench: Bench): Promise<Outcome> {
  const [tenant, elsewhere] = [await bench.tenant("logins"), await bench.tenant("logins-raw")];
  await tenant.ensureMappings(10);
  const operator = await bench.operator(tenant);
  const webhook = await bench.webhook(tenant);
  const bare = await bench.peer("bare-callback");
  const { kubeconfig, organization } = elsewhere;
  const storing = await bench.peer("bare-callback", { writesTo: { kubeconfig, organization } }, "-storing");
  const at = ({ port }: Program, login = "/login/acme"): SignIns =>
    new SignIns(bench.provider, { baseURL: `http://localhost:${port}`, login });
  const signIns = { ours: at(webhook, tenant.loginPath), bare: at(bare), storing: at(storing) };
  const client = process.pid;
  await pin(client, "0");
  for (const program of [webhook, bare, storing]) await pin(program.process.pid ?? 0, "1");
  try {
    const count = bench.quick ? 50 : LOGINS;
    const warmUp = people("warm-up", WARM_UP);
    await cost(signIns.ours, webhook, 0, warmUp);
    await cost(signIns.bare, bare, 0, warmUp);
    await cost(signIns.storing, storing, 0, warmUp);
    await eventsWritten(webhook);
    const [oursIdle, bareIdle, storingIdle] = await Promise.all([webhook, bare, storing].map(idleShare));
    const found: Found = { first: [], storing: [], returning: [], later: [], bare: [] };
    for (let i = 0; i < (bench.quick ? 2 : REPETITIONS); i++) {
      const some = people(`turn-${i}`, count);
      await eventsWritten(webhook);
      found.first.push(await cost(signIns.ours, webhook, oursIdle, some));
      found.storing.push(await cost(signIns.storing, storing, storingIdle, some));
      await eventsWritten(webhook);
      found.bare.push(await cost(signIns.bare, bare, bareIdle, some));
      found.returning.push(await cost(signIns.ours, webhook, oursIdle, some));
      await tenant.setLoginsBack();
      found.later.push(await cost(signIns.ours, webhook, oursIdle, some));
    }
    return outcome(found, oursIdle ?? 0);
  } finally {
    await pin(client, "0-1");
    await Promise.all(Object.values(signIns).map((each) => each.close()));
    await bench.end(webhook, operator, bare, storing);
  }
}

/** What a login costs, in ms of CPU time, and how many there were a second. */
interface Cost {
  readonly cpuMs: number;
  readonly rate: number;
}

/** What was found in each turn. */
type Found = Record<"first" | "storing" | "returning" | "later" | "bare", Cost[]>;

async function cost(
  signIns: SignIns,
  server: Program,
  idle = 0,
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

function outcome({ first, storing, returning, later, bare }: Found, idle: number): Outcome {
  const cpu = (costs: readonly Cost[]): number[] => costs.map(({ cpuMs }) => cpuMs);
  const perCore = (costs: readonly Cost[]): string => {
    const ms = median(cpu(costs));
    return `${written(1000 / ms)}/s on a core (${written(ms)} ms CPU each)`;
  };
  const rate = (costs: readonly Cost[]): string => written(median(costs.map(({ rate }) => rate)));
  const firstRatio = pairedRatio(cpu(first), cpu(storing));
  const ofBare = (costs: readonly Cost[]): number => 1 / pairedRatio(cpu(costs), cpu(bare));
  const againstBare = {
    neighbour: `${perCore(bare)}: openid-client's bare callback`,
  };
  return {
    rows: [
      {
        what: "Login callback, first login",
        measured: perCore(first),
        neighbour: `${perCore(storing)}: the bare callback and the same two raw writes`,
        ratio: times(firstRatio),
        budget: "<= 1.5x",
        met: firstRatio <= 1.5,
      },
      {
        ...againstBare,
        what: "Login callback, returning and unchanged",
        measured: perCore(returning),
        ratio: percent(ofBare(returning)),
        budget: ">= 60 %",
        met: ofBare(returning) >= 0.6,
      },
      {
        ...againstBare,
        what: "The same after more than a minute, with the time stored afterwards",
        measured: perCore(later),
        ratio: percent(ofBare(later)),
        budget: "",
      },
    ],
    notes: [
      `By the clock, with everything on the same two cores: ${rate(first)} first logins a second, ${rate(storing)} bare ` +
        `callbacks with two writes, ${rate(returning)} logins of people who come back, ${rate(bare)} bare callbacks.`,
      `When nobody signs in, the webhook uses ${written(idle * 100)} % of a core.`,
    ],
  };
}
