import { currentOwner, isOfOwner } from "./owner.ts";

/**
 * One reading at a time, shared by whoever asks meanwhile. It is on behalf of whoever asked first: where it fails for want of
 * what that one may have, such as memory, the others read on their own behalf.
 */
export class SharedReading<T> {
  #underWay: { readonly owner: string | undefined; readonly outcome: Promise<T> } | undefined;

  /** @throws what the reading throws */
  async read(work: () => Promise<T>): Promise<T> {
    const owner = currentOwner();
    for (let other = this.#underWay; other; other = this.#underWay) {
      try {
        return await other.outcome;
      } catch (error) {
        if (other.owner === owner || !isOfOwner(error)) throw error;
      }
    }
    const outcome = work().finally(() => {
      this.#underWay = undefined;
    });
    this.#underWay = { owner, outcome };
    return outcome;
  }
}

/** A reading that has failed, which isn't tried again for a while: by its owner, where it was for want of what that one has. */
export class FailedReading<E extends Error> {
  readonly error: E;
  /** By the clock of whoever reads, ms. */
  readonly at: number;
  readonly #owner: string | undefined;

  constructor(error: E, at: number) {
    this.error = error;
    this.at = at;
    this.#owner = isOfOwner(error) ? currentOwner() : undefined;
  }

  /** Whether it says something to whoever asks now. */
  get counts(): boolean {
    return this.#owner === undefined || this.#owner === currentOwner();
  }
}
