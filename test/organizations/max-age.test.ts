import test from "ava";
import { durationMs } from "../../organizations/max-age.ts";

test("durations are hours, minutes and seconds", (t) => {
  t.is(durationMs("12h"), 12 * 3_600_000);
  t.is(durationMs("1h30m"), 5_400_000);
  t.is(durationMs("90s"), 90_000);
  for (const text of ["", "h", "1d", "1m1h", "-1h", " 1h"])
    t.throws(() => durationMs(text), { instanceOf: RangeError }, text);
});
