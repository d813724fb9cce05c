/** How many of something each namespace has, and which of them has the most. What it does costs the same for any number. */
export class Shares {
  readonly #counts = new Map<string, number>();
  /** The namespaces that have so many. No set is empty. */
  readonly #having = new Map<number, Set<string>>();
  #most = 0;
  #total = 0;

  get total(): number {
    return this.#total;
  }

  /** What the namespace has that has the most. */
  get most(): number {
    return this.#most;
  }

  /** The namespace that has the most, one of them where there are several. Undefined when nobody has anything. */
  get largest(): string | undefined {
    return this.#having.get(this.#most)?.values().next().value;
  }

  of(namespace: string): number {
    return this.#counts.get(namespace) ?? 0;
  }

  /** One more. */
  add(namespace: string): void {
    const count = this.of(namespace) + 1;
    this.#move(namespace, count);
    this.#most = Math.max(this.#most, count);
    this.#total++;
  }

  /** One less. Not to be called for a namespace that has none. */
  remove(namespace: string): void {
    this.#move(namespace, this.of(namespace) - 1);
    if (!this.#having.has(this.#most)) this.#most--; // where it has come from is where it was one of the largest
    this.#total--;
  }

  clear(): void {
    this.#counts.clear();
    this.#having.clear();
    this.#most = 0;
    this.#total = 0;
  }

  #move(namespace: string, count: number): void {
    const before = this.of(namespace);
    const left = this.#having.get(before);
    left?.delete(namespace);
    if (left?.size === 0) this.#having.delete(before);
    if (count === 0) {
      this.#counts.delete(namespace);
      return;
    }
    const joined = this.#having.get(count) ?? new Set();
    joined.add(namespace);
    this.#having.set(count, joined);
    this.#counts.set(namespace, count);
  }
}
