import { syncBuiltinESMExports } from "node:module";
import { mock } from "node:test";
import type { TestFn } from "ava";

/**
 * Time that passes when a test says so: for timers, for what sleeps, and for both clocks; and nothing is left to chance,
 * such as jitter, which is always in the middle. There is one for all tests of a file, which have to run one after the
 * other.
 */
export function fakeClock(test: TestFn): { pass(ms: number, stepMs?: number): Promise<void> } {
  test.before(() => {
    mock.timers.enable({
      apis: ["setTimeout", "setInterval", "Date"],
      now: Date.parse("2026-01-01T00:00:00Z"),
    });
    mock.method(performance, "now", () => Date.now());
    mock.method(Math, "random", () => 0.5);
    syncBuiltinESMExports(); // for node:timers/promises, whose functions are imported by name
  });
  test.after.always(() => {
    mock.timers.reset();
    mock.restoreAll();
    syncBuiltinESMExports();
  });
  return {
    /** Everything happens that is due in this time, and what comes of it, step by step. */
    async pass(ms, stepMs = 100) {
      let left = ms;
      do {
        await settled();
        mock.timers.tick(Math.min(stepMs, left));
        await settled();
        left -= stepMs;
      } while (left > 0);
    },
  };
}

/** Everything has happened that waits for nothing but its turn. */
async function settled(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
}
