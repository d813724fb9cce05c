import { syncBuiltinESMExports } from "node:module";
import { mock } from "node:test";
import type { ExecutionContext, TestFn } from "ava";

/**
 * Time that passes when a test says so: for timers, for what sleeps, and for both clocks; and nothing is left to chance,
 * such as jitter, which is always in the middle. There is one for all tests of a file, which have to run one after the
 * other.
 */
export function fakeClock(test: TestFn): {
  pass(ms: number, stepMs?: number): Promise<void>;
  stepWall(t: ExecutionContext, ms: number): void;
} {
  let wallAheadMs = 0;
  test.before(() => {
    mock.timers.enable({
      apis: ["setTimeout", "setInterval", "Date"],
      now: Date.parse("2026-01-01T00:00:00Z"),
    });
    const monotonic = Date.now;
    mock.method(performance, "now", () => monotonic());
    mock.method(Date, "now", () => monotonic() + wallAheadMs);
    mock.method(Math, "random", () => 0.5);
    syncBuiltinESMExports(); // for node:timers/promises, whose functions are imported by name
  });
  test.after.always(() => {
    mock.timers.reset();
    mock.restoreAll();
    syncBuiltinESMExports();
  });
  return {
    /**
     * The wall clock goes on alone, until the test is over: the machine was suspended, or somebody has set its clock. The
     * other clock knows nothing of that, and neither do timers.
     */
    stepWall(t, ms) {
      wallAheadMs += ms;
      t.teardown(() => {
        wallAheadMs -= ms;
      });
    },
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
