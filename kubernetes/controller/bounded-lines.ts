import { Shares } from "./shares.ts";

/**
 * What waits, with room for so much. Each namespace has a line of its own, and the lines are served in turns. When there
 * is no room, it is the longest line that loses: however much one namespace has to say, the others keep their place.
 */
export class BoundedLines<T> {
  readonly #capacity: number;
  /** By namespace, those who wait. No line is empty. */
  readonly #lines = new Map<string, T[]>();
  /** The namespaces that have a line, the next one first. */
  #turns: string[] = [];
  readonly #lengths = new Shares();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get length(): number {
    return this.#lengths.total;
  }

  /** Puts something at the end of its line. Returns what there is no room for: it, or the last of the longest line. */
  add(namespace: string, added: T): T | undefined {
    const isFull = this.length >= this.#capacity;
    // One of several that are equally long isn't made longer.
    if (isFull && this.#lengths.of(namespace) + 1 >= this.#lengths.most) return added;
    const dropped = isFull ? this.#dropFromLongest() : undefined;
    const line = this.#lines.get(namespace);
    if (line) {
      line.push(added);
    } else {
      this.#lines.set(namespace, [added]);
      this.#turns.push(namespace);
    }
    this.#lengths.add(namespace);
    return dropped;
  }

  /** The first of the next line, which then is the last to have its turn again. */
  take(): T | undefined {
    const namespace = this.#turns.shift();
    if (namespace === undefined) return undefined;
    const line = this.#lines.get(namespace);
    const first = line?.shift();
    if (line && line.length > 0) this.#turns.push(namespace);
    else this.#lines.delete(namespace);
    this.#lengths.remove(namespace);
    return first;
  }

  /** All that waits, which then doesn't wait any more. */
  clear(): T[] {
    const all = [...this.#lines.values()].flat();
    this.#lines.clear();
    this.#turns = [];
    this.#lengths.clear();
    return all;
  }

  /** Never the only one in its line: whoever is added has less than that. */
  #dropFromLongest(): T | undefined {
    const namespace = this.#lengths.largest ?? "";
    this.#lengths.remove(namespace);
    return this.#lines.get(namespace)?.pop();
  }
}
