import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { z } from "zod";
import { freePort } from "../../dev/control-plane/ports.ts";
import type { Bench } from "../bench.ts";
import { type Measure, type Outcome, percent, type Row, times, written } from "../measure.ts";
import type { ForeignProgram } from "../peers/foreign-program.ts";
import { startModAuthOpenidc } from "../peers/mod-auth-openidc.ts";
import { OAUTH2_PROXY_LOGIN, OAUTH2_PROXY_QUESTION, startOauth2Proxy } from "../peers/oauth2-proxy.ts";
import { SignIns } from "../sign-ins.ts";
import { median, pairedRatio } from "../statistics.ts";
import { cpuSeconds, pin } from "../usage.ts";

const run = promisify(execFile);
const AUTOCANNON = fileURLToPath(import.meta.resolve("autocannon"));
const CONNECTIONS = 16;
const SECONDS = 3;
const REPETITIONS = 4;

export const sessions: Measure = {
  name: "sessions",
  title: "Session check (forward auth)",
  method:
    "GET /session with the cookie of somebody who has signed in, by autocannon on 16 connections; and GET /auth as a proxy " +
    "asks it, with the organization that is needed, whose answer has headers alone, the signed assertion among them. The " +
    "neighbours: a bare express route that answers with the same JSON and checks nothing (with etag and x-powered-by off, " +
    "which makes it half as fast again), and one that answers with the door's headers; express-openid-connect with " +
    "requiresAuth and a session cookie of its own; oauth2-proxy at its /oauth2/auth with a session cookie of its own, which " +
    "has no tokens in it (session-cookie-minimal), with nothing logged, built from the Go module that bench/oauth2-proxy " +
    "pins; and, where apache2 and mod_auth_openidc are installed, a static file behind those. Each server is kept on the second core, autocannon on the first; what is compared is the CPU time that the server has used per answer. They take " +
    "turns, and the ratios are the medians over the turns.",
  run: measure,
};

interface Target {
  readonly url: string;
  readonly cookie: string;
  readonly pid: number;
}

/** What one answer costs, in µs of CPU time, and how many there were a second. */
interface Cost {
  readonly cpuUs: number;
  readonly rate: number;
}

async function measure(bench: Bench): Promise<Outcome> {
  const tenant = await bench.tenant("logins");
  await tenant.ensureMappings(10);
  const webhook = await bench.webhook(tenant);
  const baseURL = `http://localhost:${webhook.port}`;
  const signIns = new SignIns(bench.provider, { baseURL, login: tenant.loginPath });
  const cookie = await signIns.signIn("ada", ["team-1", "team-2", "team-3"]);
  await signIns.close();
  const answer: unknown = await (await fetch(`${baseURL}/session`, { headers: { cookie } })).json();
  const question = `/auth?organization=${tenant.organization}`;
  const bare = await bench.peer("bare-express", {
    answer,
    headers: await doorHeaders(`${baseURL}${question}`, cookie),
  });
  const port = await freePort();
  const eoc = await bench.peer("express-openid-connect", { port });
  const apache = await startModAuthOpenidc(bench);
  const oauth2Proxy = await startOauth2Proxy(bench);

  const targets: Record<string, Target> = {
    ours: { url: `${baseURL}/session`, cookie, pid: webhook.process.pid ?? 0 },
    bare: { url: `http://localhost:${bare.port}/session`, cookie, pid: bare.process.pid ?? 0 },
    door: { url: `${baseURL}${question}`, cookie, pid: webhook.process.pid ?? 0 },
    bareDoor: { url: `http://localhost:${bare.port}${question}`, cookie, pid: bare.process.pid ?? 0 },
    eoc: {
      url: `http://localhost:${port}/session`,
      cookie: await sessionCookie(bench, `http://localhost:${port}`, "/login"),
      pid: eoc.process.pid ?? 0,
    },
    ...("why" in apache ? {} : { apache: await foreign(bench, apache, "/session", "/session") }),
    ...("why" in oauth2Proxy
      ? {}
      : { oauth2Proxy: await foreign(bench, oauth2Proxy, OAUTH2_PROXY_LOGIN, OAUTH2_PROXY_QUESTION) }),
  };
  try {
    const costs = new Map<string, Cost[]>();
    const seconds = bench.quick ? 1 : SECONDS;
    for (const target of Object.values(targets)) await cost(target, 1);
    for (let i = 0; i < (bench.quick ? 1 : REPETITIONS); i++) {
      for (const [name, target] of Object.entries(targets)) {
        const known = costs.get(name) ?? [];
        known.push(await cost(target, seconds));
        costs.set(name, known);
      }
    }
    return outcome(costs, {
      mod_auth_openidc: "why" in apache ? apache.why : undefined,
      "oauth2-proxy": "why" in oauth2Proxy ? oauth2Proxy.why : undefined,
    });
  } finally {
    for (const one of [apache, oauth2Proxy]) if ("stop" in one) await one.stop();
    await bench.end(webhook, bare, eoc);
  }
}

/** Somebody who has signed in there. */
async function foreign(
  bench: Bench,
  { baseURL, pid }: ForeignProgram,
  login: string,
  path: string,
): Promise<Target> {
  return { url: `${baseURL}${path}`, cookie: await sessionCookie(bench, baseURL, login), pid };
}

/** What the door's answer has besides what each answer has. */
async function doorHeaders(url: string, cookie: string): Promise<Record<string, string>> {
  const { status, headers } = await fetch(url, { headers: { cookie } });
  if (status !== 200) throw new Error(`${url} answered ${status}`);
  const ours = [...headers].filter(([name]) =>
    /^(x-auth-request-|content-length$|cache-control$)/.test(name),
  );
  return Object.fromEntries(ours);
}

/** Signs in at a neighbour. */
async function sessionCookie(bench: Bench, baseURL: string, login: string): Promise<string> {
  const signIns = new SignIns(bench.provider, { baseURL, login });
  try {
    return await signIns.signIn("ada", ["team-1", "team-2", "team-3"]);
  } finally {
    await signIns.close();
  }
}

const report = z.object({
  "2xx": z.number(),
  non2xx: z.number(),
  errors: z.number(),
  requests: z.object({ average: z.number() }),
});

async function cost({ url, cookie, pid }: Target, seconds: number): Promise<Cost> {
  await pin(pid, "1");
  const before = await cpuSeconds(pid);
  const { stdout } = await run(...load(url, cookie, seconds));
  const used = (await cpuSeconds(pid)) - before;
  const { "2xx": good, non2xx, errors, requests } = report.parse(JSON.parse(stdout));
  if (good === 0 || non2xx > 0 || errors > 0)
    throw new Error(
      `${url}: ${good} good answers, ${non2xx} others and ${errors} errors, where all had to be good`,
    );
  return { cpuUs: (used * 1e6) / good, rate: requests.average };
}

/** autocannon as a process of its own, kept on the first core where that can be done. */
function load(url: string, cookie: string, seconds: number): [command: string, args: string[]] {
  const args = [
    AUTOCANNON,
    "--json",
    "-c",
    String(CONNECTIONS),
    "-d",
    String(seconds),
    "-H",
    `cookie=${cookie}`,
    url,
  ];
  return process.platform === "linux"
    ? ["taskset", ["-c", "0", process.execPath, ...args]]
    : [process.execPath, args];
}

/** @param why what is left out and why, by its name; undefined where it isn't */
function outcome(
  costs: ReadonlyMap<string, readonly Cost[]>,
  why: Readonly<Record<"mod_auth_openidc" | "oauth2-proxy", string | undefined>>,
): Outcome {
  const cpu = (name: string): number[] => (costs.get(name) ?? []).map(({ cpuUs }) => cpuUs);
  const shown = (name: string): string => {
    const us = median(cpu(name));
    return `${written(1e6 / us)}/s on a core (${written(us)} µs CPU each)`;
  };
  const ratio = (name: string, ours = "ours"): number => 1 / pairedRatio(cpu(ours), cpu(name));
  const against = (name: string, title: string): Row => ({
    what: `Session check against ${title}`,
    measured: shown("ours"),
    neighbour: shown(name),
    ratio: times(ratio(name)),
    budget: "",
  });
  return {
    rows: [
      {
        ...against("bare", "a bare express route"),
        ratio: percent(ratio("bare")),
        budget: ">= 70 %",
        met: ratio("bare") >= 0.7,
      },
      {
        what: "Door with the assertion against a bare express route",
        measured: shown("door"),
        neighbour: shown("bareDoor"),
        ratio: percent(ratio("bareDoor", "door")),
        budget: ">= 70 %",
        met: ratio("bareDoor", "door") >= 0.7,
      },
      ...(costs.has("oauth2Proxy")
        ? [
            {
              what: "Door with the assertion against oauth2-proxy",
              measured: shown("door"),
              neighbour: shown("oauth2Proxy"),
              ratio: times(ratio("oauth2Proxy", "door")),
              budget: ">= 2x",
              met: ratio("oauth2Proxy", "door") >= 2,
            },
          ]
        : []),
      { ...against("eoc", "express-openid-connect"), budget: ">= 5x", met: ratio("eoc") >= 5 },
      ...(costs.has("apache") ? [against("apache", "mod_auth_openidc")] : []),
    ],
    notes: [
      ...Object.entries(why).flatMap(([name, sentence]) =>
        sentence === undefined ? [] : [`${name} was left out: ${sentence}`],
      ),
      `By the clock: ${[...costs]
        .map(([name, all]) => `${name} ${written(median(all.map(({ rate }) => rate)))}/s`)
        .join(", ")}.`,
    ],
  };
}
