import { backoff } from "../backoff.ts";
import { ConnectionError } from "./errors.ts";
import type { Answer } from "./http-request.ts";

/** Attempts in all, the first one included. */
const MAX_ATTEMPTS = 4;
/** We don't sit out a longer Retry-After: the caller learns of it and can do something else meanwhile. */
const MAX_WAIT_MS = 10_000;

/**
 * Decides whether a request is sent again.
 *
 * - 429: always. The server has turned it away before doing anything.
 * - 503, 504, and 500 with Retry-After (a server-side time-out): only when sending it twice does no harm.
 * - No answer: always when it wasn't sent, else only when sending it twice does no harm.
 *
 * @param idempotent sending it twice has the effect of sending it once
 * @param attempt how often it was sent, from 1
 * @returns how long to wait, in milliseconds, or undefined to give up
 */
export function retryDelay(
  outcome: Answer | ConnectionError,
  { idempotent, attempt }: { idempotent: boolean; attempt: number },
  random = Math.random,
): number | undefined {
  if (attempt >= MAX_ATTEMPTS || !mayRetry(outcome, idempotent)) return undefined;
  const wait = backoff(attempt, { baseMs: 100, maxMs: 5_000 }, random);
  if (outcome instanceof ConnectionError || outcome.retryAfterMs === undefined) return wait;
  // A random bit on top: everybody who was turned away was told the same number.
  return outcome.retryAfterMs > MAX_WAIT_MS ? undefined : outcome.retryAfterMs + wait;
}

function mayRetry(outcome: Answer | ConnectionError, idempotent: boolean): boolean {
  if (outcome instanceof ConnectionError) return idempotent || !outcome.sent;
  switch (outcome.status) {
    case 429:
      return true;
    case 503:
    case 504:
      return idempotent;
    case 500:
      return idempotent && outcome.retryAfterMs !== undefined;
    default:
      return false;
  }
}
