import test from "ava";
import fc from "fast-check";
import { FairCache } from "../../../webhook/door/fair-cache.ts";

test("what is remembered is found again, under its owner alone", (t) => {
  const cache = new FairCache<string, number>(10);
  cache.set("acme", "ada", 1);
  cache.set("beta", "ada", 2);
  cache.set("acme", "ada", 3);
  t.is(cache.get("acme", "ada"), 3);
  t.is(cache.get("beta", "ada"), 2);
  t.is(cache.get("gamma", "ada"), undefined);
  t.is(cache.get("acme", "ben"), undefined);
});

test("a crowd loses its own oldest, and nobody else's", (t) => {
  const cache = new FairCache<number, number>(100);
  for (let i = 0; i < 20; i++) cache.set("small", i, i);
  for (let i = 0; i < 1_000; i++) cache.set("crowd", i, i);
  for (let i = 0; i < 20; i++) t.is(cache.get("small", i), i);
  for (let i = 920; i < 1_000; i++) t.is(cache.get("crowd", i), i);
  t.is(cache.get("crowd", 919), undefined);
});

test("who is kept anew is the last to go", (t) => {
  const cache = new FairCache<string, number>(2);
  cache.set("acme", "ada", 1);
  cache.set("acme", "ben", 1);
  cache.set("acme", "ada", 2);
  cache.set("acme", "eve", 1);
  t.is(cache.get("acme", "ada"), 2);
  t.is(cache.get("acme", "ben"), undefined);
});

test("never more than there is room for, whoever comes", (t) => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.constantFrom("a", "b", "c"), fc.nat(12))), (all) => {
      const cache = new FairCache<number, string>(5);
      for (const [owner, key] of all) {
        cache.set(owner, key, `${owner}${key}`);
        t.is(cache.get(owner, key), `${owner}${key}`, "the last one is there");
      }
      const kept = ["a", "b", "c"].flatMap((owner) =>
        Array.from({ length: 13 }, (_, key) => cache.get(owner, key)).filter((value) => value !== undefined),
      );
      const asked = new Set(all.map(([owner, key]) => `${owner}${key}`));
      t.is(kept.length, Math.min(5, asked.size));
    }),
  );
});
