import { Client } from "undici";
import type { Bench } from "../bench.ts";
import { type Measure, type Outcome, type Row, times, written } from "../measure.ts";
import { median, pairedRatio } from "../statistics.ts";
import { cpuSeconds, pin } from "../usage.ts";

const FEW = 20;
const MANY = 20_000;
const CONNECTIONS = 16;
/** In one go: each of many people is asked for twice. */
const CHECKS = 2 * MANY;
const REPETITIONS = 4;

export const activePeople: Measure = {
  name: "active",
  title: "Session check, by how many people are active",
  method:
    "GET /session, and GET /auth with the organization that is needed, whose answer has the signed assertion: each with " +
    "the cookies of 20 people in turn, and with those of 20,000, on 16 connections. With few, everything about a session " +
    "is remembered from the request before; with many, nobody comes again before all others have been. Assertions are " +
    "signed anew after half a minute, so that with many some turns have a signature in every second answer. The cookies are " +
    "signed beforehand with the webhook's own key. Taken is the CPU time that the webhook uses per answer; the two take " +
    "turns, after a first round of each, and the ratio is the median over the turns.",
  run: measure,
};

async function measure(bench: Bench): Promise<Outcome> {
  const tenant = await bench.tenant("active");
  await tenant.ensureMappings(10);
  bench.say("  making users");
  await tenant.ensureUsers(bench.scaled(MANY));
  const webhook = await bench.webhook(tenant);
  const baseURL = `http://localhost:${webhook.port}`;
  const cookies = await tenant.sessions(baseURL, bench.scaled(MANY));
  const pid = webhook.process.pid ?? 0;
  await pin(process.pid, "0");
  await pin(pid, "1");
  const clients = Array.from({ length: CONNECTIONS }, () => new Client(baseURL));
  try {
    const checks = bench.scaled(CHECKS);
    const costUs = async (path: string, some: readonly string[]): Promise<number> => {
      const before = await cpuSeconds(pid);
      await check(clients, path, some, checks);
      return (((await cpuSeconds(pid)) - before) * 1e6) / checks;
    };
    const rows: Row[] = [];
    for (const [what, path] of [
      ["Session check", "/session"],
      ["Door with the assertion", `/auth?organization=${tenant.organization}`],
    ] as const) {
      const few: number[] = [];
      const many: number[] = [];
      for (const some of [cookies.slice(0, FEW), cookies]) await costUs(path, some);
      for (let i = 0; i < (bench.quick ? 2 : REPETITIONS); i++) {
        few.push(await costUs(path, cookies.slice(0, FEW)));
        many.push(await costUs(path, cookies));
      }
      rows.push(row(`${what}, ${written(cookies.length)} people active`, many, few));
    }
    return { rows, notes: [] };
  } finally {
    await pin(process.pid, "0-1");
    await Promise.all(clients.map((client) => client.close()));
    await bench.end(webhook);
  }
}

function row(what: string, many: readonly number[], few: readonly number[]): Row {
  const ratio = pairedRatio(many, few);
  return {
    what,
    measured: `${written(median(many))} µs CPU each`,
    neighbour: `${written(median(few))} µs CPU each: ${FEW} people active`,
    ratio: times(ratio),
    budget: "flat: <= 1.25x",
    met: ratio <= 1.25,
  };
}

/** Asks so many times, with one cookie after the other. @throws Error when somebody isn't signed in */
async function check(
  clients: readonly Client[],
  path: string,
  cookies: readonly string[],
  checks: number,
): Promise<void> {
  let next = 0;
  const ask = async (client: Client): Promise<void> => {
    while (next < checks) {
      const cookie = cookies[next++ % cookies.length] ?? "";
      const { statusCode, body } = await client.request({
        method: "GET",
        path,
        headers: { cookie },
      });
      await body.dump();
      if (statusCode !== 200) throw new Error(`${path} answered ${statusCode}`);
    }
  };
  await Promise.all(clients.map(ask));
}
