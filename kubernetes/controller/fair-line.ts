import { type ObjectKey, splitKey } from "../client/object.ts";

/**
 * Keys that wait, each once. Those of each namespace have a line of their own, and the lines are served in turns: however
 * many keys of one namespace wait, the first of another is among the next. What it does costs the same however many keys wait.
 */
export class FairLine {
  /** By namespace, those who wait for their turn. No line is empty, and the next one is the first. */
  readonly #lines = new Map<string, Line>();
  /** Goes on where it was: to look for the first of a Map means to pass all that was deleted before it. */
  #turns = this.#lines.entries();
  #length = 0;

  /** How many wait. */
  get length(): number {
    return this.#length;
  }

  /** Puts a key at the end of its line, unless it waits already. */
  add(key: ObjectKey): void {
    const { namespace } = splitKey(key);
    const line = this.#lines.get(namespace) ?? new Line();
    if (!line.add(key)) return;
    this.#lines.set(namespace, line);
    this.#length++;
  }

  /**
   * The first of the next line, which then is the last to have its turn again; with the time since when it has waited.
   * Undefined when nobody waits who may have a turn.
   * @param mayHaveTurn a namespace that may not is passed over, and it keeps its order; each of those costs a little
   */
  take(
    mayHaveTurn: (namespace: string) => boolean = () => true,
  ): { key: ObjectKey; since: number } | undefined {
    // So often, and not until its end: an iterator that has come there stays there.
    for (let lines = this.#lines.size; lines > 0; lines--) {
      const turn = this.#turns.next();
      if (turn.done) return undefined;
      const [namespace, line] = turn.value;
      this.#lines.delete(namespace);
      const first = mayHaveTurn(namespace) ? line.take() : undefined;
      if (line.length > 0) this.#lines.set(namespace, line);
      if (!first) continue;
      this.#length--;
      return first;
    }
    return undefined;
  }

  /** Nobody waits any more. */
  clear(): void {
    this.#lines.clear();
    this.#turns = this.#lines.entries();
    this.#length = 0;
  }
}

/** Keys in the order in which they came, each once, with the time since when it waits. */
class Line {
  readonly #keys = new Map<ObjectKey, number>();
  readonly #order = this.#keys.entries();

  get length(): number {
    return this.#keys.size;
  }

  /** @returns false when it was there already */
  add(key: ObjectKey): boolean {
    if (this.#keys.has(key)) return false;
    this.#keys.set(key, performance.now());
    return true;
  }

  /** Not to be called when there is none. */
  take(): { key: ObjectKey; since: number } | undefined {
    const first = this.#order.next();
    if (first.done) return undefined;
    const [key, since] = first.value;
    this.#keys.delete(key);
    return { key, since };
  }
}
