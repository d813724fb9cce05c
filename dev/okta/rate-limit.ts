import type { ServerResponse } from "node:http";
import type { Clock } from "./directory/clock.ts";

const windowMs = 60_000;

/** Requests a minute for one area of the API, as Okta counts and reports them. */
export class RateLimit {
  readonly #limit: number;
  readonly #now: Clock;
  #windowEnds = 0;
  #used = 0;

  constructor(limit: number, now: Clock) {
    this.#limit = limit;
    this.#now = now;
  }

  /**
   * Counts a request and writes the three X-Rate-Limit headers, the last of which is in seconds since 1970.
   * @returns whether the request is within the limit
   */
  count(response: ServerResponse): boolean {
    const now = this.#now();
    if (now >= this.#windowEnds) {
      this.#windowEnds = now + windowMs;
      this.#used = 0;
    }
    this.#used++;
    response.setHeader("X-Rate-Limit-Limit", this.#limit);
    response.setHeader("X-Rate-Limit-Remaining", Math.max(0, this.#limit - this.#used));
    response.setHeader("X-Rate-Limit-Reset", Math.ceil(this.#windowEnds / 1000));
    return this.#used <= this.#limit;
  }
}
