import test from "ava";
import { staleness } from "../../../webhook/sessions/staleness.ts";

test("one cache that has heard nothing of a namespace for too long is enough, and says nothing of other namespaces", (t) => {
  const heardOf = (ages: Record<string, number>) => ({
    freshness: (namespace: string) => ages[namespace] ?? Number.POSITIVE_INFINITY,
  });
  const isStale = staleness([heardOf({ a: 0, b: 100, c: 0 }), heardOf({ a: 100, b: 0, c: 101 })], 100);
  t.deepEqual(["a", "b", "c", "never heard of"].map(isStale), [false, false, true, true]);
});
