import type { HttpAnswer } from "./http.ts";

/** Longest wait that a header is believed, ms. Okta's windows last a minute. */
const LONGEST_MS = 10 * 60_000;

/**
 * When the server wants to be asked again, in ms from now: `Retry-After` (RFC 9110, section 10.2.3), else
 * `X-Rate-Limit-Reset` (Okta, "Rate limit best practices": epoch seconds). Times are taken by the server's own
 * clock where its answer has a `Date`, since ours may differ.
 */
export function retryAfter(answer: Pick<HttpAnswer, "headers">, now = Date.now()): number | undefined {
  const serverNow = Date.parse(header(answer, "date") ?? "");
  const reference = Number.isNaN(serverNow) ? now : serverNow;
  const after = header(answer, "retry-after")?.trim();
  if (after !== undefined) {
    const ms = /^\d+$/.test(after) ? Number(after) * 1000 : Date.parse(after) - reference;
    if (!Number.isNaN(ms)) return bounded(ms);
  }
  const reset = Number(header(answer, "x-rate-limit-reset") ?? Number.NaN);
  return Number.isNaN(reset) ? undefined : bounded(reset * 1000 - reference);
}

function bounded(ms: number): number {
  return Math.min(Math.max(ms, 0), LONGEST_MS);
}

function header({ headers }: Pick<HttpAnswer, "headers">, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}
