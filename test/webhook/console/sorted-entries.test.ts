import test from "ava";
import fc from "fast-check";
import type { Entry } from "../../../webhook/console/roster-entry.ts";
import { COMPARE } from "../../../webhook/console/roster-sort.ts";
import { SortedEntries } from "../../../webhook/console/sorted-entries.ts";
import { entry } from "./an-entry.ts";

const numbers = (entries: readonly Entry[]) => entries.map(({ lastSignIn }) => lastSignIn);

/** All of them piece by piece, as somebody goes through them: from the beginning, and from the end. */
function pieces(entries: SortedEntries, way: "after" | "before"): number[][] {
  const found: number[][] = [];
  for (let piece = entries[way](undefined); piece.length > 0; piece = entries[way](piece.at(-1)))
    found.push(numbers(piece));
  return found;
}

test("however entries come and go, they are in order from both ends, each once, and next to each place", (t) => {
  const change = fc.record({ comes: fc.boolean(), number: fc.nat(12).map((half) => 2 * half) });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 40 }), (changes) => {
      const entries = new SortedEntries(COMPARE.email);
      const there = new Set<number>();
      for (const { comes, number } of changes) {
        if (comes) entries.add(entry(number));
        else entries.delete(entry(number));
        if (comes) there.add(number);
        else there.delete(number);
      }
      const all = [...there].sort((a, b) => a - b);
      t.deepEqual(pieces(entries, "after").flat(), all);
      t.deepEqual(pieces(entries, "before").flat(), all.toReversed());
      // Odd numbers are places where nobody is.
      for (let at = -1; at <= 25; at++) {
        t.is(
          entries.after(entry(at))[0]?.lastSignIn,
          all.find((number) => number > at),
        );
        t.is(
          entries.before(entry(at))[0]?.lastSignIn,
          all.findLast((number) => number < at),
        );
      }
    }),
    { numRuns: 60 },
  );
});

test("an entry that comes to where one is takes its place", (t) => {
  const entries = new SortedEntries(COMPARE.email);
  for (const number of [1, 2, 3]) entries.add(entry(number));
  const again = entry(2, { digest: 7n });
  entries.add(again);
  t.deepEqual(entries.after(undefined), [entry(1), again, entry(3)]);
});

test("many entries are kept in pieces of a bounded length, whatever order they come in and whoever goes", (t) => {
  const MANY = 1_301; // a prime, so that steps of any width come by all of them
  for (const step of [1, MANY - 1, 700]) {
    const entries = new SortedEntries(COMPARE.email);
    for (let i = 0; i < MANY; i++) entries.add(entry((i * step) % MANY));
    const all = Array.from({ length: MANY }, (_, number) => number);
    for (const way of ["after", "before"] as const) {
      const found = pieces(entries, way);
      t.deepEqual(found.flat(), way === "after" ? all : all.toReversed());
      for (const { length } of found.slice(1, -1)) t.true(length >= 256 && length <= 512, `${length}`);
    }
    for (let at = 0; at < MANY; at++) {
      t.is(entries.after(entry(at))[0]?.lastSignIn, at + 1 < MANY ? at + 1 : undefined);
      t.is(entries.before(entry(at))[0]?.lastSignIn, at > 0 ? at - 1 : undefined);
    }
    for (const number of all) if (number % 3 > 0) entries.delete(entry(number));
    const left = all.filter((number) => number % 3 === 0);
    t.deepEqual(pieces(entries, "after").flat(), left);
    t.deepEqual(pieces(entries, "before").flat(), left.toReversed());
    // A whole piece goes from the middle, and what is beside it is next to each other.
    for (const number of left) if (number > 30 && number < 1_200) entries.delete(entry(number));
    t.is(entries.after(entry(30))[0]?.lastSignIn, 1_200);
    t.is(entries.before(entry(1_200))[0]?.lastSignIn, 30);
    for (const number of left) entries.delete(entry(number));
    t.deepEqual([entries.after(undefined), entries.before(undefined)], [[], []]);
    entries.add(entry(5));
    t.deepEqual(numbers(entries.after(undefined)), [5]);
  }
});
