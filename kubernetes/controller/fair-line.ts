import { type ObjectKey, splitKey } from "../client/object.ts";

/**
 * Keys that wait, each once. Those of each namespace have a line of their own, and the lines are served in turns: however
 * many keys of one namespace wait, the first of another is among the next. A namespace can be held back: its keys wait in
 * their order, and have no turn until it is let go. What it does costs the same however many wait.
 */
export class FairLine {
  /** By namespace, those who wait for their turn. No line is empty, and the next one is the first. */
  readonly #lines = new Map<string, Line>();
  /** By namespace that is held back, those who wait; there may be none. */
  readonly #held = new Map<string, Line>();
  /** Goes on where it was: to look for the first of a Map means to pass all that was deleted before it. */
  #turns = this.#lines.entries();
  #length = 0;

  /** How many wait, those of namespaces that are held back included. */
  get length(): number {
    return this.#length;
  }

  /** Puts a key at the end of its line, unless it waits already. */
  add(key: ObjectKey): void {
    const { namespace } = splitKey(key);
    const held = this.#held.get(namespace);
    const line = held ?? this.#lines.get(namespace) ?? new Line();
    if (!line.add(key)) return;
    if (!held) this.#lines.set(namespace, line);
    this.#length++;
  }

  /** No key of this namespace comes until it is let go. */
  hold(namespace: string): void {
    if (this.#held.has(namespace)) return;
    this.#held.set(namespace, this.#lines.get(namespace) ?? new Line());
    this.#lines.delete(namespace);
  }

  /** Its keys come again, after the turns of those who wait now. */
  letGo(namespace: string): void {
    const line = this.#held.get(namespace);
    this.#held.delete(namespace);
    if (line && line.length > 0) this.#lines.set(namespace, line);
  }

  /**
   * The first of the next line, which then is the last to have its turn again; with the time since when it has waited.
   * Undefined when nobody waits but those who are held back.
   */
  take(): { key: ObjectKey; since: number } | undefined {
    if (this.#lines.size === 0) return undefined; // an iterator that has come to its end stays there
    const turn = this.#turns.next();
    if (turn.done) return undefined;
    const [namespace, line] = turn.value;
    this.#lines.delete(namespace);
    const first = line.take();
    if (line.length > 0) this.#lines.set(namespace, line);
    this.#length--;
    return first;
  }

  /** Nobody waits any more, and no namespace is held back. */
  clear(): void {
    this.#lines.clear();
    this.#held.clear();
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
