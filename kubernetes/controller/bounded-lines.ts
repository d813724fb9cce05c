import { Shares } from "../shares.ts";

/**
 * What waits, with room for so much. Each namespace has a line of its own, and the lines are served in turns, each with one
 * at a time: the next of a line has its turn when what was taken before is done. When there is no room, it is the longest
 * line that loses: however much one namespace has to say, the others keep their place. A line can be held for a while; the
 * others go on without it.
 */
export class BoundedLines<T> {
  readonly #capacity: number;
  readonly #released: () => void;
  /** By namespace, those who wait. No line is empty. */
  readonly #lines = new Map<string, T[]>();
  /** The namespaces whose line is neither served nor held, the next one first. */
  #turns: string[] = [];
  /** The namespaces of which something was taken that isn't done. */
  readonly #served = new Set<string>();
  /** By namespace, the end of the hold of its line. */
  readonly #held = new Map<string, NodeJS.Timeout>();
  readonly #lengths = new Shares();

  /** @param released called whenever a line may have its turn again */
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
    this.#lineOf(namespace).push(added);
    this.#lengths.add(namespace);
    return dropped;
  }

  /** Puts what was taken, and isn't done, back to where it was. There is room for it, also where others have come meanwhile. */
  putBack(namespace: string, taken: T): void {
    this.#lineOf(namespace).unshift(taken);
    this.#lengths.add(namespace);
  }

  /** What was taken of this namespace is done, and the line is the last to have its turn again. */
  done(namespace: string): void {
    this.#served.delete(namespace);
    this.#mayHaveTurn(namespace);
  }

  /** As {@link done}, but the line has no turn for so many milliseconds. */
  hold(namespace: string, ms: number): void {
    this.#served.delete(namespace);
    this.#held.set(namespace, setTimeout(() => this.#release(namespace), ms).unref());
  }

  /** Ends every hold. */
  release(): void {
    for (const namespace of [...this.#held.keys()]) this.#release(namespace);
  }

  /**
   * The first of the next line, which has no turn until it is told that this is {@link done}, or is to be held. Undefined when
   * all that wait are served or held.
   */
  take(): T | undefined {
    const namespace = this.#turns.shift();
    if (namespace === undefined) return undefined;
    const line = this.#lines.get(namespace);
    const first = line?.shift();
    if (line?.length === 0) this.#lines.delete(namespace);
    this.#served.add(namespace);
    this.#lengths.remove(namespace);
    return first;
  }

  /** All that waits, which then doesn't wait any more. What was taken is still to be done. */
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
    this.#mayHaveTurn(namespace);
  }

  #mayHaveTurn(namespace: string): void {
    if (this.#lines.has(namespace)) this.#turns.push(namespace);
    this.#released();
  }

  /** To have something put into it. */
  #lineOf(namespace: string): T[] {
    const known = this.#lines.get(namespace);
    if (known) return known;
    const line: T[] = [];
    this.#lines.set(namespace, line);
    if (!this.#served.has(namespace) && !this.#held.has(namespace)) this.#turns.push(namespace);
    return line;
  }

  /** Never the only one in its line: whoever is added has less than that. */
  #dropFromLongest(): T | undefined {
    const namespace = this.#lengths.largest ?? "";
    this.#lengths.remove(namespace);
    return this.#lines.get(namespace)?.pop();
  }
}
