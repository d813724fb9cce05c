import type { Entry } from "./roster-entry.ts";
import type { Compare, Position } from "./roster-sort.ts";

/** Entries in one piece at the most. A change moves half as many on average, and no others. */
const MOST = 512;

/** Entries in order, however they come and go: in pieces, so that a change among 20,000 costs what it does among 500. */
export class SortedEntries {
  readonly #compare: Compare;
  /** None is empty, and each comes before the next. */
  readonly #pieces: Entry[][] = [];

  constructor(compare: Compare) {
    this.#compare = compare;
  }

  /** Puts an entry in its place. One that is in that place already goes. */
  add(entry: Entry): void {
    const at = Math.min(this.#pieceAt(entry), Math.max(0, this.#pieces.length - 1));
    const piece = this.#pieces[at];
    if (!piece) {
      this.#pieces.push([entry]);
      return;
    }
    const i = this.#placeIn(piece, entry);
    const there = piece[i];
    if (there && this.#compare(there, entry) === 0) piece[i] = entry;
    else piece.splice(i, 0, entry);
    if (piece.length > MOST) this.#pieces.splice(at + 1, 0, piece.splice(MOST / 2));
  }

  /** Takes away what is in this place, if anything is. */
  delete(position: Position): void {
    const at = this.#pieceAt(position);
    const piece = this.#pieces[at];
    if (!piece) return;
    const i = this.#placeIn(piece, position);
    const there = piece[i];
    if (!there || this.#compare(there, position) !== 0) return;
    piece.splice(i, 1);
    if (piece.length === 0) this.#pieces.splice(at, 1);
  }

  /**
   * Some of the entries that follow a place, the nearest first; none when none follow.
   * @param position undefined: from the beginning
   */
  after(position: Position | undefined): Entry[] {
    if (!position) return [...(this.#pieces[0] ?? [])];
    const at = this.#pieceAt(position);
    const piece = this.#pieces[at];
    if (!piece) return [];
    const i = this.#placeIn(piece, position);
    const there = piece[i];
    const following = piece.slice(there && this.#compare(there, position) === 0 ? i + 1 : i);
    return following.length > 0 ? following : [...(this.#pieces[at + 1] ?? [])];
  }

  /**
   * Some of the entries that come before a place, the nearest first; none when none do.
   * @param position undefined: from the end
   */
  before(position: Position | undefined): Entry[] {
    if (!position) return [...(this.#pieces.at(-1) ?? [])].reverse();
    const at = this.#pieceAt(position);
    const piece = this.#pieces[at];
    const preceding = piece?.slice(0, this.#placeIn(piece, position)) ?? [];
    return (preceding.length > 0 ? preceding : [...(this.#pieces[at - 1] ?? [])]).reverse();
  }

  /** Which piece has a place, or would have it; their number for a place behind all of them. */
  #pieceAt(position: Position): number {
    return this.#firstNot(this.#pieces.length, (i) => {
      const last = this.#pieces[i]?.at(-1);
      return last !== undefined && this.#compare(last, position) < 0;
    });
  }

  #placeIn(piece: readonly Entry[], position: Position): number {
    return this.#firstNot(piece.length, (i) => {
      const entry = piece[i];
      return entry !== undefined && this.#compare(entry, position) < 0;
    });
  }

  /** The first of so many indexes at which something isn't so any more; their number when it is so everywhere. */
  #firstNot(length: number, isBefore: (i: number) => boolean): number {
    let from = 0;
    let to = length;
    while (from < to) {
      const middle = (from + to) >>> 1;
      if (isBefore(middle)) from = middle + 1;
      else to = middle;
    }
    return from;
  }
}
