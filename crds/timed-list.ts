import { rfc3339 } from "../kubernetes/index.ts";

type Timed = { readonly time: string };

/**
 * A list of things with a time each, as a cache keeps it: the times in one string, and what was at them apart, which may
 * be the same for many. Written as JSON it is the list again.
 */
export class TimedList<T extends Timed> {
  /** Seconds since 1970, in as many digits each. */
  readonly #times: string;
  readonly #rest: readonly Omit<T, "time">[];

  private constructor(times: string, rest: readonly Omit<T, "time">[]) {
    this.#times = times;
    this.#rest = rest;
  }

  /**
   * A list in this form, to be put in the place of the list: whoever reads it asks `listOf`. One that wouldn't be the same
   * again stays a list.
   * @param share gives equal things for what was at the times
   */
  static of<T extends Timed>(list: T[], share: (rest: Omit<T, "time">[]) => readonly Omit<T, "time">[]): T[] {
    if (!Array.isArray(list)) return list; // it is in this form already
    const times = list.map(({ time }) => packed(time)).join("");
    if (!list.every(({ time }, i) => unpacked(times, i) === time)) return list;
    const rest = share(list.map(({ time: _, ...rest }) => rest));
    return new TimedList<T>(times, rest) as unknown as T[];
  }

  toJSON(): T[] {
    // It is what it was made of.
    return this.#rest.map((rest, i) => ({ time: unpacked(this.#times, i), ...rest }) as T);
  }
}

/** A list of an object that may come from a cache. */
export function listOf<T extends Timed>(list: T[]): T[] {
  const kept: unknown = list;
  return kept instanceof TimedList ? kept.toJSON() : list;
}

const RADIX = 36;
const DIGITS = 7;

function packed(time: string): string {
  return (Date.parse(time) / 1000).toString(RADIX).padStart(DIGITS, "0");
}

function unpacked(times: string, i: number): string {
  const seconds = Number.parseInt(times.slice(i * DIGITS, (i + 1) * DIGITS), RADIX);
  return Number.isNaN(seconds) ? "" : rfc3339(seconds * 1000);
}
