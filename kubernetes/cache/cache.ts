import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import { Registry } from "prom-client";
import type { Client, WatchConnection } from "../client/client.ts";
import { ConnectionError } from "../client/errors.ts";
import { type KubernetesObject, keyOf, type ObjectKey } from "../client/object.ts";
import type { ResourceType } from "../client/resource-type.ts";
import { now } from "../clock.ts";
import { RuntimeMetrics } from "../metrics.ts";
import { type Change, type IndexFunction, ObjectStore } from "./object-store.ts";
import { Reflection } from "./reflection.ts";
import { Reflector } from "./reflector.ts";

export interface CacheOptions<T extends KubernetesObject> {
  type: ResourceType<T>;
  client: Client;
  /** "all": one list and watch over the whole cluster; else one for each of these. */
  namespaces: readonly string[] | "all";
  /** What to keep of an object: a smaller copy, or itself made smaller. `managedFields` are dropped in any case. */
  project?: (raw: T) => T;
  indexes?: Record<string, IndexFunction<T>>;
  /** How often a silent watch is checked, in milliseconds; 3000 unless said otherwise. */
  heartbeatMs?: number;
  /** How long to wait for the answer before the connection is given up, in milliseconds; 5000 unless said otherwise. */
  heartbeatTimeoutMs?: number;
  /** How long a streaming list may stand still before pages are read, in milliseconds; 30 s unless said otherwise. */
  listSilenceMs?: number;
  log: Logger;
  metrics?: Registry;
}

/** Watches that share a connection, and so a heartbeat. */
interface Group<T extends KubernetesObject> {
  readonly connection: WatchConnection;
  reflectors: Reflector<T>[];
  /** Makes the next heartbeat come now. */
  wake: () => void;
}

/** Watches on one connection: HTTP/2 servers allow 100 and more, some of which may be needed for calls. */
const WATCHES_PER_CONNECTION = 50;

/**
 * Objects of one type, kept current by list and watch. Objects that it returns are shared: never change them.
 *
 * It outlives everything: a failed list or a broken watch keeps what is known, and is tried again for ever.
 */
export class Cache<T extends KubernetesObject> {
  readonly type: ResourceType<T>;
  /** Resolves after the first complete list of every namespace; rejects if `run` is stopped before. */
  readonly synced: Promise<void>;
  readonly #options: CacheOptions<T>;
  readonly #store: ObjectStore<T>;
  readonly #log: Logger;
  readonly #metrics: RuntimeMetrics;
  readonly #subscribers = new Set<(change: Change<T>) => void>();
  /** By namespace; "" when one is for all. */
  readonly #reflections = new Map<string, Reflection<T>>();
  readonly #groups: Group<T>[] = [];
  readonly #stopped = Promise.withResolvers<never>();
  #hasSynced = false;

  constructor(options: CacheOptions<T>) {
    const { type, client, namespaces, indexes = {}, listSilenceMs = 30_000, log, metrics } = options;
    this.type = type;
    this.#options = options;
    this.#log = log.child({ cache: type.plural });
    this.#metrics = RuntimeMetrics.in(metrics ?? new Registry());
    this.#store = new ObjectStore(
      Object.fromEntries(Object.entries(indexes).map(([name, values]) => [name, this.#safely(name, values)])),
    );

    const names = namespaces === "all" ? [undefined] : [...new Set(namespaces)];
    for (let i = 0; i < names.length; i += WATCHES_PER_CONNECTION) {
      const connection = client.watchConnection();
      const group: Group<T> = { connection, reflectors: [], wake: () => {} };
      group.reflectors = names.slice(i, i + WATCHES_PER_CONNECTION).map((namespace) => {
        const reflection = new Reflection(this.#store, namespace);
        this.#reflections.set(namespace ?? "", reflection);
        return new Reflector<T>({
          type,
          client,
          connection,
          namespace,
          reflection,
          project: this.#project,
          changed: this.#changed,
          listSilenceMs,
          opened: () => group.wake(),
          log: namespace ? this.#log.child({ namespace }) : this.#log,
          metrics: this.#metrics,
        });
      });
      this.#groups.push(group);
    }
    this.synced = this.#whenSynced();
    this.synced.catch(() => {}); // for those who don't wait for it
  }

  /** Lists and watches until the signal aborts. Never rejects; call it once. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all(
      this.#groups.map(async (group) => {
        const { connection, reflectors } = group;
        const heartbeats = this.#checkWatches(group, signal);
        await Promise.all(reflectors.map((reflector) => reflector.run(signal)));
        await heartbeats;
        connection.reset(new Error("the cache has been stopped"));
      }),
    );
    this.#stopped.reject(signal.reason);
  }

  get hasSynced(): boolean {
    return this.#hasSynced;
  }

  get size(): number {
    return this.#store.size;
  }

  get(key: ObjectKey): T | undefined {
    return this.#store.get(key);
  }

  list(): T[] {
    return this.#store.list();
  }

  /** What is in it, as if each had just been added: as it is by then, when that is taken in slices. */
  *existing(): Generator<Change<T>> {
    for (const key of this.#store.keys()) {
      const object = this.#store.get(key);
      if (object) yield { kind: "added", key, object };
    }
  }

  /** The objects with this value in an index. Throws a RangeError for an index that was never defined. */
  by(index: string, value: string): T[] {
    return this.#store.by(index, value);
  }

  /**
   * Calls `subscriber` for every change from now on. One that throws is logged and counted; the others and the cache
   * aren't disturbed. Returns how to unsubscribe.
   */
  subscribe(subscriber: (change: Change<T>) => void): () => void {
    this.#subscribers.add(subscriber);
    return () => {
      this.#subscribers.delete(subscriber);
    };
  }

  /**
   * Read your writes: takes the API server's answer to a write at once instead of waiting for the watch to bring it.
   * Subscribers are told now, and not again by the watch. Ignored when the watch has told us this or something later.
   */
  observe(object: T): void {
    const reflection = this.#reflections.get("") ?? this.#reflections.get(object.metadata.namespace ?? "");
    if (reflection) this.#changed(reflection.observe(this.#project(object)));
  }

  /**
   * How old this cache may be: milliseconds since everything that had happened by then was certainly known here.
   * Normally below 5 s, on a quiet watch too; Infinity before the first sync. Grows when the API server, its store or
   * the connection is dead, even if nothing says so.
   */
  freshness(): number {
    if (!this.#hasSynced) return Number.POSITIVE_INFINITY;
    return this.#groups
      .flatMap(({ reflectors }) => reflectors)
      .reduce((oldest, reflector) => Math.max(oldest, reflector.freshness()), 0);
  }

  /** A check for {@link HealthServer}: what is wrong, if anything. */
  check(maxAgeMs = 30_000): string | undefined {
    if (!this.#hasSynced) return `${this.type.plural}: the first list isn't complete`;
    const age = this.freshness();
    if (age <= maxAgeMs) return undefined;
    return `${this.type.plural}: no sign of life from the API server for ${Math.round(age / 1000)} s`;
  }

  async #whenSynced(): Promise<void> {
    const listed = this.#groups.flatMap(({ reflectors }) => reflectors.map((reflector) => reflector.listed));
    await Promise.race([Promise.all(listed), this.#stopped.promise]);
    this.#hasSynced = true;
  }

  /**
   * A watch that says nothing may be dead: a connection can break without a sign. So a small read goes over the same
   * connection now and then; it also proves that the API server still reaches its store. No answer: begin anew.
   */
  async #checkWatches(group: Group<T>, signal: AbortSignal): Promise<void> {
    const { heartbeatMs = 3_000, heartbeatTimeoutMs: timeoutMs = 5_000 } = this.#options;
    const { connection, reflectors } = group;
    while (!signal.aborted) {
      const woken = new AbortController();
      group.wake = () => woken.abort();
      const sooner = AbortSignal.any([signal, woken.signal]);
      await sleep(heartbeatMs, undefined, { signal: sooner }).catch(() => {}); // woken, or aborted: the loop ends
      for (const reflector of reflectors) reflector.checkSilence();
      const alive = reflectors.flatMap((reflector) => {
        const { watching, namespace } = reflector;
        return watching ? [{ reflector, watching, namespace }] : [];
      });
      const [first] = alive;
      if (signal.aborted || !first) continue;
      if (alive.every(({ reflector }) => reflector.freshness() < heartbeatMs / 2)) continue;
      const start = now();
      try {
        await connection.heartbeat(this.type, { namespace: first.namespace, timeoutMs, signal });
        for (const { reflector, watching } of alive) reflector.prove(watching, start);
      } catch (error) {
        if (signal.aborted) return;
        this.#log.warn({ err: error }, "the API server doesn't answer on the watch's connection");
        if (error instanceof ConnectionError) connection.reset(error);
      }
    }
  }

  #project = (raw: T): T => {
    const object = withoutManagedFields(raw);
    // The same for all: each event of a watch brings its own.
    object.apiVersion = this.type.apiVersion;
    object.kind = this.type.kind;
    try {
      return this.#options.project?.(object) ?? object;
    } catch (error) {
      this.#log.error({ err: error, key: keyOf(raw) }, "can't project an object, keeping all of it");
      return object;
    }
  };

  #changed = (changes: Change<T>[]): void => {
    if (changes.length === 0) return;
    this.#metrics.cacheObjects.set({ resource: this.type.plural }, this.#store.size);
    for (const change of changes) {
      for (const subscriber of this.#subscribers) {
        try {
          const result: unknown = subscriber(change);
          if (result instanceof Promise) result.catch((error) => this.#handlerFailed(change, error));
        } catch (error) {
          this.#handlerFailed(change, error);
        }
      }
    }
  };

  #handlerFailed({ kind, key }: Change<T>, error: unknown): void {
    this.#metrics.handlerErrors.inc({ resource: this.type.plural });
    this.#log.error({ err: error, change: kind, key }, "a subscriber failed to handle a change");
  }

  /** An index function that throws finds nothing, instead of keeping every object out of the cache. */
  #safely(name: string, values: IndexFunction<T>): IndexFunction<T> {
    return (object) => {
      try {
        return values(object);
      } catch (error) {
        this.#log.error({ err: error, index: name, key: keyOf(object) }, "can't index an object");
        return [];
      }
    };
  }
}

/** A copy, not a deletion: V8 keeps objects with deleted properties in a form that takes twice the memory. */
function withoutManagedFields<T extends KubernetesObject>(raw: T): T {
  if (!("managedFields" in raw.metadata)) return raw;
  const { managedFields: _, ...metadata } = raw.metadata;
  return { ...raw, metadata };
}
