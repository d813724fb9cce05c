import type { Logger } from "pino";
import { Registry } from "prom-client";
import type { Client } from "../client/client.ts";
import type { ApiError } from "../client/errors.ts";
import { type KubernetesObject, keyOf, type ObjectKey } from "../client/object.ts";
import type { ResourceType } from "../client/resource-type.ts";
import { RuntimeMetrics } from "../metrics.ts";
import { type Change, type IndexFunction, ObjectStore } from "./object-store.ts";
import { Reflection } from "./reflection.ts";
import { Reflector } from "./reflector.ts";
import { WatchGroup } from "./watch-group.ts";

export interface CacheOptions<T extends KubernetesObject> {
  type: ResourceType<T>;
  client: Pick<Client, "pages" | "watchConnection">;
  /** "all": one list and watch over the whole cluster; else one for each of these. */
  namespaces: readonly string[] | "all";
  /** The objects of this name alone, for which a right to them by name is enough. */
  name?: string;
  /** What to keep of an object: a smaller copy, or itself made smaller. `managedFields` are dropped in any case. */
  project?: (raw: T) => T;
  indexes?: Record<string, IndexFunction<T>>;
  /** How often a silent watch is checked, in milliseconds; 3000 unless said otherwise. */
  heartbeatMs?: number;
  /** How long to wait for the answer before the connection is given up, in milliseconds; 5000 unless said otherwise. */
  heartbeatTimeoutMs?: number;
  /** How long a streaming list may stand still before pages are read, in milliseconds; 30 s unless said otherwise. */
  listSilenceMs?: number;
  /**
   * After how long without a sign of life everything is listed again, in milliseconds; 8 s unless said otherwise. Who
   * restores a backup stops the API server for a while, and once its resourceVersions have overtaken what is known here,
   * they don't show it.
   */
  listAgainMs?: number;
  log: Logger;
  metrics?: Registry;
}

/** Watches on one connection: HTTP/2 servers allow 100 and more, some of which may be needed for calls. */
const WATCHES_PER_CONNECTION = 50;

/**
 * Objects of one type, kept current by list and watch. Objects that it returns are shared: never change them.
 *
 * It outlives everything: a failed list or a broken watch keeps what is known, and is tried again for ever. Namespaces
 * are independent: one that can't be read (its RoleBinding was deleted, or the namespace itself) disturbs no other, and
 * comes back by itself.
 */
export class Cache<T extends KubernetesObject> {
  readonly type: ResourceType<T>;
  /**
   * Resolves when every namespace has been listed, those left out that are known to be unreadable: unless that is all of
   * them. Rejects if `run` is stopped before.
   */
  readonly synced: Promise<void>;
  readonly #options: CacheOptions<T>;
  readonly #store: ObjectStore<T>;
  readonly #log: Logger;
  readonly #metrics: RuntimeMetrics;
  readonly #subscribers = new Set<(change: Change<T>) => void>();
  /** By namespace; "" when one is for all. */
  readonly #reflections = new Map<string, Reflection<T>>();
  /** In the same way. */
  readonly #reflectors = new Map<string, Reflector<T>>();
  readonly #groups: WatchGroup<T>[] = [];
  readonly #stopped = Promise.withResolvers<never>();
  #hasSynced = false;

  constructor(options: CacheOptions<T>) {
    const {
      type,
      client,
      namespaces,
      name,
      indexes = {},
      listSilenceMs = 30_000,
      listAgainMs = 8_000,
      log,
      metrics,
    } = options;
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
      const { heartbeatMs = 3_000, heartbeatTimeoutMs: timeoutMs = 5_000 } = options;
      const group = new WatchGroup<T>({ type, connection, name, heartbeatMs, timeoutMs, log: this.#log });
      group.reflectors = names.slice(i, i + WATCHES_PER_CONNECTION).map((namespace) => {
        const reflection = new Reflection(this.#store, namespace);
        this.#reflections.set(namespace ?? "", reflection);
        const reflector = new Reflector<T>({
          type,
          client,
          connection,
          namespace,
          name,
          reflection,
          project: this.#project,
          changed: this.#changed,
          listSilenceMs,
          listAgainMs,
          opened: group.opened,
          log: namespace ? this.#log.child({ namespace }) : this.#log,
          metrics: this.#metrics,
        });
        this.#reflectors.set(namespace ?? "", reflector);
        return reflector;
      });
      this.#groups.push(group);
    }
    this.#metrics.watchNamespaces(type.plural, () => this.#namespaces());
    this.synced = this.#whenSynced();
    this.synced.catch(() => {}); // for those who don't wait for it
  }

  /** Lists and watches until the signal aborts. Never rejects; call it once. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#groups.map((group) => group.run(signal)));
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

  /** How many objects `by` would find, without making a list of them. */
  count(index: string, value: string): number {
    return this.#store.count(index, value);
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
   * Normally below 5 s, on a quiet watch too; Infinity before the first list. Grows when the API server, its store or
   * the connection is dead, even if nothing says so.
   *
   * @param namespace of this one alone: it grows as well while the namespace can't be read. One that isn't watched has
   *   nothing here, which is always known. Without it: of all of them, those left out that are known to be unreadable,
   *   unless that is all.
   */
  freshness(namespace?: string): number {
    if (namespace !== undefined) {
      const reflector = this.#reflectorOf(namespace);
      return reflector ? reflector.freshness() : 0;
    }
    if (!this.#hasSynced) return Number.POSITIVE_INFINITY;
    const all = [...this.#reflectors.values()];
    const readable = all.filter(({ unreadable }) => !unreadable);
    return (readable.length > 0 ? readable : all).reduce(
      (oldest, reflector) => Math.max(oldest, reflector.freshness()),
      0,
    );
  }

  /** Whether what is here of a namespace is all there was at some time, and the API server lets us go on reading it. */
  isReadable(namespace: string): boolean {
    const reflector = this.#reflectorOf(namespace);
    return !reflector || (reflector.hasListed && !reflector.unreadable);
  }

  /** Whether the API server refuses us this namespace, and not just all of them or for the moment. */
  isRefused(namespace: string): boolean {
    return this.#reflectors.get(namespace)?.refusal !== undefined;
  }

  /** Namespaces that can't be read, "" for all, each with what the API server said last. */
  unreadable(): { namespace: string; error: ApiError }[] {
    return [...this.#reflectors].flatMap(([namespace, { unreadable }]) =>
      unreadable ? [{ namespace, error: unreadable }] : [],
    );
  }

  /**
   * A check for {@link HealthServer}: what is wrong, if anything.
   * @param namespace of this one alone; without it, of all that can be read
   */
  check(maxAgeMs = 30_000, namespace?: string): string | undefined {
    const refused = this.unreadable().find((each) => namespace === undefined || each.namespace === namespace);
    const why = refused ? ` (${refused.error.message})` : "";
    const age = this.freshness(namespace);
    if (age === Number.POSITIVE_INFINITY) return `${this.type.plural}: the first list isn't complete${why}`;
    if (age <= maxAgeMs) return undefined;
    return `${this.type.plural}: no sign of life from the API server for ${Math.round(age / 1000)} s${why}`;
  }

  #reflectorOf(namespace: string): Reflector<T> | undefined {
    return this.#reflectors.get("") ?? this.#reflectors.get(namespace);
  }

  #namespaces(): { namespace: string; readable: boolean }[] {
    return [...this.#reflectors.keys()].map((namespace) => ({
      namespace,
      readable: this.isReadable(namespace),
    }));
  }

  async #whenSynced(): Promise<void> {
    const reflectors = [...this.#reflectors.values()];
    const settled = Promise.all(reflectors.map((reflector) => reflector.settled));
    const listed = Promise.race(reflectors.map((reflector) => reflector.listed)); // none of them rejects
    await Promise.race([Promise.all([settled, listed]), this.#stopped.promise]);
    this.#hasSynced = true;
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
