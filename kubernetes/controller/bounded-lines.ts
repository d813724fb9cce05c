import { Shares } from "./shares.ts";

/**
 * What waits, with room for so much. Each namespace has a line of its own, and the lines are served in turns. When there
 * is no room, it is the longest line that loses: however much one namespace has to say, the others keep their place. A
 * line can be held for a while; the others go on without it.
 */
export class BoundedLines<T> {
  readonly #capacity: number;
  readonly #released: () => void;
  /** By namespace, those who wait. No line is empty. */
  readonly #lines = new Map<string, T[]>();
  /** The namespaces whose line isn't held, the next one first. */
  #turns: string[] = [];
  /** By namespace, the end of the hold of its line. */
  readonly #held = new Map<string, NodeJS.Timeout>();
  readonly #lengths = new Shares();

  /** @param released called whenever the hold of a line has ended */
  constructor(capacity: number, released: () => void = () => {}) {
    this.#capacity = capacity;
    this.#released = released;
  }

  /** Held lines included. */
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

  /** Puts what was taken back to where it was. There is room for it, also where others have come meanwhile. */
  putBack(namespace: string, taken: T): void {
    const line = this.#lines.get(namespace);
    if (line) {
      line.unshift(taken);
    } else {
      this.#lines.set(namespace, [taken]);
      this.#turns.push(namespace);
    }
    this.#lengths.add(namespace);
  }

  /** A line in which somebody waits has no turn for so many milliseconds. */
  hold(namespace: string, ms: number): void {
    this.#turns = this.#turns.filter((each) => each !== namespace);
    this.#held.set(namespace, setTimeout(() => this.#release(namespace), ms).unref());
  }

  /** Ends every hold. */
  release(): void {
    for (const namespace of [...this.#held.keys()]) this.#release(namespace);
  }

  /** The first of the next line, which then is the last to have its turn again. Undefined when all that wait are held. */
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
    for (const timer of this.#held.values()) clearTimeout(timer);
    this.#held.clear();
    this.#lines.clear();
    this.#turns = [];
    this.#lengths.clear();
    return all;
  }

  #release(namespace: string): void {
    clearTimeout(this.#held.get(namespace));
    this.#held.delete(namespace);
    this.#turns.push(namespace);
    this.#released();
  }

  /** Never the only one in its line: whoever is added has less than that. */
  #dropFromLongest(): T | undefined {
    const namespace = this.#lengths.largest ?? "";
    this.#lengths.remove(namespace);
    return this.#lines.get(namespace)?.pop();
  }
}
