/** How fast waiting times grow: `baseMs` doubles with each failure up to `maxMs`. */
export interface BackoffOptions {
  baseMs: number;
  maxMs: number;
}

/**
 * Exponential back-off with jitter: how long to wait after so many failures in a row (1 is the first).
 * The upper half is random, so that clients which failed together don't come back together.
 * @returns whole milliseconds, so that sums of times are exact
 */
export function backoff(failures: number, { baseMs, maxMs }: BackoffOptions, random = Math.random): number {
  const full = Math.min(maxMs, baseMs * 2 ** Math.min(failures - 1, 30));
  return Math.ceil(full / 2 + (random() * full) / 2);
}
