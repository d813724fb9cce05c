import type { Html } from "./html.ts";

/**
 * The room that is left on a page for lists that may be of any length: no page is larger than 100 kB. What fits is shown, and
 * of the rest, how much it is.
 */
export class Room {
  #bytes: number;

  constructor(bytes: number) {
    this.#bytes = bytes;
  }

  /** Whether there is room for this; then it is taken. */
  takes(piece: Html | string): boolean {
    const bytes = Buffer.byteLength(piece.toString());
    if (bytes > this.#bytes) return false;
    this.#bytes -= bytes;
    return true;
  }

  /** As many of these, from the first on, as there is room for. */
  fit(pieces: Iterable<Html>): { readonly shown: readonly Html[]; readonly isAll: boolean } {
    const shown: Html[] = [];
    for (const piece of pieces) {
      if (!this.takes(piece)) return { shown, isAll: false };
      shown.push(piece);
    }
    return { shown, isAll: true };
  }
}
