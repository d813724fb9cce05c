import { mock } from "node:test";

/** Timers that go off when `tick` says so, until the block ends: for tests that run one after the other. */
export function mockedTimers(): Disposable & { tick(ms: number): void } {
  mock.timers.enable({ apis: ["setTimeout"] });
  return { tick: (ms) => mock.timers.tick(ms), [Symbol.dispose]: () => mock.timers.reset() };
}
