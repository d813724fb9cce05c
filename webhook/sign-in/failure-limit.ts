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

  /** Whether the next failure would be one too many. Nothing is counted. */
  isReached(key: string): boolean {
    return (this.#known(key)?.failures ?? 0) >= this.#most;
  }

  #count(key: string): number {
    const known = this.#known(key);
    if (known) return ++known.failures;
    this.#counts.set(key, { failures: 1, sinceMs: this.#now() });
    return 1;
  }

  #known(key: string): { failures: number } | undefined {
    const known = this.#counts.get(key);
    return known && this.#now() - known.sinceMs < WINDOW_MS ? known : undefined;
  }
}
