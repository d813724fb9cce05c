import { LRUCache } from "lru-cache";

const WINDOW_MS = 60_000;
/** Who is remembered at once. Whoever is forgotten has a minute of failures more. */
const MOST = 10_000;

/** Counts failures of a minute, by whoever had them: an address, an account. What succeeds doesn't count. */
export class FailureLimit {
  readonly #most: number;
  readonly #counts = new LRUCache<string, { failures: number }>({ max: MOST, ttl: WINDOW_MS });

  /** @param most failures in a minute */
  constructor(most: number) {
    this.#most = most;
  }

  /** Counts a failure. @returns whether it is one too many for any of these */
  isTooMany(keys: readonly string[]): boolean {
    return keys.map((key) => this.#count(key)).some((failures) => failures > this.#most);
  }

  #count(key: string): number {
    const known = this.#counts.get(key);
    if (known) return ++known.failures;
    this.#counts.set(key, { failures: 1 });
    return 1;
  }
}
