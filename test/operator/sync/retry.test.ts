import test from "ava";
import { DirectoryRateLimitedError } from "../../../okta/directory/directory-errors.ts";
import { retryMs } from "../../../operator/sync/retry.ts";

test("Okta is asked again when it says, else ever later", (t) => {
  const options = { baseMs: 1_000, maxMs: 60_000 };
  t.is(retryMs(new DirectoryRateLimitedError(17_000), 1, options), 17_000);
  const later = [1, 2, 3, 20].map((failures) => retryMs(new Error("no"), failures, options));
  for (const [i, most] of [1_000, 2_000, 4_000, 60_000].entries()) {
    const ms = later[i] ?? 0;
    t.true(ms >= most / 2 && ms <= most, `${ms}`);
  }
});

test("what Okta says of a rate limit is believed once; from then on it is never sooner than by the failures", (t) => {
  const options = { baseMs: 1_000, maxMs: 60_000 };
  t.is(retryMs(new DirectoryRateLimitedError(500), 1, options), 500);
  for (const [failures, least] of [
    [2, 1_000],
    [3, 2_000],
    [20, 15_000],
  ] as const)
    t.true(retryMs(new DirectoryRateLimitedError(0), failures, options) >= least, `${failures}`);
  t.is(retryMs(new DirectoryRateLimitedError(90_000), 20, options), 90_000);
});
