import { availableParallelism, loadavg } from "node:os";
import { setTimeout as delay } from "node:timers/promises";

const LOOK_AGAIN_MS = 50;
/** What is wrong is to be told some time, also where others never leave the machine. */
const MOST_SLOWNESS = 5;

export interface WaitOptions {
  /** What is waited for, as in "the mapping to be Ready". */
  what: string;
  /**
   * A minute unless said otherwise, and longer on a machine that has more to do than it can: not a measurement, only an
   * end. `TEST_PATIENCE_MS` makes it shorter, whatever the machine does.
   */
  timeoutMs?: number;
}

/**
 * Waits for a state of which no event tells, by looking again and again.
 *
 * @param look returns undefined while it isn't so; what it throws ends the waiting
 * @returns what `look` returned
 */
export async function waitFor<T>(
  look: () => T | undefined | Promise<T | undefined>,
  { what, timeoutMs = 60_000 }: WaitOptions,
): Promise<T> {
  const least = Number(process.env.TEST_PATIENCE_MS) || undefined;
  const began = performance.now();
  for (;;) {
    const value = await look();
    if (value !== undefined) return value;
    const waited = performance.now() - began;
    const end = least === undefined ? timeoutMs * slowness() : Math.min(timeoutMs, least);
    if (waited > end) throw new Error(`waited ${Math.round(waited / 1000)} s in vain for ${what}`);
    await delay(LOOK_AGAIN_MS);
  }
}

/** How many times as long everything takes as on a machine that does nothing else: others may share it. */
function slowness(): number {
  return Math.min(MOST_SLOWNESS, Math.max(1, (loadavg()[0] ?? 0) / availableParallelism()));
}
