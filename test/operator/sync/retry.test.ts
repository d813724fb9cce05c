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
