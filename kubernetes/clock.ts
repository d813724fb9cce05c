/** A moment to measure from. Take one with {@link now}. */
export interface Moment {
  readonly monotonic: number;
  readonly wall: number;
}

export function now(): Moment {
  return { monotonic: performance.now(), wall: Date.now() };
}

/**
 * Milliseconds since a moment; errs on the long side. The monotonic clock can't be set back, but stands still while the
 * machine is suspended or the virtual machine paused; the wall clock shows that, but can be set.
 */
export function elapsedSince(moment: Moment): number {
  return Math.max(performance.now() - moment.monotonic, Date.now() - moment.wall);
}
