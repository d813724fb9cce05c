import { Shares } from "./shares.ts";

/**
 * A number of places that namespaces share. Each may have as many as it leaves free: the first half of them, the next half of
 * what is left then, and so on. However little comes of what some do there, somebody else nearly always finds one, and
 * where all have much to do, all have the same. It is the rule by which switches share their buffer (Choudhury and Hahne,
 * "Dynamic queue length thresholds for shared-memory packet switches", 1998, with a factor of one).
 */
export class Places {
  readonly #places: number;
  readonly #taken = new Shares();

  /** @param places how many there are; there may be no end of them */
  constructor(places: number) {
    this.#places = places;
  }

  /** How many are taken. */
  get taken(): number {
    return this.#taken.total;
  }

  /** Whether there is none left, for anybody. */
  get isFull(): boolean {
    return this.#taken.total >= this.#places;
  }

  /** Whether there is one for this namespace. */
  has(namespace: string): boolean {
    return this.#taken.of(namespace) < this.#places - this.#taken.total;
  }

  take(namespace: string): void {
    this.#taken.add(namespace);
  }

  /** Not to be called for a namespace that has none. */
  leave(namespace: string): void {
    this.#taken.remove(namespace);
  }
}
