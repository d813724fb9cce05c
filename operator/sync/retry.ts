import { type BackoffOptions, backoff } from "../../kubernetes/index.ts";
import { DirectoryRateLimitedError } from "../../okta/directory/directory-errors.ts";

/** How long to wait before Okta is asked again, in ms: as long as it says, or ever longer. @param failures in a row */
export function retryMs(error: unknown, failures: number, options: BackoffOptions): number {
  return error instanceof DirectoryRateLimitedError ? error.retryAfterMs : backoff(failures, options);
}
