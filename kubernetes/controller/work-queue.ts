import { type BackoffOptions, backoff } from "../backoff.ts";
import { type ObjectKey, splitKey } from "../client/object.ts";
import { Places } from "../places.ts";
import { FairLine } from "./fair-line.ts";

export interface WorkQueueOptions {
  /** How fast retries of one key slow down; from 100 ms to a minute unless said otherwise. */
  backoff?: BackoffOptions;
  /** Told how long a key has waited for a worker, in milliseconds, when it gets one. */
  waited?: (ms: number) => void;
  /** How many workers take keys, of which no namespace has all (see Places). No limit unless said. */
  workers?: number;
}

/**
 * Keys to be worked on. Holds keys, never objects: whoever takes a key reads the newest state. A key that is added
 * several times is worked on once; one that is added while it is worked on comes again afterwards, so that no key is
 * ever worked on twice at once. Namespaces take turns (see FairLine), and each has as many of the workers as it leaves to
 * others (see Places), also where nobody else has anything to do: whether somebody will is known only when it is too
 * late, where those who work wait for an answer that doesn't come. Keys without a namespace are those of one.
 */
export class WorkQueue {
  readonly #backoff: BackoffOptions;
  readonly #waited: ((ms: number) => void) | undefined;
  /** Those who wait for a worker, or for a place. */
  readonly #waiting = new FairLine();
  readonly #working = new Set<ObjectKey>();
  /** One is taken by each key that is worked on. */
  readonly #places: Places;
  /** Keys that were added while they were worked on. */
  readonly #again = new Set<ObjectKey>();
  readonly #delayed = new Map<ObjectKey, { at: number; timer: NodeJS.Timeout }>();
  readonly #failures = new Map<ObjectKey, number>();
  readonly #workers: ((key: ObjectKey | undefined) => void)[] = [];
  #isShutDown = false;

  constructor({
    backoff = { baseMs: 100, maxMs: 60_000 },
    waited,
    workers = Number.POSITIVE_INFINITY,
  }: WorkQueueOptions = {}) {
    this.#backoff = backoff;
    this.#waited = waited;
    this.#places = new Places(workers);
  }

  /** Keys that wait for a worker, or for a place; not those being worked on or delayed. */
  get length(): number {
    return this.#waiting.length;
  }

  /** Adds a key, unless it is waiting already. */
  add(key: ObjectKey): void {
    if (this.#isShutDown) return;
    if (this.#working.has(key)) {
      this.#again.add(key);
      return;
    }
    // While workers wait, keys do only where there is no place for their namespace.
    const worker = this.#hasPlace(splitKey(key).namespace) ? this.#workers.shift() : undefined;
    if (worker) {
      this.#start(key, 0);
      worker(key);
    } else {
      this.#waiting.add(key);
    }
  }

  /** Adds a key after some milliseconds. The earliest time counts, and the plan is dropped when work on it starts. */
  addAfter(key: ObjectKey, ms: number): void {
    if (this.#isShutDown) return;
    const at = performance.now() + ms;
    const planned = this.#delayed.get(key);
    if (planned && planned.at <= at) return;
    clearTimeout(planned?.timer);
    const timer = setTimeout(() => this.add(key), Math.min(ms, MAX_TIMER_MS));
    this.#delayed.set(key, { at, timer });
  }

  /**
   * Adds a key again after a failure: the more failures in a row, the later, and never not at all.
   * @param minimumMs wait at least so long
   */
  retry(key: ObjectKey, minimumMs = 0): void {
    const failures = this.failures(key) + 1;
    this.#failures.set(key, failures);
    this.addAfter(key, Math.max(minimumMs, backoff(failures, this.#backoff)));
  }

  /** How often a key has failed in a row. */
  failures(key: ObjectKey): number {
    return this.#failures.get(key) ?? 0;
  }

  /** The key's next failure will be the first again. */
  forget(key: ObjectKey): void {
    this.#failures.delete(key);
  }

  /** Takes the next key as soon as there is one; `done` must follow. Undefined after a shutdown. */
  next(): Promise<ObjectKey | undefined> {
    if (this.#isShutDown) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      this.#workers.push(resolve);
      this.#handOver();
    });
  }

  /** Work on a key has ended. If it was added meanwhile, it waits again. */
  done(key: ObjectKey): void {
    if (!this.#working.delete(key)) return;
    this.#places.leave(splitKey(key).namespace);
    this.#handOver();
    if (this.#again.delete(key)) this.add(key);
  }

  /** No key comes out any more: waiting and delayed ones are dropped, and waiting workers get undefined. */
  shutDown(): void {
    this.#isShutDown = true;
    for (const key of this.#delayed.keys()) this.#unplan(key);
    this.#waiting.clear();
    for (const worker of this.#workers.splice(0)) worker(undefined);
  }

  /** Gives keys to workers, where there are both; to be called when there is one more worker or place. */
  #handOver(): void {
    while (this.#workers.length > 0) {
      const next = this.#waiting.take(this.#hasPlace);
      if (!next) return;
      this.#start(next.key, performance.now() - next.since);
      this.#workers.shift()?.(next.key);
    }
  }

  #start(key: ObjectKey, waitedMs: number): void {
    this.#unplan(key);
    this.#working.add(key);
    this.#places.take(splitKey(key).namespace);
    this.#waited?.(waitedMs);
  }

  #hasPlace = (namespace: string): boolean => this.#places.has(namespace);

  #unplan(key: ObjectKey): void {
    clearTimeout(this.#delayed.get(key)?.timer);
    this.#delayed.delete(key);
  }
}

/** The longest that setTimeout can do (a 32-bit signed integer); a key that is due later comes early and waits again. */
const MAX_TIMER_MS = 2 ** 31 - 1;
