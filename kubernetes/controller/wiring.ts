import type { ObjectKey } from "../client/object.ts";
import { letOthersRun } from "../event-loop.ts";
import type { WorkQueue } from "./work-queue.ts";

/** Tells of changes: a Cache, or what somebody makes of one. */
export interface Source<C> {
  /** Calls the listener for every change from now on. Returns how to unsubscribe. */
  subscribe(listener: (change: C) => void): () => void;
  /** Resolves when what there is has come; without it, that is so from the beginning. */
  readonly synced?: Promise<void>;
  /** What there is, each as a change that brings it. Without it, a source tells of nothing but changes. */
  existing?(): Iterable<C>;
}

/** Which keys to look at after a change. */
export type KeysOf<C> = (change: C) => Iterable<ObjectKey>;

/** Keys to begin with. */
export type FirstKeys = (signal: AbortSignal) => Iterable<ObjectKey> | AsyncIterable<ObjectKey>;

/** What fills a controller's queue: changes that sources tell of, and what there is when it starts. */
export class Wiring {
  readonly #queue: WorkQueue;
  readonly #subscribe: (() => () => void)[] = [];
  readonly #synced: (Promise<void> | undefined)[] = [];
  readonly #first: FirstKeys[] = [];
  #unsubscribe: (() => void)[] = [];

  constructor(queue: WorkQueue) {
    this.#queue = queue;
  }

  on<C>(source: Source<C>, keys: KeysOf<C>, { afterMs }: { afterMs?: number | undefined }): void {
    this.#subscribe.push(() =>
      source.subscribe((change) => {
        for (const key of keys(change)) this.#add(key, afterMs);
      }),
    );
    this.#synced.push(source.synced);
    this.#first.push(function* () {
      for (const change of source.existing?.() ?? []) yield* keys(change);
    });
  }

  first(keys: FirstKeys): void {
    this.#first.push(keys);
  }

  /** From now on every change is heard. */
  connect(): void {
    this.#unsubscribe = this.#subscribe.map((subscribe) => subscribe());
  }

  disconnect(): void {
    for (const unsubscribe of this.#unsubscribe.splice(0)) unsubscribe();
  }

  /** Resolves when every source knows what there is. */
  async synced(): Promise<void> {
    await Promise.all(this.#synced);
  }

  /** Adds the keys to begin with. Others run in between. Ends early when the signal aborts. */
  async addFirst(signal: AbortSignal): Promise<void> {
    for (const keys of this.#first) {
      for await (const key of keys(signal)) {
        if (signal.aborted) return;
        this.#queue.add(key);
        await letOthersRun();
      }
    }
  }

  #add(key: ObjectKey, afterMs: number | undefined): void {
    if (afterMs === undefined) this.#queue.add(key);
    else this.#queue.addAfter(key, afterMs);
  }
}
