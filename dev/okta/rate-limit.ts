import type { ServerResponse } from "node:http";
import type { Clock } from "./directory/clock.ts";

const windowMs = 60_000;

/** What Okta counts together (Okta: "Management rate limits"). */
export type RateLimitArea = "groups" | "group" | "users" | "user" | "logs" | "other" | "oauth";

/** Requests a minute for one area of the API, as Okta counts and reports them. */
export class RateLimit {
  readonly #limit: () => number;
  readonly #now: Clock;
  #windowEnds = 0;
  #used = 0;

  constructor(limit: () => number, now: Clock) {
    this.#limit = limit;
    this.#now = now;
  }

  /**
   * Counts a request and writes the three X-Rate-Limit headers, the last of which is in seconds since 1970.
   * @returns how many there are now in this minute, and how many may be
   */
  count(response: ServerResponse): { used: number; limit: number } {
    const now = this.#now();
    const limit = this.#limit();
    if (now >= this.#windowEnds) {
      this.#windowEnds = now + windowMs;
      this.#used = 0;
    }
    this.#used++;
    response.setHeader("X-Rate-Limit-Limit", limit);
    response.setHeader("X-Rate-Limit-Remaining", Math.max(0, limit - this.#used));
    response.setHeader("X-Rate-Limit-Reset", Math.ceil(this.#windowEnds / 1000));
    return { used: this.#used, limit };
  }
}
