import { rfc3339 } from "../kubernetes/index.ts";

type Timed = { readonly time: string };
type Untimed<T> = Omit<T, "time">;

/** What of a list is kept beside its times, in as little as there is of it, and the list made of that again. */
export interface Packing<T extends Timed, P> {
  readonly pack: (list: Untimed<T>[]) => P;
  readonly unpack: (packed: P) => Untimed<T>[];
}

/**
 * A list of things with a time each, as a cache keeps it: the times in one string, and what was at them apart. Written as
 * JSON it is the list again.
 */
export class TimedList<T extends Timed, P = unknown> {
  /** Seconds since 1970, in as many digits each. */
  readonly #times: string;
  readonly #packed: P;
  readonly #packing: Packing<T, P>;

  private constructor(times: string, packed: P, packing: Packing<T, P>) {
    this.#times = times;
    this.#packed = packed;
    this.#packing = packing;
  }

  /**
   * A list in this form, to be put in the place of the list: whoever reads it asks `listOf`. One that wouldn't be the same
   * again stays a list.
   */
  static of<T extends Timed, P>(list: T[], packing: Packing<T, P>): T[] {
    if (!Array.isArray(list)) return list; // it is in this form already
    const times = list.map(({ time }) => packedTime(time)).join("");
    if (!list.every(({ time }, i) => timeAt(times, i) === time)) return list;
    const packed = packing.pack(list.map(({ time: _, ...rest }) => rest));
    return new TimedList(times, packed, packing) as unknown as T[];
  }

  toJSON(): T[] {
    const list = this.#packing.unpack(this.#packed);
    // It is what it was made of.
    return list.map((rest, i) => ({ time: timeAt(this.#times, i), ...rest }) as T);
  }
}

/** A list of an object that may come from a cache. */
export function listOf<T extends Timed>(list: T[]): T[] {
  const kept: unknown = list;
  return kept instanceof TimedList ? kept.toJSON() : list;
}

const RADIX = 36;
const DIGITS = 7;

function packedTime(time: string): string {
  return (Date.parse(time) / 1000).toString(RADIX).padStart(DIGITS, "0");
}

function timeAt(times: string, i: number): string {
  const seconds = Number.parseInt(times.slice(i * DIGITS, (i + 1) * DIGITS), RADIX);
  return Number.isNaN(seconds) ? "" : rfc3339(seconds * 1000);
}
