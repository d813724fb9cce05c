import { type BackoffOptions, backoff } from "../../kubernetes/index.ts";
import { DirectoryRateLimitedError } from "../../okta/directory/directory-errors.ts";

/** Okta's windows last a minute: whoever finds none open time and again doesn't miss the next by much. */
const MOST_PAST_LIMIT_MS = 30_000;

/**
 * How long to wait before Okta is asked again, in ms: as long as it says, or ever longer. What it says was no help where
 * it has failed before, so that it is never much sooner then than by the failures.
 * @param failures in a row
 */
export function retryMs(error: unknown, failures: number, { baseMs, maxMs }: BackoffOptions): number {
  if (!(error instanceof DirectoryRateLimitedError)) return backoff(failures, { baseMs, maxMs });
  if (failures <= 1) return error.retryAfterMs;
  return Math.max(
    error.retryAfterMs,
    backoff(failures, { baseMs, maxMs: Math.min(maxMs, MOST_PAST_LIMIT_MS) }),
  );
}
