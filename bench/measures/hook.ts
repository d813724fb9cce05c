import { setTimeout as sleep } from "node:timers/promises";
import type { Bench } from "../bench.ts";
import { FollowedOrganization, groupID, type Person } from "../followed-organization.ts";
import { type Measure, type Outcome, type Row, written } from "../measure.ts";
import { type Call, callsListed, type Delivery } from "../okta.ts";
import { SessionChecks } from "../session-checks.ts";
import { quantile } from "../statistics.ts";

const REMOVALS = 200;
const WITH_LAG = 20;
const LAG_MS = 3_000;
const UNHEARD = 20;
const UNHEARD_QUICK = 5;
/** Those whom no event hook tells of are spread over the time between two polls of the log. */
const POLL_MS = 30_000;
/** How often each session is asked for. */
const CHECKS = { connections: 8, pauseMs: 5 };
/** For caches and the first complete read. */
const WARM_UP = 5;

export const hook: Measure = {
  name: "hook",
  title: "Removed in Okta to session refused",
  method:
    "20,000 people in 200 groups, each of which a mapping names; all have accounts. Okta's stand-in is a process of its " +
    "own that really calls the event hook; operator and webhook are two more. Somebody is removed from their group by " +
    "Okta's API, and GET /session is asked every 5 ms until it answers 401; the time is taken from the request to remove " +
    "them, which is a little longer than from the hook's. One after the other, while all of the directory is read over " +
    "and over (the annotation rolemapping.dev/sync). Then some with Okta's reads 3 s behind its events, at once; and some " +
    "of which no hook is delivered, spread over 30 s, with no other reads that could find them.",
  run: measure,
};

async function measure(bench: Bench): Promise<Outcome> {
  const followed = await FollowedOrganization.of(bench);
  const { tenant, okta } = followed;
  const operator = await bench.operator(tenant);
  const webhook = await bench.webhook(tenant);
  const baseURL = `http://localhost:${webhook.port}`;
  const checks = new SessionChecks(baseURL, CHECKS);
  const removeHook = await followed.hookTo(webhook);
  const [removals, unheard] = [bench.scaled(REMOVALS), bench.quick ? UNHEARD_QUICK : UNHEARD];
  const lagging = bench.scaled(WITH_LAG);
  try {
    // Who is still where they were at first: another measurement moves those from the beginning on.
    const everybody = followed.people.slice(-(WARM_UP + removals + lagging + unheard));
    const cookies = await tenant.sessionsOf(baseURL, new Set(everybody.map(({ subject }) => subject)));
    const gone = async (person: Person): Promise<number> => {
      const { subject } = person;
      const start = performance.now();
      const [at] = await Promise.all([
        checks.untilRefused(cookies.get(subject) ?? ""),
        okta.removeFromGroup(groupID(followed.groupOf(person)), subject),
      ]);
      return at - start;
    };
    const next = (count: number): readonly Person[] => everybody.splice(0, count);

    bench.say("  first complete read");
    let syncs = await followed.syncOverAndOver(once());
    for (const person of next(WARM_UP)) await gone(person);

    bench.say("  removals, while everything is read");
    let isEnded = false;
    const syncing = followed.syncOverAndOver(() => isEnded);
    const began = Date.now();
    const heard: number[] = [];
    for (const person of next(removals)) heard.push(await gone(person));
    const asked = await okta.callsSince(began);
    const delivered = await okta.deliveriesSince(began);

    bench.say("  with Okta's reads behind");
    await okta.set({ readLagMs: LAG_MS });
    const lagged = await Promise.all(next(lagging).map(gone));
    await okta.set({ readLagMs: 0 });
    isEnded = true;
    syncs += await syncing;

    bench.say("  without the event hook");
    await okta.loseDeliveries();
    const lost = await Promise.all(
      next(unheard).map(async (person, i) => {
        await sleep((i * POLL_MS) / unheard);
        return gone(person);
      }),
    );
    await okta.behave();
    return outcome({ heard, lagged, lost, asked, delivered, syncs, people: followed.people.length });
  } finally {
    await checks.close();
    await removeHook();
    await bench.end(operator, webhook);
  }
}

/** Says at the second time that it is enough. */
function once(): () => boolean {
  let isAsked = false;
  return () => {
    const before = isAsked;
    isAsked = true;
    return before;
  };
}

interface Found {
  readonly heard: readonly number[];
  readonly lagged: readonly number[];
  readonly lost: readonly number[];
  readonly asked: readonly Call[];
  readonly delivered: readonly Delivery[];
  readonly syncs: number;
  readonly people: number;
}

function outcome({ heard, lagged, lost, asked, delivered, syncs, people }: Found): Outcome {
  const answered = delivered.filter(({ outcome }) => typeof outcome === "number" && outcome < 300);
  const took = answered.map(({ tookMs }) => tookMs);
  const looks = asked.filter(({ area }) => area === "user" || area === "other");
  return {
    rows: [
      row("Removed in Okta to session refused, by event hook, p50", quantile(heard, 0.5), 500),
      row("Removed in Okta to session refused, by event hook, p99", quantile(heard, 0.99), 1_500),
      row("The event hook is answered, p99", quantile(took, 0.99), 100, "<"),
      row(
        `Removed in Okta to session refused, Okta's reads ${LAG_MS / 1000} s behind, slowest`,
        Math.max(...lagged),
        LAG_MS + 1_000,
      ),
      row("Removed in Okta to session refused, event hook dead, slowest", Math.max(...lost), 31_000),
    ],
    notes: [
      `${heard.length} removals by event hook of ${written(people)} people, ${lagged.length} with Okta's reads behind, ${lost.length} without the hook.`,
      `Meanwhile everything was read ${syncs} times. Without those reads, each removal took ${written(looks.length / heard.length)} calls to Okta so far.`,
      `${delivered.length} deliveries, ${delivered.length - answered.length} of them failed. All calls during the removals: ${callsListed(asked)}.`,
    ],
  };
}

function row(what: string, ms: number, budgetMs: number, than = "<="): Row {
  return {
    what,
    measured: `${written(ms)} ms`,
    neighbour: "",
    ratio: "",
    budget: `${than} ${written(budgetMs)} ms`,
    met: than === "<" ? ms < budgetMs : ms <= budgetMs,
  };
}
