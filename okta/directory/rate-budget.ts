import { first, type HttpAnswer } from "../http/answer.ts";
import { untilReset } from "../http/retry-after.ts";

/** The part of each limit that is ours to use. */
const SHARE = 0.5;
/** Okta counts by the minute (Okta, "Rate limits"). */
const WINDOW_MS = 60_000;

interface Window {
  limit: number;
  remaining: number;
  resetAt: number;
}

/**
 * How many calls may be made. Okta's rate limits are small and belong to the whole org, so only a share of
 * each window is taken: what is left of it is for everybody else. One window for each group of endpoints.
 */
export class RateBudget {
  readonly #windows = new Map<string, Window>();
  readonly #now: () => number;

  /** @param now a clock that never goes back, ms */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Takes one call out of the budget and gives back 0, or gives back how long to wait, in ms, and takes none. */
  take(endpoint: string): number {
    const window = this.#windows.get(endpoint);
    if (!window) return 0;
    const now = this.#now();
    if (now >= window.resetAt) {
      // A new window, about which nothing is known until the next answer but its size.
      window.remaining = window.limit;
      window.resetAt = now + WINDOW_MS;
    }
    if (window.remaining <= Math.floor(window.limit * (1 - SHARE))) return window.resetAt - now;
    window.remaining--;
    return 0;
  }

  /** Learns from an answer's `X-Rate-Limit-Limit`, `-Remaining` and `-Reset`. */
  learn(endpoint: string, answer: HttpAnswer): void {
    const limit = count(answer, "x-rate-limit-limit");
    const remaining = count(answer, "x-rate-limit-remaining");
    const resetMs = untilReset(answer);
    // A limit of 0 belongs to the number of concurrent calls, which has nothing to do with the window.
    if (!limit || remaining === undefined || resetMs === undefined) return;
    const resetAt = this.#now() + resetMs;
    const known = this.#windows.get(endpoint);
    // Answers of one window may overtake each other; what was taken meanwhile isn't counted in them.
    const sameWindow = known !== undefined && Math.abs(known.resetAt - resetAt) < WINDOW_MS / 2;
    this.#windows.set(endpoint, {
      limit,
      remaining: sameWindow ? Math.min(known.remaining, remaining) : remaining,
      resetAt,
    });
  }
}

/** Whether a 429 is about too many calls at once: both numbers are 0 (Okta, "Concurrent rate limits"). */
export function isConcurrencyLimit(answer: HttpAnswer): boolean {
  return count(answer, "x-rate-limit-limit") === 0 && count(answer, "x-rate-limit-remaining") === 0;
}

function count({ headers }: HttpAnswer, name: string): number | undefined {
  const value = first(headers[name]);
  return value !== undefined && /^\d+$/.test(value) ? Number(value) : undefined;
}
