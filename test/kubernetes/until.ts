import { setTimeout as sleep } from "node:timers/promises";

/** Waits for a state of the world; asks again often. Fails with what was last seen, after half a minute. */
export async function until<T>(
  what: string,
  look: () => T | Promise<T>,
  isReached: (seen: T) => boolean = Boolean,
): Promise<T> {
  const end = performance.now() + 30_000;
  for (;;) {
    const seen = await look();
    if (isReached(seen)) return seen;
    if (performance.now() > end) throw new Error(`still not: ${what}; last seen: ${JSON.stringify(seen)}`);
    await sleep(10);
  }
}
