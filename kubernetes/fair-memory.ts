import { LRUCache } from "lru-cache";
import { Shares } from "./shares.ts";

/**
 * What was seen lately, by namespace, or another owner, and key. When it is too much, whoever has the most forgets what they
 * saw longest ago: however much happens in one namespace, it doesn't make the others forget.
 */
export class FairMemory<T extends object, Key extends NonNullable<unknown> = string> {
  readonly #capacity: number;
  /** By namespace, in the order in which they were seen. None is empty. */
  readonly #seen = new Map<string, LRUCache<Key, T>>();
  readonly #shares = new Shares();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Asking for it is seeing it. */
  get(namespace: string, key: Key): T | undefined {
    return this.#seen.get(namespace)?.get(key);
  }

  /** Returns what is forgotten for it. */
  set(namespace: string, key: Key, value: T): T | undefined {
    // The bound is that of all of them; this one only says that a namespace needs none of its own.
    const seen =
      this.#seen.get(namespace) ?? new LRUCache({ maxSize: this.#capacity + 1, sizeCalculation: () => 1 });
    if (!seen.has(key)) this.#shares.add(namespace);
    seen.set(key, value);
    this.#seen.set(namespace, seen);
    return this.#shares.total > this.#capacity ? this.#forgetOne() : undefined;
  }

  /** Forgets this value, but not another that has taken its place. */
  delete(namespace: string, key: Key, value: T): void {
    const seen = this.#seen.get(namespace);
    if (seen?.peek(key) !== value) return;
    seen.delete(key);
    this.#removed(namespace, seen);
  }

  /** Those of each namespace in the order in which they were seen. */
  values(): T[] {
    const all: T[] = [];
    for (const seen of this.#seen.values()) seen.rforEach((value) => void all.push(value));
    return all;
  }

  #forgetOne(): T | undefined {
    const namespace = this.#shares.largest ?? "";
    const seen = this.#seen.get(namespace);
    const forgotten = seen?.pop();
    if (seen) this.#removed(namespace, seen);
    return forgotten;
  }

  #removed(namespace: string, { size }: { size: number }): void {
    this.#shares.remove(namespace);
    if (size === 0) this.#seen.delete(namespace);
  }
}
