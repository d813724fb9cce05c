import type { Entry } from "./roster-entry.ts";
import { COMPARE, type Compare, type Position, type RosterOrder } from "./roster-sort.ts";
import type { Slices } from "./scan-turns.ts";
import type { SortedEntries } from "./sorted-entries.ts";

/** Which part of a list is wanted: what follows one place, or comes before another, or else its beginning. */
export interface Part {
  readonly after?: Position | undefined;
  readonly before?: Position | undefined;
  readonly limit: number;
}

export interface FoundPart {
  readonly entries: readonly Entry[];
  /** Whether something comes before or after these. */
  readonly precedes: boolean;
  readonly follows: boolean;
}

/** Entries that are looked at between two looks at the clock. */
const STRIDE = 64;

type Matches = (entry: Entry) => boolean;

/** Entries in an order that somebody has asked for. */
export class Listing {
  readonly #entries: SortedEntries;
  readonly #descending: boolean;
  readonly #compare: Compare;

  constructor(entries: SortedEntries, { sort, descending }: RosterOrder) {
    this.#entries = entries;
    this.#descending = descending;
    const compare = COMPARE[sort];
    this.#compare = descending ? (a, b) => compare(b, a) : compare;
  }

  /** A part of everybody: looks at no more than that. */
  part({ after, before, limit }: Part): FoundPart {
    if (!before) {
      const [entries, follows] = collected(after, limit, (from) => this.#following(from));
      return { entries, follows, precedes: this.#preceding(entries[0] ?? after).length > 0 };
    }
    const [nearest, precedes] = collected(before, limit, (from) => this.#preceding(from));
    const entries = nearest.reverse();
    return { entries, precedes, follows: this.#following(entries.at(-1) ?? before).length > 0 };
  }

  /** A part of those who match, and how many do: looks at everybody. */
  async matchingPart(
    matches: Matches,
    { after, before, limit }: Part,
    slices: Pick<Slices, "pause">,
  ): Promise<FoundPart & { matching: number }> {
    const entries: Entry[] = [];
    let precedes = false;
    let follows = false;
    let matching = 0;
    for await (const strip of this.#strips(undefined, slices)) {
      for (const entry of strip) {
        if (!matches(entry)) continue;
        matching++;
        if (before) {
          if (this.#compare(entry, before) >= 0) follows = true;
          else if (entries.push(entry) > limit) {
            entries.shift();
            precedes = true;
          }
        } else if (after && this.#compare(entry, after) <= 0) precedes = true;
        else if (entries.length < limit) entries.push(entry);
        else follows = true;
      }
    }
    return { entries, precedes, follows, matching };
  }

  /** All who match, in the order of this moment: who changes place while others are looked at is among them once. */
  async everybodyMatching(matches: Matches, slices: Pick<Slices, "pause">): Promise<Entry[]> {
    const everybody = [...this.#pieces(undefined)].flat();
    const entries: Entry[] = [];
    for (let i = 0; i < everybody.length; i += STRIDE) {
      entries.push(...everybody.slice(i, i + STRIDE).filter(matches));
      await slices.pause();
    }
    return entries;
  }

  *#pieces(after: Position | undefined): Generator<readonly Entry[]> {
    let piece = this.#following(after);
    for (; piece.length > 0; piece = this.#following(piece.at(-1))) yield piece;
  }

  /** All that follows a place, a few at a time. Who comes or goes meanwhile is among them or not, as it happens. */
  async *#strips(
    after: Position | undefined,
    slices: Pick<Slices, "pause">,
  ): AsyncGenerator<readonly Entry[]> {
    for (const piece of this.#pieces(after))
      for (let i = 0; i < piece.length; i += STRIDE) {
        yield piece.slice(i, i + STRIDE);
        await slices.pause();
      }
  }

  #following(position: Position | undefined): Entry[] {
    return this.#descending ? this.#entries.before(position) : this.#entries.after(position);
  }

  #preceding(position: Position | undefined): Entry[] {
    return this.#descending ? this.#entries.after(position) : this.#entries.before(position);
  }
}

/** So many of what `next` leads to, piece by piece, and whether there would be more. */
function collected(
  from: Position | undefined,
  limit: number,
  next: (from: Position | undefined) => readonly Entry[],
): [entries: Entry[], more: boolean] {
  const entries: Entry[] = [];
  let at = from;
  for (let piece = next(at); piece.length > 0 && entries.length <= limit; piece = next(at)) {
    entries.push(...piece);
    at = piece.at(-1);
  }
  return [entries.slice(0, limit), entries.length > limit];
}
