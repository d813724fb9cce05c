import test from "ava";
import { SimulatedOrganization } from "./simulated-organization.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const TEAMS = 20;
const ADMINS = 10;

const team = (i: number): string => `team-${i % TEAMS}`;
const mapping = (group: string, ...roles: string[]) => ({ name: group, groups: [{ name: group }], roles });
const MAPPINGS = [
  ...Array.from({ length: TEAMS }, (_, i) => mapping(team(i), "member")),
  mapping("admins", "organization-admin"),
];

/** Who is where in Okta. */
type People = Map<string, string[]>;

/** So many people of twenty teams, who have all signed in: the first ten of them admins, or the last. */
async function acmeOf(
  count: number,
  adminsCome: "first" | "last" = "first",
): Promise<{ acme: SimulatedOrganization; people: People }> {
  const acme = new SimulatedOrganization(MAPPINGS);
  const people: People = new Map();
  for (let i = 0; i < count; i++)
    people.set(
      `p${i}`,
      (adminsCome === "first" ? i : count - 1 - i) < ADMINS ? [team(i), "admins"] : [team(i)],
    );
  for (const [subject, groups] of people) await acme.signIn(subject, groups);
  return { acme, people };
}

/** Numbers that are the same in each run. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

test("a thousand honest days of 5,000 people, some of them hard, are never held, but for a reorganization that is approved", async (t) => {
  const PEOPLE = 5_000;
  const { acme: organization, people } = await acmeOf(PEOPLE);
  const next = random(11);
  const present = [...people.keys()];
  const somebody = (): string => present[next(present.length)] ?? "";
  /** Somebody who goes. */
  const leaver = (): string => {
    const at = next(present.length);
    const subject = present[at] ?? "";
    present[at] = present.at(-1) ?? "";
    present.pop();
    people.delete(subject);
    return subject;
  };
  const leave = async (): Promise<void> => {
    const subject = leaver();
    const way = next(3);
    if (way === 0) await organization.isSeen(subject, [], "DEPROVISIONED");
    else if (way === 1) await organization.isSeen(subject, []);
    else await organization.signIn(subject, ["alumni"]);
  };
  const move = async (subject: string): Promise<void> => {
    const others = (people.get(subject) ?? []).filter((group) => group === "admins");
    const groups = [team(next(TEAMS)), ...others];
    people.set(subject, groups);
    if (next(2) === 0) await organization.isSeen(subject, groups);
    else await organization.signIn(subject, groups);
  };
  const join = async (subject: string): Promise<void> => {
    const groups = [team(next(TEAMS))];
    people.set(subject, groups);
    present.push(subject);
    await organization.signIn(subject, groups);
  };
  for (let day = 1; day <= 1_000; day++) {
    organization.now += DAY;
    // A quarter ends, and contracts with it.
    const leavers = day % 90 === 0 ? 200 : next(10);
    for (let i = 0; i < leavers; i++) await leave();
    for (let i = next(20); i > 0; i--) await move(somebody());
    for (let i = 0; people.size < PEOPLE; i++) await join(`d${day}-${i}`);
    // An admin hands over to another one.
    if (day % 100 === 0) {
      const [former = ""] = [...people].find(([, groups]) => groups.includes("admins")) ?? [];
      const successor = somebody();
      for (const [subject, isAdmin] of [
        [successor, true],
        [former, false],
      ] as const) {
        const groups = [people.get(subject)?.[0] ?? "", ...(isAdmin ? ["admins"] : [])];
        people.set(subject, groups);
        await organization.isSeen(subject, groups);
      }
    }
    t.is(organization.holds, day < 500 ? 0 : 1, `day ${day}`);
    if (day !== 499) continue;
    // On the day after 300 people have left, 15 % go to a company of their own.
    organization.now += HOUR;
    for (let i = 0; i < 300; i++) await organization.isSeen(leaver(), []);
    t.is(organization.holds, 0);
    for (let i = 0; i < 0.15 * PEOPLE; i++) await organization.isSeen(leaver(), ["spin-off"]);
    t.is(organization.holds, 1);
    await organization.approve();
    t.is(organization.held, undefined);
    t.is(organization.active, people.size, "the approved ones are out");
  }
  t.is(organization.active, PEOPLE);
});

/** What has gone wrong, and goes on until everybody has felt it. */
const DISASTERS: Record<string, (acme: SimulatedOrganization, people: People) => Promise<void>> = {
  "the directory answers 200 []": async (acme, people) => {
    for (const subject of people.keys()) await acme.isSeen(subject, []);
  },
  "the claim's filter was narrowed": async (acme, people) => {
    for (const subject of people.keys()) await acme.signIn(subject, ["Everyone"]);
  },
  "the groups of half of the people were deleted": async (acme, people) => {
    for (const [subject, groups] of people)
      await acme.isSeen(
        subject,
        groups.filter((group) => Number(group.slice("team-".length)) >= TEAMS / 2),
      );
  },
  "the claim is lost": async (acme, people) => {
    for (const subject of people.keys()) await acme.signIn(subject, "no claim");
  },
  "all mappings are edited, one after the other": async (acme) => {
    for (const { name, roles } of MAPPINGS) await acme.edit({ name, groups: [{ name: `${name}s` }], roles });
  },
  "of each list of members, the second half is missing": async (acme, people) => {
    let i = 0;
    for (const subject of people.keys()) if (i++ >= people.size / 2) await acme.isSeen(subject, []);
  },
  "four per cent are lost an hour, for a day": async (acme, people) => {
    let i = 0;
    for (const subject of people.keys()) {
      if (i++ % (0.04 * people.size) === 0) acme.now += HOUR;
      if (i % 2 === 0) await acme.isSeen(subject, []);
      else await acme.signIn(subject, []);
    }
  },
};

for (const [what, happens] of Object.entries(DISASTERS)) {
  test(`${what}: it is held before more than a fifth of the people are out`, async (t) => {
    const { acme, people } = await acmeOf(1_000, "last");
    await happens(acme, people);
    t.true(acme.active >= 0.8 * people.size, `${people.size - acme.active} are out`);
    t.true(await isTold(acme, people));
  });

  test(`${what}: where the admins feel it first, one of them is left`, async (t) => {
    const { acme, people } = await acmeOf(200);
    await happens(acme, people);
    let admins = 0;
    for await (const { access } of acme.store.all())
      if (access?.grants.some(({ role }) => role === "organization-admin")) admins++;
    t.true(admins > 0);
    t.true(await isTold(acme, people));
  });
}

/** By the condition of what is held, or by a lost claim, which the last of the people meets. */
async function isTold(acme: SimulatedOrganization, people: People): Promise<boolean> {
  return (
    acme.held !== undefined ||
    (await acme.signIn([...people.keys()].at(-1) ?? "", "no claim")) === "the claim is lost"
  );
}

test("whoever approves that the last admin goes has approved nothing else: what has been taken from others within the day counts on", async (t) => {
  const { acme } = await acmeOf(100);
  const others = Array.from({ length: 21 }, (_, i) => `p${ADMINS + i}`);
  const last = others.pop() ?? "";
  for (const subject of others) await acme.isSeen(subject, []);
  t.is(acme.active, 80);
  for (let i = 0; i < ADMINS; i++) await acme.isSeen(`p${i}`, [team(i)]);
  t.is(acme.held?.reason, "LastAdminHeld");
  await acme.approve();
  t.is(acme.held, undefined);
  await acme.isSeen(last, []);
  t.is(acme.held?.reason, "DeactivationsHeld");
  t.is(acme.active, 80);
});
