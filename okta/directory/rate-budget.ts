import { first, type HttpAnswer } from "../http/answer.ts";
import { untilReset } from "../http/retry-after.ts";
import type { RateLimitBucket } from "./endpoints.ts";

/** For whom something is read: a person who signs in and waits, whoever waits for a change, or what reads a lot and has time. */
export type Lane = "people" | "background" | "sweep";

/**
 * The part of each window that may be used. Okta's limits are small and belong to the whole org: what has time leaves half
 * of each to others, and what reads a lot leaves some of that half. Nobody's sign-in is refused as long as Okta itself would
 * answer.
 */
const SHARE: Readonly<Record<Lane, number>> = { people: 1, background: 0.5, sweep: 0.4 };
/** Two answers are about the same window if their resets differ by less than this: Okta counts by the minute. */
const SAME_WINDOW_S = 30;

/** One call that was taken out of the budget. Whoever took it says how it ended. */
export interface Call {
  /** @param answer undefined: none came, or nobody knows whether the request did */
  ended(answer: HttpAnswer | undefined): void;
}

/** There is no call to take now. */
export type Held =
  /** The window is used up. @property ms until the next one */
  | { readonly until: "window"; readonly ms: number }
  /** Calls under way may turn out to have left room, or have yet to tell what there is. */
  | { readonly until: "answer"; readonly answer: Promise<void> };

/**
 * How many calls may be made, as Okta's `X-Rate-Limit` headers tell. There is a window for each of Okta's buckets. Calls
 * whose answer is still to come count as used. As long as nothing is known of a window - at the start, and after each
 * minute - what has time sends one call to find out before the others; people don't wait for that.
 */
export class RateBudget {
  readonly #buckets = new Map<RateLimitBucket, Bucket>();
  readonly #now: () => number;
  readonly #share: number;

  /** @param now a clock that never goes back, ms */
  constructor({ now, lane }: { now: () => number; lane: Lane }) {
    this.#now = now;
    this.#share = SHARE[lane];
  }

  /** Takes one call, or says what to wait for. */
  take(name: RateLimitBucket): Call | Held {
    const known = this.#buckets.get(name);
    const bucket = known ?? new Bucket(this.#now, this.#share);
    if (!known) this.#buckets.set(name, bucket);
    return bucket.take();
  }
}

/** A window as an answer described it. */
interface Window {
  readonly limit: number;
  /** What was left by the last answer, in this window. */
  remaining: number;
  /** When it ends: by Okta's clock in seconds, which is how answers name it, and by ours. */
  readonly resetS: number;
  readonly endsAt: number;
}

class Bucket {
  readonly #now: () => number;
  readonly #share: number;
  #window: Window | undefined;
  #underWay = 0;
  /** The last good answer said nothing of limits: then there is nothing to keep to, and nothing to wait for. */
  #silent = false;
  #next = Promise.withResolvers<void>();

  constructor(now: () => number, share: number) {
    this.#now = now;
    this.#share = share;
  }

  take(): Call | Held {
    const now = this.#now();
    if (this.#window && now >= this.#window.endsAt) this.#window = undefined;
    if (this.#window) {
      const { limit, remaining, endsAt } = this.#window;
      const left = remaining - Math.floor(limit * (1 - this.#share));
      if (left <= 0) return { until: "window", ms: endsAt - now };
      if (left <= this.#underWay) return { until: "answer", answer: this.#next.promise };
    } else if (this.#share < 1 && !this.#silent && this.#underWay > 0) {
      return { until: "answer", answer: this.#next.promise };
    }
    this.#underWay++;
    return { ended: (answer) => this.#ended(answer) };
  }

  #ended(answer: HttpAnswer | undefined): void {
    this.#underWay--;
    const told = answer && windowOf(answer, this.#now());
    this.#silent = told === undefined && (answer?.status === 200 || this.#silent);
    if (told) this.#learn(told);
    // Okta may have counted it all the same.
    else if (this.#window) this.#window.remaining--;
    this.#next.resolve();
    this.#next = Promise.withResolvers();
  }

  #learn(told: Window): void {
    const later = this.#window ? told.resetS - this.#window.resetS : Number.POSITIVE_INFINITY;
    if (this.#window && Math.abs(later) < SAME_WINDOW_S)
      // Answers of one window may overtake each other.
      this.#window.remaining = Math.min(this.#window.remaining, told.remaining);
    else if (later > 0) this.#window = told;
  }
}

/** What an answer says of its window: `X-Rate-Limit-Limit`, `-Remaining` and `-Reset`. */
function windowOf(answer: HttpAnswer, now: number): Window | undefined {
  const limit = count(answer, "x-rate-limit-limit");
  const remaining = count(answer, "x-rate-limit-remaining");
  const resetS = count(answer, "x-rate-limit-reset");
  const resetMs = untilReset(answer);
  // A limit of 0 belongs to the number of concurrent calls, which has nothing to do with the window.
  if (!limit || remaining === undefined || resetS === undefined || resetMs === undefined) return undefined;
  return { limit, remaining, resetS, endsAt: now + resetMs };
}

/** Whether a 429 is about too many calls at once: both numbers are 0 (Okta, "Concurrent rate limits"). */
export function isConcurrencyLimit(answer: HttpAnswer): boolean {
  return count(answer, "x-rate-limit-limit") === 0 && count(answer, "x-rate-limit-remaining") === 0;
}

function count({ headers }: HttpAnswer, name: string): number | undefined {
  const value = first(headers[name]);
  return value !== undefined && /^\d+$/.test(value) ? Number(value) : undefined;
}
