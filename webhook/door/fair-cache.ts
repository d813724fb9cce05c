/**
 * Remembers up to so many values, of several owners. Where there is no room, whoever takes most of it gives what they have
 * kept for longest: nobody's values are lost to another's crowd.
 */
export class FairCache<Key, Value> {
  readonly #most: number;
  readonly #shares = new Map<string, Map<Key, Value>>();
  #size = 0;

  constructor(most: number) {
    this.#most = most;
  }

  get(owner: string, key: Key): Value | undefined {
    return this.#shares.get(owner)?.get(key);
  }

  set(owner: string, key: Key, value: Value): void {
    let share = this.#shares.get(owner);
    if (!share) {
      share = new Map();
      this.#shares.set(owner, share);
    }
    if (share.delete(key)) this.#size--;
    else if (this.#size >= this.#most) this.#giveUpOne();
    share.set(key, value); // the last one now
    this.#size++;
  }

  #giveUpOne(): void {
    let owner = "";
    let largest: Map<Key, Value> | undefined;
    for (const [name, share] of this.#shares)
      if (share.size > (largest?.size ?? 0)) [owner, largest] = [name, share];
    const [oldest] = largest?.keys() ?? [];
    if (!largest || oldest === undefined) return;
    largest.delete(oldest);
    this.#size--;
    if (largest.size === 0) this.#shares.delete(owner);
  }
}
