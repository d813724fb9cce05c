import test from "ava";
import fc from "fast-check";
import { COMPARE } from "../../../webhook/console/roster-sort.ts";
import { SortedEntries } from "../../../webhook/console/sorted-entries.ts";
import { entry, numbers } from "./an-entry.ts";

/** All of them piece by piece, as somebody goes through them: from the beginning, and from the end. */
function pieces(entries: SortedEntries, way: "after" | "before"): number[][] {
  const found: number[][] = [];
  for (let piece = entries[way](undefined); piece.length > 0; piece = entries[way](piece.at(-1))) {
    if (found.push(numbers(piece)) > 100) throw new Error("there is no end to it");
  }
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
    { numRuns: 40, endOnFailure: true },
  );
});

test("an entry that comes to where one is takes its place", (t) => {
  const entries = new SortedEntries(COMPARE.email);
  for (const number of [1, 2, 3]) entries.add(entry(number));
  const again = entry(2, { digest: 7n });
  entries.add(again);
  t.deepEqual(entries.after(undefined), [entry(1), again, entry(3)]);
});

/** Where two lists first differ; undefined where they don't. To show all of them would take longer than to compare them. */
function differsAt(found: readonly unknown[], expected: readonly unknown[]): number | undefined {
  const at = expected.findIndex((each, i) => each !== found[i]);
  if (at >= 0) return at;
  return found.length === expected.length ? undefined : expected.length;
}

const MANY = 1_301; // a prime, so that steps of any width come by all of them
const all = Array.from({ length: MANY }, (_, number) => number);

/** All of them, come in an order that isn't theirs. */
function many(step: number): SortedEntries {
  const entries = new SortedEntries(COMPARE.lastSignIn);
  for (const i of all) entries.add(entry((i * step) % MANY));
  return entries;
}

test("many entries are kept in pieces of a bounded length, whatever order they come in", (t) => {
  for (const step of [1, MANY - 1, 700]) {
    const entries = many(step);
    for (const way of ["after", "before"] as const) {
      const found = pieces(entries, way);
      t.is(differsAt(found.flat(), way === "after" ? all : all.toReversed()), undefined);
      const lengths = found.map(({ length }) => length);
      t.true(Math.max(...lengths) <= 512, `${lengths}`);
      t.true(lengths.length >= 3 && Math.min(...lengths.slice(1, -1)) >= 256, `${lengths}`);
    }
  }
});

test("of many entries each has its neighbours, whoever goes between them", (t) => {
  const entries = many(700);
  const next = (numbers: readonly number[]) => numbers.map((at) => entries.after(entry(at))[0]?.lastSignIn);
  const last = (numbers: readonly number[]) => numbers.map((at) => entries.before(entry(at))[0]?.lastSignIn);
  t.is(differsAt(next(all), [...all.slice(1), undefined]), undefined);
  t.is(differsAt(last(all), [undefined, ...all.slice(0, -1)]), undefined);
  for (const number of all) if (number % 3 > 0) entries.delete(entry(number));
  const left = all.filter((number) => number % 3 === 0);
  t.is(differsAt(pieces(entries, "after").flat(), left), undefined);
  t.is(differsAt(pieces(entries, "before").flat(), left.toReversed()), undefined);
  // Whole pieces go from the middle.
  for (const number of left) if (number > 30 && number < 1_200) entries.delete(entry(number));
  t.deepEqual([next([30]), last([1_200])], [[1_200], [30]]);
  for (const number of left) entries.delete(entry(number));
  t.deepEqual([entries.after(undefined), entries.before(undefined)], [[], []]);
  entries.add(entry(5));
  t.deepEqual(numbers(entries.after(undefined)), [5]);
});
