/** What time it is elsewhere, by what was said last, and what has passed here since. Our own clock's while nobody has said. */
export class OthersClock {
  #told: { readonly time: number; readonly at: number } | undefined;

  /** @param time ms since 1970, as it was a moment ago */
  told(time: number): void {
    this.#told = { time, at: performance.now() };
  }

  /** ms since 1970 */
  now(): number {
    return this.#told ? this.#told.time + performance.now() - this.#told.at : Date.now();
  }
}

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
