import { LRUCache } from "lru-cache";

const WINDOW_MS = 60_000;
/** Who is remembered at once. Whoever is forgotten has a minute of failures more. */
const MOST = 10_000;

/** Counts failures of a minute, by whoever had them: an address, an account. What succeeds doesn't count. */
export class FailureLimit {
  readonly #most: number;
  readonly #now: () => number;
  readonly #counts = new LRUCache<string, { failures: number; readonly sinceMs: number }>({ max: MOST });

  /**
   * @param most failures in a minute, which begins with the first of them
   * @param now in ms, of a clock that never goes back
   */
  constructor(most: number, now: () => number = () => performance.now()) {
    this.#most = most;
    this.#now = now;
  }

  /** Counts a failure. @returns whether it is one too many for any of these */
  isTooMany(keys: readonly string[]): boolean {
    return keys.map((key) => this.#count(key)).some((failures) => failures > this.#most);
  }

  #count(key: string): number {
    const now = this.#now();
    const known = this.#counts.get(key);
    if (known && now - known.sinceMs < WINDOW_MS) return ++known.failures;
    this.#counts.set(key, { failures: 1, sinceMs: now });
    return 1;
  }
}
