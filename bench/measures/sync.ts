import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { oktaHints, organizations, organizationUsers } from "../../crds/resources.ts";
import type { Program } from "../../dev/quickstart/program.ts";
import { apiWrites, listed, sum, type Writes, writesBetween } from "../api-writes.ts";
import type { Bench } from "../bench.ts";
import { FollowedOrganization, groupID, groupName, roleOf } from "../followed-organization.ts";
import { inParallel } from "../in-parallel.ts";
import { type Measure, type Outcome, percent, type Row, times, written } from "../measure.ts";
import { ObjectWatch } from "../object-watch.ts";
import { type Call, callsListed } from "../okta.ts";
import { SignIns } from "../sign-ins.ts";
import { quantile } from "../statistics.ts";
import { memoryMiB, pin } from "../usage.ts";
import { pidOf } from "./scale.ts";

/** Requests a minute that everybody together may make: of the order of Okta's own (Okta: "Management rate limits"). */
const OKTA_LIMITS = { groups: 500, group: 1_000, users: 600, user: 600, logs: 120, other: 1_200 };
const PAGE = 200;
/** Two polls of the log. */
const REST_MS = 60_000;
const ROUNDS = 3;
const SIGN_INS = 150;
const EVENTS = 10_000;
const FLOOD_MS = 60_000;
/** Admins at work at once. */
const AT_ONCE = 8;
/** Until the log has been asked once more, and for what comes late. */
const POLLED_MS = 35_000;
const TIMEOUT_MS = 600_000;
/** What the operator logs of a complete read. */
const COMPLETE_READ = z.object({
  msg: z.literal("all of Okta's directory that mappings name was read"),
  changed: z.number(),
  seconds: z.number(),
});

export const sync: Measure = {
  name: "sync",
  title: "Okta's directory, followed",
  method:
    "20,000 people in 200 groups, each of which a mapping names; all have accounts, made as sign-ins make them; pages of " +
    "200. Okta's stand-in is a process of its own, and says what was asked and how much of each rate limit was used. At " +
    "first its limits are those of a small Okta org: the operator is started and reads everything for the first time, and " +
    "then nothing happens for a while. Without limits from there on: people who have accounts sign in one after the other, " +
    "while nothing else happens and while everything is read over and over, taking turns, with the webhook on one core and " +
    "the operator and the stand-in on the other. Then memberships of people without an account in a group that no mapping names " +
    "change 10,000 times, as fast as it goes; and then 5,000 people move to another group, which is 10,000 events in a " +
    "minute, all of them hints. Writes are counted by the API server, whoever wrote, without Leases.",
  run: measure,
};

async function measure(bench: Bench): Promise<Outcome> {
  const followed = await FollowedOrganization.of(bench);
  const { okta, tenant } = followed;
  await okta.set({ rateLimits: OKTA_LIMITS });
  const start = Date.now();
  bench.say("  first complete read, within Okta's rate limits");
  const { operator, seconds } = await firstRead(followed);
  const webhook = await bench.webhook(tenant);
  try {
    const first = await okta.callsSince(start);
    const atFirst = await memoryMiB(pidOf(operator));
    const rest = await atRest(followed);
    const limited = await okta.callsSince(start);
    await okta.set({ rateLimits: {} });

    const signIns = await besideReading(followed, operator, webhook);
    const removeHook = await followed.hookTo(webhook);
    const foreign = await foreignEvents(followed);
    const readsBefore = (await completeReads(operator)).length;
    const flood = await floodOfHints(followed);
    const reads = (await completeReads(operator)).slice(readsBefore);
    await removeHook();
    const memory = await memoryMiB(pidOf(operator));
    return {
      rows: [
        ...ofFirstRead(followed, first, seconds),
        ofShares(limited),
        {
          ...row(
            "Memory of the operator, resident at its peak, all of this included",
            `${written(memory.peak)} MiB`,
          ),
          budget: "<= 200 MiB",
          met: memory.peak <= 200,
        },
        ofRest(rest),
        ofSignIns(signIns),
        ...ofForeign(foreign),
        ...ofFlood(flood, followed),
      ],
      notes: [
        `First read: ${callsListed(first)}; the operator's peak was ${written(atFirst.peak)} MiB then.`,
        `At rest, in ${written(rest.minutes)} min: ${callsListed(rest.calls)}.`,
        `Foreign events: ${callsListed(foreign.calls)}. Written: ${listed(foreign.writes)}.`,
        `Hints: ${callsListed(flood.calls)}. Written: ${listed(flood.writes)}.`,
        `Complete reads because of the hints: ${reads.map(({ changed, seconds }) => `${written(seconds)} s (${written(changed)} accounts)`).join(", ") || "none"}. Everybody else was looked at one by one.`,
      ],
    };
  } finally {
    await bench.end(operator, webhook);
  }
}

/** Starts the operator. @returns it, and the seconds from its start until all is read */
async function firstRead(followed: FollowedOrganization): Promise<{ operator: Program; seconds: number }> {
  const { bench, tenant } = followed;
  const watch = await ObjectWatch.start(bench.admin, organizations, tenant.namespace);
  try {
    const read = followed.untilRead(watch);
    const start = performance.now();
    const [operator, at] = await Promise.all([bench.operator(tenant), read]);
    return { operator, seconds: (at - start) / 1000 };
  } finally {
    await watch.stop();
  }
}

async function completeReads(operator: Program): Promise<z.infer<typeof COMPLETE_READ>[]> {
  return (await operator.logged()).flatMap((line) => COMPLETE_READ.safeParse(line).data ?? []);
}

interface Rest {
  readonly calls: readonly Call[];
  readonly minutes: number;
}

async function atRest({ bench, okta }: FollowedOrganization): Promise<Rest> {
  bench.say("  at rest");
  const since = Date.now();
  await sleep(REST_MS);
  return { calls: await okta.callsSince(since), minutes: REST_MS / 60_000 };
}

interface SignInTimes {
  readonly quiet: readonly number[];
  readonly beside: readonly number[];
  readonly syncs: number;
}

async function besideReading(
  followed: FollowedOrganization,
  operator: Program,
  webhook: Program,
): Promise<SignInTimes> {
  const { bench, tenant, okta } = followed;
  bench.say("  sign-ins, quiet and beside a complete read");
  const signIns = new SignIns(bench.provider, {
    baseURL: `http://localhost:${webhook.port}`,
    login: tenant.loginPath,
  });
  const others = [pidOf(operator), pidOf(okta.program)];
  for (const pid of others) await pin(pid, "0");
  await pin(pidOf(webhook), "1");
  const count = bench.scaled(SIGN_INS);
  // From the end: those at the beginning move later.
  const people = followed.people.slice(-count);
  const round = async (): Promise<number[]> => {
    const took: number[] = [];
    for (const person of people) {
      const began = performance.now();
      await signIns.signIn(person.subject, [groupName(followed.groupOf(person))]);
      took.push(performance.now() - began);
    }
    return took;
  };
  const quiet: number[] = [];
  const beside: number[] = [];
  let syncs = 0;
  try {
    await round();
    for (let i = 0; i < ROUNDS; i++) {
      quiet.push(...(await round()));
      let isEnded = false;
      const syncing = followed.syncOverAndOver(() => isEnded);
      beside.push(...(await round()));
      isEnded = true;
      syncs += await syncing;
    }
    return { quiet, beside, syncs };
  } finally {
    for (const pid of [...others, pidOf(webhook)]) await pin(pid, "0-1");
    await signIns.close();
  }
}

interface Told {
  readonly calls: readonly Call[];
  readonly writes: Writes;
  readonly events: number;
}

async function foreignEvents({
  bench,
  okta,
  strangers,
  strangersGroup,
}: FollowedOrganization): Promise<Told> {
  const events = bench.scaled(EVENTS);
  bench.say(`  ${written(events)} foreign events`);
  const since = Date.now();
  const before = await apiWrites(bench.controlPlane);
  // Everybody joins, everybody leaves, and again.
  const join = (i: number): boolean => Math.floor(i / strangers.length) % 2 === 0;
  await inParallel(Array.from({ length: events }).keys(), AT_ONCE, async (i) => {
    const stranger = strangers[i % strangers.length] ?? "";
    if (join(i)) await okta.addToGroup(strangersGroup, stranger);
    else await okta.removeFromGroup(strangersGroup, stranger);
  });
  await sleep(POLLED_MS);
  const writes = writesBetween(before, await apiWrites(bench.controlPlane));
  return { calls: await okta.callsSince(since), writes, events };
}

interface Flood extends Told {
  readonly moved: number;
  /** s from the last event until it is so everywhere. */
  readonly seconds: number;
}

async function floodOfHints(followed: FollowedOrganization): Promise<Flood> {
  const { bench, okta, tenant, groups } = followed;
  const moving = followed.people.slice(0, Math.min(bench.scaled(EVENTS) / 2, followed.people.length / 4));
  const events = 2 * moving.length;
  bench.say(`  ${written(events)} hints`);
  const roles = new Map(
    moving.map((person) => [person.subject, roleOf((followed.groupOf(person) + 1) % groups)]),
  );
  const watch = await ObjectWatch.start(bench.admin, organizationUsers, tenant.namespace);
  try {
    const since = Date.now();
    const before = await apiWrites(bench.controlPlane);
    const applied = watch.untilAll(
      moving.length,
      ({ spec, status }) => {
        const role = roles.get(spec.subject ?? "");
        return role !== undefined && status?.roleNames?.join() === role;
      },
      TIMEOUT_MS,
    );
    const start = performance.now();
    const eachMs = (FLOOD_MS * (events / EVENTS)) / moving.length;
    await inParallel(moving.entries(), AT_ONCE, async ([i, person]) => {
      await sleep(Math.max(0, start + i * eachMs - performance.now()));
      const from = followed.groupOf(person);
      await okta.addToGroup(groupID((from + 1) % groups), person.subject);
      await okta.removeFromGroup(groupID(from), person.subject);
    });
    const last = performance.now();
    const seconds = ((await applied) - last) / 1000;
    await untilNothingWaits(followed);
    const writes = writesBetween(before, await apiWrites(bench.controlPlane));
    return { calls: await okta.callsSince(since), writes, events, moved: moving.length, seconds };
  } finally {
    await watch.stop();
  }
}

/** Waits until no hint is there any more. */
async function untilNothingWaits({ bench, tenant }: FollowedOrganization): Promise<void> {
  const [namespace = "", name = ""] = tenant.organization.split("/");
  for (const deadline = performance.now() + TIMEOUT_MS; ; await sleep(1_000)) {
    const { people, groups, everything } = (await bench.admin.get(oktaHints, { namespace, name })).spec;
    if (people === undefined && groups === undefined && everything === undefined) return;
    if (performance.now() > deadline) throw new Error("some hints were never done with");
  }
}

function leastPages({ people, groups }: FollowedOrganization): number {
  return groups * Math.ceil(people.length / groups / PAGE);
}

function row(what: string, measured: string): Row {
  return { what, measured, neighbour: "", ratio: "", budget: "" };
}

function ofFirstRead(followed: FollowedOrganization, calls: readonly Call[], seconds: number): Row[] {
  const pages = calls.filter(({ endpoint }) => endpoint.endsWith("/groups/{id}/users")).length;
  const lookUps = calls.filter(({ endpoint }) => endpoint.endsWith("/api/v1/groups")).length;
  const least = leastPages(followed);
  const { people, groups } = followed;
  const named = `${written(people.length)} people in ${groups} groups`;
  return [
    {
      ...row(`First complete read, ${named}: pages of members`, written(pages)),
      neighbour: `${written(least)}: the least number of pages`,
      ratio: times(pages / least),
      budget: "<= 1.1x",
      met: pages / least <= 1.1,
    },
    row(
      `First complete read, ${named}: calls that look up the mappings' groups by name, once`,
      written(lookUps),
    ),
    row(
      `First complete read, ${named}: from the operator's start, within Okta's rate limits`,
      `${written(seconds)} s`,
    ),
  ];
}

/** The most of any window that was used. Nobody but the product has asked for anything then. */
function ofShares(calls: readonly Call[]): Row {
  const shares = calls.map(({ used, limit, area }) => ({ share: used / limit, area }));
  const most = shares.reduce((a, b) => (b.share > a.share ? b : a), { share: 0, area: "any" });
  return {
    ...row(
      "Most of any of Okta's rate limits that was used in a minute",
      `${percent(most.share)} (${most.area})`,
    ),
    budget: "<= 50 %",
    met: most.share <= 0.5,
  };
}

function ofRest({ calls, minutes }: Rest): Row {
  const each = calls.length / minutes;
  return { ...row("Calls to Okta at rest, in a minute", written(each)), budget: "<= 3", met: each <= 3 };
}

function ofSignIns({ quiet, beside, syncs }: SignInTimes): Row {
  const [p99, neighbour] = [quantile(beside, 0.99), quantile(quiet, 0.99)];
  return {
    ...row(`Sign-in beside ${syncs} complete reads, p99 of ${beside.length}`, `${written(p99)} ms`),
    neighbour: `${written(neighbour)} ms: while nothing is read`,
    ratio: times(p99 / neighbour),
    budget: "<= 1.2x",
    met: p99 / neighbour <= 1.2,
  };
}

function ofForeign({ calls, writes, events }: Told): Row[] {
  const caused = calls.filter(({ area }) => area !== "logs").length;
  return [
    {
      ...row(
        `${written(events)} foreign events: calls to Okta, other than asking for its log`,
        written(caused),
      ),
      budget: "0",
      met: caused === 0,
    },
    row(`${written(events)} foreign events: writes`, written(sum(writes))),
  ];
}

function ofFlood({ calls, writes, events, moved, seconds }: Flood, followed: FollowedOrganization): Row[] {
  const toHints = writes.get("oktahints") ?? 0;
  const toAccounts = (writes.get("organizationusers") ?? 0) + (writes.get("organizationusers/status") ?? 0);
  const name = `${written(events)} hints in a minute, ${written(moved)} people move`;
  return [
    {
      ...row(`${name}: writes of hints`, written(toHints)),
      budget: "some hundred: < 1,000",
      met: toHints < 1_000,
    },
    row(`${name}: writes to each account that changes`, written(toAccounts / moved)),
    {
      ...row(`${name}: calls to Okta`, written(calls.length)),
      neighbour: `${written(leastPages(followed))}: the pages of a complete read`,
      ratio: times(calls.length / leastPages(followed)),
    },
    row(`${name}: from the last of them until all are in force`, `${written(seconds)} s`),
  ];
}
