import { setTimeout as delay } from "node:timers/promises";

const LOOK_AGAIN_MS = 50;

export interface WaitOptions {
  /** What is waited for, as in "the mapping to be Ready". */
  what: string;
  /** A minute unless said otherwise: not a measurement, only an end. `TEST_PATIENCE_MS` makes it shorter. */
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
  const endMs = Math.min(timeoutMs, Number(process.env.TEST_PATIENCE_MS) || timeoutMs);
  const deadline = performance.now() + endMs;
  for (;;) {
    const value = await look();
    if (value !== undefined) return value;
    if (performance.now() > deadline) throw new Error(`waited ${endMs / 1000} s in vain for ${what}`);
    await delay(LOOK_AGAIN_MS);
  }
}
