import test from "ava";
import { MeasuredDelays } from "../../../operator/sync/measured-delays.ts";

function percentiles(...ms: number[]) {
  const delays = new MeasuredDelays();
  for (const each of ms) delays.add(each);
  return delays.percentiles();
}

test("half of the changes took no longer than p50, all but one in a hundred no longer than p99", (t) => {
  const upTo = (most: number): number[] => Array.from({ length: most }, (_, i) => most - i);
  t.is(percentiles(), undefined);
  t.deepEqual(percentiles(40), { p50: 40, p99: 40 });
  t.deepEqual(percentiles(900, 40, 1_000, 7), { p50: 40, p99: 1_000 });
  t.deepEqual(percentiles(...upTo(100)), { p50: 50, p99: 99 });
  t.deepEqual(percentiles(...upTo(200)), { p50: 100, p99: 198 });
});

test("the last 200 count", (t) => {
  const slow = Array.from({ length: 3 }, () => 60_000);
  const quick = (count: number): number[] => Array.from({ length: count }, () => 10);
  t.deepEqual(percentiles(1, ...quick(197), 20, 30), { p50: 10, p99: 10 });
  t.deepEqual(percentiles(...slow, ...quick(197)), { p50: 10, p99: 60_000 });
  t.deepEqual(percentiles(...slow, ...quick(198)), { p50: 10, p99: 10 });
  t.deepEqual(percentiles(...slow, ...quick(200)), { p50: 10, p99: 10 });
});

test("where Okta's clock is ahead of ours, a change took no time", (t) => {
  t.deepEqual(percentiles(-3_000), { p50: 0, p99: 0 });
});
