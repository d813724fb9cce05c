import test from "ava";
import fc from "fast-check";
import type { Entry } from "../../../webhook/console/roster-entry.ts";
import { Listing, type Part } from "../../../webhook/console/roster-listing.ts";
import { COMPARE, ROSTER_SORTS, type RosterSort } from "../../../webhook/console/roster-sort.ts";
import { SortedEntries } from "../../../webhook/console/sorted-entries.ts";
import { entry, numbers } from "./an-entry.ts";

/** Turns for work that comes to an end. */
function turns() {
  let pauses = 0;
  return {
    pause: async () => {
      if (++pauses > 100) throw new Error("there is no end to it");
    },
    pauses: () => pauses,
  };
}

function listing(there: readonly number[], sort: RosterSort = "email", descending = false): Listing {
  const entries = new SortedEntries(COMPARE[sort]);
  for (const number of there) entries.add(entry(number));
  return new Listing(entries, { sort, descending });
}

/** What somebody finds who looks through all of it by hand. */
function byHand(
  there: readonly number[],
  descending: boolean,
  { after, before, limit }: { after?: number | undefined; before?: number | undefined; limit: number },
) {
  const all = [...new Set(there)].sort((a, b) => (descending ? b - a : a - b));
  const isBefore = (a: number, b: number) => (descending ? a > b : a < b);
  const wanted =
    before === undefined
      ? all.filter((number) => after === undefined || isBefore(after, number)).slice(0, limit)
      : all.filter((number) => isBefore(number, before)).slice(-limit);
  const [first, last] = [wanted[0], wanted.at(-1)];
  return {
    numbers: wanted,
    matching: all.length,
    precedes: first !== undefined && all.some((number) => isBefore(number, first)),
    follows: last !== undefined && all.some((number) => isBefore(last, number)),
  };
}

test("a part of a list is what follows or precedes a place, and it says whether there is more on either side", async (t) => {
  // Odd numbers are places where nobody is, and those that match are a part of the others.
  const even = fc.nat(10).map((half) => 2 * half);
  await fc.assert(
    fc.asyncProperty(
      fc.array(even, { maxLength: 12 }),
      fc.constantFrom(...ROSTER_SORTS),
      fc.boolean(),
      fc.constantFrom("after", "before", "from the beginning"),
      fc.nat(21),
      fc.integer({ min: 1, max: 4 }),
      async (there, sort, descending, way, at, limit) => {
        const list = listing(there, sort, descending);
        const part = { limit, ...(way === "from the beginning" ? {} : { [way]: at }) };
        const asked: Part = { limit, ...(way === "from the beginning" ? {} : { [way]: entry(at) }) };
        const { matching: _, ...expected } = byHand(there, descending, part);
        const { entries, ...sides } = list.part(asked);
        t.deepEqual(numbers(entries), expected.numbers);
        if (entries.length > 0) t.deepEqual({ numbers: numbers(entries), ...sides }, expected);

        const matches = ({ lastSignIn }: Entry) => lastSignIn % 4 === 0;
        const matching = there.filter((number) => number % 4 === 0);
        const found = await list.matchingPart(matches, asked, turns());
        const wanted = byHand(matching, descending, part);
        t.is(found.matching, wanted.matching);
        t.deepEqual(numbers(found.entries), wanted.numbers);
        if (found.entries.length > 0)
          t.deepEqual([found.precedes, found.follows], [wanted.precedes, wanted.follows]);
        const everybody = byHand(matching, descending, { limit: matching.length });
        t.deepEqual(numbers(await list.everybodyMatching(matches, turns())), everybody.numbers);
      },
    ),
    { numRuns: 80, endOnFailure: true },
  );
});

test("behind the last place nothing follows; what precedes it is known", async (t) => {
  const all = () => true;
  const list = listing([1, 2, 3]);
  const behind = { after: entry(5), limit: 2 };
  t.deepEqual(list.part(behind), { entries: [], precedes: true, follows: false });
  t.deepEqual(await list.matchingPart(all, behind, turns()), {
    ...{ entries: [], precedes: true, follows: false },
    matching: 3,
  });
  const ahead = { before: entry(0), limit: 2 };
  t.deepEqual(list.part(ahead), { entries: [], precedes: false, follows: true });
  t.deepEqual(await list.matchingPart(all, ahead, turns()), {
    ...{ entries: [], precedes: false, follows: true },
    matching: 3,
  });
  const none = { entries: [], precedes: false, follows: false };
  t.deepEqual(listing([]).part({ limit: 2 }), none);
  t.deepEqual(listing([]).part({ ...ahead }), none);
  t.deepEqual(listing([]).part({ ...behind }), none);
});

test("of many, all are looked at, once, and others have their turn after each 64", async (t) => {
  const everybody = Array.from({ length: 1_000 }, (_, number) => number);
  const list = listing(everybody);
  const counted = turns();
  let looked = 0;
  const matches = ({ lastSignIn }: Entry) => {
    looked++;
    return lastSignIn >= 900;
  };
  const found = await list.matchingPart(matches, { limit: 10 }, counted);
  t.is(found.matching, 100);
  t.is(looked, 1_000);
  t.true(counted.pauses() >= 1_000 / 64 && counted.pauses() < 1_000 / 32, `${counted.pauses()}`);
  const again = turns();
  t.deepEqual(numbers(await list.everybodyMatching(matches, again)), everybody.slice(900));
  t.is(looked, 2_000);
  t.true(again.pauses() >= 1_000 / 64 && again.pauses() < 1_000 / 32, `${again.pauses()}`);
  const several = numbers(list.part({ limit: 700 }).entries);
  t.deepEqual([several.length, several[0], several.at(-1)], [700, 0, 699], "from several pieces");
  t.true(list.part({ limit: 999 }).follows);
  t.false(list.part({ limit: 1_000 }).follows);
});
