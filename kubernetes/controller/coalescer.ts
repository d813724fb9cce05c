import { splitKey } from "../client/object.ts";
import { Places } from "../places.ts";
import { FairLine } from "./fair-line.ts";

export interface CoalescerOptions<T> {
  /** Writes the latest of what was reported on one thing. When it throws, the same is tried again later. */
  readonly write: (key: string, latest: T) => Promise<void>;
  /** At most one write of each thing in this time, in ms. */
  readonly intervalMs: number;
  /** Writes at once, over all things. Those of no namespace are all of them (see Places). */
  readonly concurrency: number;
  /** Whether a report that hasn't been written counts for more than a later one; none does unless said otherwise. */
  readonly outlasts?: (waiting: T, later: T) => boolean;
  /** Told of each report that isn't written because of another one. */
  readonly onOvertaken?: () => void;
  readonly onFailure: (key: string, error: unknown) => void;
}

interface Entry<T> {
  latest?: { readonly value: T };
  /** Set while the thing has to rest after a write. */
  resting?: NodeJS.Timeout;
  writing: boolean;
  failures: number;
}

const LONGEST_REST_MS = 30_000;

/**
 * Takes reports on many things at whatever rate, and writes each thing at most once in a while: the first report at once,
 * then the latest of what came in between, unless another one outlasts it. The last report on a thing is always written in
 * the end. Things are known by their keys, and namespaces take turns (see FairLine).
 */
export class Coalescer<T> {
  readonly #options: CoalescerOptions<T>;
  readonly #entries = new Map<string, Entry<T>>();
  /** Things to be written as soon as there is a place. */
  readonly #due = new FairLine();
  /** One is taken by each write. */
  readonly #places: Places;
  readonly #waitingForIdle: (() => void)[] = [];
  #closing = false;

  constructor(options: CoalescerOptions<T>) {
    this.#options = options;
    this.#places = new Places(options.concurrency);
  }

  report(key: string, value: T): void {
    const entry = this.#entries.get(key) ?? { writing: false, failures: 0 };
    if (entry.latest) this.#options.onOvertaken?.();
    if (!entry.latest || !this.#options.outlasts?.(entry.latest.value, value)) entry.latest = { value };
    this.#entries.set(key, entry);
    if (entry.resting || entry.writing) return;
    this.#due.add(key);
    this.#pump();
  }

  /** Writes what is left without further rest, each thing once. Resolves when that is done. */
  flush(): Promise<void> {
    this.#closing = true;
    for (const [key, entry] of this.#entries) {
      clearTimeout(entry.resting);
      delete entry.resting;
      if (!entry.writing) this.#due.add(key);
    }
    return new Promise((resolve) => {
      this.#waitingForIdle.push(resolve);
      this.#pump();
    });
  }

  #pump(): void {
    while (this.#due.length > 0) {
      if (this.#places.isFull) return;
      const next = this.#due.take((namespace) => this.#places.has(namespace));
      if (!next) return;
      const entry = this.#entries.get(next.key);
      if (entry?.latest) void this.#write(next.key, entry, entry.latest.value);
    }
    if (this.#places.taken === 0) for (const resolve of this.#waitingForIdle.splice(0)) resolve();
  }

  async #write(key: string, entry: Entry<T>, value: T): Promise<void> {
    delete entry.latest;
    entry.writing = true;
    const { namespace } = splitKey(key);
    this.#places.take(namespace);
    try {
      await this.#options.write(key, value);
      entry.failures = 0;
    } catch (error) {
      entry.failures++;
      this.#options.onFailure(key, error);
      if (!this.#closing) this.#again(entry, value);
    }
    entry.writing = false;
    this.#places.leave(namespace);
    if (this.#closing) this.#next(key, entry);
    else this.#rest(key, entry);
    this.#pump();
  }

  /** What could not be written is tried again, unless there is something later that counts. */
  #again(entry: Entry<T>, value: T): void {
    const { latest } = entry;
    if (!latest || this.#options.outlasts?.(value, latest.value)) entry.latest = { value };
  }

  #rest(key: string, entry: Entry<T>): void {
    const ms = Math.min(this.#options.intervalMs * 2 ** entry.failures, LONGEST_REST_MS);
    entry.resting = setTimeout(() => {
      delete entry.resting;
      this.#next(key, entry);
      this.#pump();
    }, ms);
  }

  #next(key: string, entry: Entry<T>): void {
    if (entry.latest) this.#due.add(key);
    else this.#entries.delete(key);
  }
}
