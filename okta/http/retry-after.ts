import { first, type HttpAnswer } from "./answer.ts";

/** Longest wait that a header is believed, ms. Okta's windows last a minute. */
const LONGEST_MS = 10 * 60_000;

/**
 * When the server wants to be asked again, in ms from now: `Retry-After` (RFC 9110, section 10.2.3), else
 * `X-Rate-Limit-Reset`.
 */
export function retryAfter(answer: Pick<HttpAnswer, "headers">): number | undefined {
  const after = first(answer.headers["retry-after"])?.trim() ?? "";
  if (/^\d+$/.test(after)) return bounded(Number(after) * 1000);
  // A date has a time of day; Date.parse makes one of "1.5", too.
  const date = after.includes(":") ? Date.parse(after) : Number.NaN;
  return Number.isNaN(date) ? untilReset(answer) : bounded(date - serverTime(answer));
}

/** When the rate limit's window ends, in ms from now (Okta, "Rate limit best practices": epoch seconds). */
export function untilReset(answer: Pick<HttpAnswer, "headers">): number | undefined {
  const reset = first(answer.headers["x-rate-limit-reset"]) ?? "";
  return /^\d+$/.test(reset) ? bounded(Number(reset) * 1000 - serverTime(answer)) : undefined;
}

/** Times are counted from the server's own clock where its answer has a `Date`, since ours may differ. */
function serverTime({ headers }: Pick<HttpAnswer, "headers">): number {
  const date = Date.parse(first(headers.date) ?? "");
  return Number.isNaN(date) ? Date.now() : date;
}

function bounded(ms: number): number {
  return Math.min(Math.max(ms, 0), LONGEST_MS);
}
