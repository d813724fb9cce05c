import test from "ava";
import fc from "fast-check";
import { FairMemory } from "../../kubernetes/fair-memory.ts";

interface Thing {
  key: string;
}

/** Sees "a1", "b1", ... each in the namespace of its letter. Returns what was forgotten. */
function seeAll(memory: FairMemory<Thing>, keys: string[]): (string | undefined)[] {
  return keys.map((key) => memory.set(key.slice(0, 1), key, { key })?.key);
}

function remembered(memory: FairMemory<Thing>): string[] {
  return memory.values().map(({ key }) => key);
}

test("when it is too much, the namespace that has the most forgets what it saw longest ago", (t) => {
  const memory = new FairMemory<Thing>(4);
  t.deepEqual(seeAll(memory, ["b1", "a1", "a2", "a3"]), [undefined, undefined, undefined, undefined]);
  t.is(memory.get("a", "a1")?.key, "a1");
  t.deepEqual(seeAll(memory, ["a4", "a5", "a6"]), ["a2", "a3", "a1"]);
  t.deepEqual(remembered(memory), ["b1", "a4", "a5", "a6"]);
  t.deepEqual(
    seeAll(memory, ["c1", "d1", "e1"]),
    ["a4", "a5", "b1"],
    "of several, the one that has so many longest",
  );
  t.is(memory.get("b", "b1"), undefined);
});

test("the same key in two namespaces is two; the same in one takes the other's place", (t) => {
  const memory = new FairMemory<Thing>(2);
  const [old, young, other] = [{ key: "old" }, { key: "young" }, { key: "other" }];
  memory.set("a", "x", old);
  memory.set("b", "x", other);
  t.is(memory.set("a", "x", young), undefined);
  t.is(memory.get("a", "x"), young);
  t.is(memory.get("b", "x"), other);
});

test("what is deleted is forgotten and makes room, but nothing that has taken its place", (t) => {
  const memory = new FairMemory<Thing>(2);
  const [old, young] = [{ key: "old" }, { key: "young" }];
  memory.set("a", "x", old);
  memory.set("a", "x", young);
  memory.delete("a", "x", old);
  t.is(memory.get("a", "x"), young);
  memory.delete("a", "x", young);
  memory.delete("a", "x", young);
  t.is(memory.get("a", "x"), undefined);
  t.deepEqual(seeAll(memory, ["a1", "b1", "b2"]), [undefined, undefined, "b1"]);
  t.deepEqual(remembered(memory), ["a1", "b2"]);
});

test("law: never more than there is room for, and what was seen last is remembered, whoever comes", (t) => {
  const things = fc.array(fc.tuple(fc.constantFrom("a", "b", "c"), fc.nat(12)), { maxLength: 60 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 6 }), things, (capacity, all) => {
      const memory = new FairMemory<Thing>(capacity);
      for (const [namespace, number] of all) {
        const key = `${namespace}${number}`;
        memory.set(namespace, key, { key });
        t.is(memory.get(namespace, key)?.key, key);
      }
      const seen = new Set(all.map(([namespace, number]) => `${namespace}${number}`));
      t.is(memory.values().length, Math.min(capacity, seen.size));
    }),
  );
});

test("a crowd loses its own, and nobody else's", (t) => {
  const memory = new FairMemory<Thing>(100);
  const crowd = (count: number) => Array.from({ length: count }, (_, i) => `c${i}`);
  seeAll(memory, ["a1", "a2", "b1"]);
  seeAll(memory, crowd(1_000));
  t.deepEqual(remembered(memory), ["a1", "a2", "b1", ...crowd(1_000).slice(-97)]);
});
