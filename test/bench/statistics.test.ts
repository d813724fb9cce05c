import test from "ava";
import { median, pairedRatio, quantile } from "../../bench/statistics.ts";

test("a quantile is one of the samples", (t) => {
  const samples = Array.from({ length: 200 }, (_, i) => 200 - i);
  t.is(quantile(samples, 0.5), 100);
  t.is(quantile(samples, 0.99), 198);
  t.is(quantile(samples, 1), 200);
  t.is(quantile([7], 0.01), 7);
});

test("nothing measured is an error, not a number", (t) => {
  t.throws(() => median([]), { instanceOf: RangeError });
});

test("a slow moment hits both of a pair, and leaves their ratio", (t) => {
  t.is(pairedRatio([2, 20, 2], [1, 10, 1]), 2);
  t.throws(() => pairedRatio([1], [1, 2]), { instanceOf: RangeError });
});
