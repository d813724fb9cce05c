import { LRUCache } from "lru-cache";
import { currentOwner, isOfOwner } from "./owner.ts";

/**
 * One reading, shared by whoever asks meanwhile. It is on behalf of whoever asked first: where it fails for want of what that
 * one may have, such as memory, each of the others reads on its own behalf, and waits for nobody else.
 */
export class SharedReading<T> {
  #shared: { readonly owner: string | undefined; readonly outcome: Promise<T> } | undefined;
  readonly #own = new Map<string | undefined, Promise<T>>();

  /** @throws what the reading throws */
  async read(work: () => Promise<T>): Promise<T> {
    const owner = currentOwner();
    const own = this.#own.get(owner);
    if (own) return own;
    const shared = this.#shared;
    if (!shared) {
      const outcome = work().finally(() => {
        this.#shared = undefined;
      });
      this.#shared = { owner, outcome };
      return outcome;
    }
    try {
      return await shared.outcome;
    } catch (error) {
      if (shared.owner === owner || !isOfOwner(error)) throw error;
    }
    return this.#readAlone(owner, work);
  }

  #readAlone(owner: string | undefined, work: () => Promise<T>): Promise<T> {
    const begun = this.#own.get(owner);
    if (begun) return begun;
    const outcome = work().finally(() => this.#own.delete(owner));
    this.#own.set(owner, outcome);
    return outcome;
  }
}

interface Failure<E extends Error> {
  readonly error: E;
  /** By the clock of whoever reads, ms. */
  readonly at: number;
}

const MOST_OWNERS = 100;

/** How a reading has failed last: for all, and for those of its owners for want of what they may have. */
export class FailedReadings<E extends Error> {
  #ofAll: Failure<E> | undefined;
  #byOwner: LRUCache<string, Failure<E>> | undefined;

  /** What it says to whoever asks now. */
  get last(): Failure<E> | undefined {
    const owner = currentOwner();
    const own = owner === undefined ? undefined : this.#byOwner?.get(owner);
    return own && own.at > (this.#ofAll?.at ?? Number.NEGATIVE_INFINITY) ? own : this.#ofAll;
  }

  failed(error: E, at: number): void {
    const owner = currentOwner();
    if (owner === undefined || !isOfOwner(error)) {
      this.#ofAll = { error, at };
      return;
    }
    this.#byOwner ??= new LRUCache({ max: MOST_OWNERS });
    this.#byOwner.set(owner, { error, at });
  }

  succeeded(): void {
    this.#ofAll = undefined;
    this.#byOwner = undefined;
  }
}
