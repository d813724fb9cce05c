import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "undici";
import type { Bench } from "../bench.ts";
import { type Measure, type Outcome, times, written } from "../measure.ts";
import { median, pairedRatio, quantile } from "../statistics.ts";
import { memoryMiB, pin } from "../usage.ts";

const USERS = 20_000;
const TURNS = 4;
const TURN_MS = 8_000;
/** Sessions that are checked at once, each again so long after its answer. */
const CHECKERS = 8;
const CHECK_PAUSE_MS = 2;
/** Admins who look at users at once; each reads a page for so long. */
const READ_MS = 100;
/** Of everybody who has an account, these hold an admin role. */
const ADMINS = ["person-0", "person-10", "person-20", "person-30"];

/** What admins ask for, one after the other. */
const PAGES = [
  "",
  "?sort=name",
  "?search=person-1",
  "?sort=lastSignIn&order=descending",
  "?group=list-7",
  "?role=role-3&state=Active",
  "?search=nobody-is-called-that",
  "?sort=state&search=Person",
];

export const usersPage: Measure = {
  name: "users",
  title: "The page of users, with 20,000 of them",
  method:
    "Accounts of ten groups each, in one organization. Four admins look at its users at once, each at another page ten times a " +
    "second: the first of all, sorted in every way, searched by email and name, filtered by group, role and state; once of all, " +
    "the file of everybody is taken as well. A page's first byte is its headers. Beside that, and in turns without it, eight " +
    "programs ask GET /session, each 2 ms after its last answer; the ratio of the two 99th percentiles is the median over the " +
    "turns. The webhook is on the second core, whoever asks on the first.",
  run: measure,
};

async function measure(bench: Bench): Promise<Outcome> {
  const tenant = await bench.tenant("active");
  await tenant.ensureMappings(10);
  bench.say("  making users");
  await tenant.ensureUsers(bench.scaled(USERS));
  const webhook = await bench.webhook(tenant);
  const baseURL = `http://localhost:${webhook.port}`;
  const cookies = [...(await tenant.sessionsOf(baseURL, new Set(ADMINS))).values()];
  const pid = webhook.process.pid ?? 0;
  const clients: Client[] = [];
  const client = (): Client => {
    const made = new Client(baseURL);
    clients.push(made);
    return made;
  };
  const checkers = Array.from({ length: CHECKERS }, client);
  const admins = cookies.map((cookie) => ({ cookie, client: client() }));
  const list = `${tenant.loginPath}/users`;
  await pin(process.pid, "0");
  await pin(pid, "1");
  try {
    const [cookie = ""] = cookies;
    const turnMs = bench.quick ? 2_000 : TURN_MS;
    await checks(checkers, cookie, turnMs); // warms up
    const before = await memoryMiB(pid);
    const first = await page(client(), list, cookie);
    const alone: number[] = [];
    const beside: number[] = [];
    const firstBytes: number[] = [];
    for (let i = 0; i < (bench.quick ? 1 : TURNS); i++) {
      alone.push(quantile(await checks(checkers, cookie, turnMs), 0.99));
      const ends = performance.now() + turnMs;
      const pages = admins.map((admin, k) => look(admin, list, k, ends, firstBytes));
      const file = page(client(), `${list}.csv`, cookie);
      beside.push(quantile(await checks(checkers, cookie, turnMs), 0.99));
      await Promise.all([...pages, file]);
    }
    const after = await memoryMiB(pid);
    const ratio = pairedRatio(beside, alone);
    return {
      rows: [
        row("Users page, 20,000 users: first byte, p50", `${written(quantile(firstBytes, 0.5))} ms`),
        row("Users page, 20,000 users: first byte, p99", `${written(quantile(firstBytes, 0.99))} ms`),
        row("Users page, 20,000 users: the first one after a while", `${written(first)} ms`),
        row(
          "Memory of the webhook, resident, that the page adds",
          `${written(after.now - before.now)} MiB`,
          `${written(before.now)} MiB: before it was looked at`,
        ),
        {
          what: "Session check beside the users page, p99",
          measured: `${written(median(beside))} ms`,
          neighbour: `${written(median(alone))} ms: without`,
          ratio: times(ratio),
          budget: "",
        },
      ],
      notes: [`${firstBytes.length} pages; the webhook's peak was ${written(after.peak)} MiB.`],
    };
  } finally {
    await pin(process.pid, "0-1");
    await Promise.all(clients.map((each) => each.close()));
    await bench.end(webhook);
  }
}

function row(what: string, measured: string, neighbour = ""): Outcome["rows"][number] {
  return { what, measured, neighbour, ratio: "", budget: "" };
}

/** Asks who somebody is for so long. @returns how long each answer took, in ms */
async function checks(clients: readonly Client[], cookie: string, ms: number): Promise<number[]> {
  const ends = performance.now() + ms;
  const took: number[] = [];
  const ask = async (client: Client): Promise<void> => {
    while (performance.now() < ends) {
      took.push(await page(client, "/session", cookie));
      await sleep(CHECK_PAUSE_MS);
    }
  };
  await Promise.all(clients.map(ask));
  return took;
}

/** An admin looks at one page after the other. @param took gets how long each took to its first byte, in ms */
async function look(
  { cookie, client }: { cookie: string; client: Client },
  list: string,
  from: number,
  ends: number,
  took: number[],
): Promise<void> {
  for (let i = from; performance.now() < ends; i++) {
    took.push(await page(client, list + PAGES[i % PAGES.length], cookie));
    await sleep(READ_MS);
  }
}

/** @returns how long it takes to the headers, in ms @throws Error when it isn't answered with 200 */
async function page(client: Client, path: string, cookie: string): Promise<number> {
  const began = performance.now();
  const { statusCode, body } = await client.request({ method: "GET", path, headers: { cookie } });
  const took = performance.now() - began;
  await body.dump({ limit: Number.MAX_SAFE_INTEGER });
  if (statusCode !== 200) throw new Error(`${path} answered ${statusCode}`);
  return took;
}
