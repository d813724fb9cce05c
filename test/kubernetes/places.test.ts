import test from "ava";
import fc from "fast-check";
import { Places } from "../../kubernetes/places.ts";

/** Takes as many as there are for it. */
function takeAll(places: Places, namespace: string): number {
  let taken = 0;
  for (; places.has(namespace); taken++) places.take(namespace);
  return taken;
}

test("the first has half of them, the next half of what is left, until there are none", (t) => {
  const places = new Places(60);
  t.deepEqual(
    ["a", "b", "c", "d", "e", "f", "g", "h"].map((namespace) => takeAll(places, namespace)),
    [30, 15, 8, 4, 2, 1, 0, 0],
  );
  t.true(places.isFull);
  t.is(places.taken, 60);
  for (let i = 0; i < 10; i++) places.leave("a");
  t.false(places.isFull);
  t.is(takeAll(places, "a"), 0, "it has more than is left");
  t.is(takeAll(places, "g"), 5);
});

test("where there is no end of them, everybody has one", (t) => {
  const places = new Places(Number.POSITIVE_INFINITY);
  for (let i = 0; i < 1_000; i++) places.take("a");
  t.true(places.has("a"));
  t.false(places.isFull);
});

test("law: never more are taken than there are, and who has none finds one as long as there is any", (t) => {
  const step = fc.tuple(fc.constantFrom("take", "take", "leave"), fc.constantFrom("a", "b", "c", "d"));
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 12 }), fc.array(step, { maxLength: 60 }), (size, steps) => {
      const places = new Places(size);
      const taken: Record<string, number> = { a: 0, b: 0, c: 0, d: 0 };
      for (const [what, namespace] of steps) {
        const own = taken[namespace] ?? 0;
        if (what === "leave" && own > 0) {
          places.leave(namespace);
          taken[namespace] = own - 1;
        } else if (what === "take" && places.has(namespace)) {
          places.take(namespace);
          taken[namespace] = own + 1;
        }
        const all = Object.values(taken).reduce((sum, count) => sum + count);
        t.is(places.taken, all);
        t.true(all <= size);
        t.is(places.isFull, all === size);
        for (const [each, count] of Object.entries(taken)) t.is(places.has(each), count < size - all);
      }
    }),
  );
});
