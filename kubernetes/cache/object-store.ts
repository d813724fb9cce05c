import { isDeepStrictEqual } from "node:util";
import { compareResourceVersions, type KubernetesObject, keyOf, type ObjectKey } from "../client/object.ts";

/** What happened to an object. `previous` is what it was before an update. */
export type Change<T extends KubernetesObject> =
  | { kind: "added"; key: ObjectKey; object: T }
  | { kind: "updated"; key: ObjectKey; object: T; previous: T }
  | { kind: "deleted"; key: ObjectKey; object: T };

/** The index values of an object: it is found under each of them. Must be pure. */
export type IndexFunction<T> = (object: T) => readonly string[];

/**
 * Objects by key and by index. Nothing here is asynchronous: each method applies one piece of news and returns what
 * changed by it, which is nothing when the news is old.
 */
export class ObjectStore<T extends KubernetesObject> {
  readonly #objects = new Map<ObjectKey, T>();
  readonly #indexes: Map<string, Index<T>>;

  constructor(indexes: Record<string, IndexFunction<T>>) {
    this.#indexes = new Map(Object.entries(indexes).map(([name, values]) => [name, new Index(values)]));
  }

  get size(): number {
    return this.#objects.size;
  }

  get(key: ObjectKey): T | undefined {
    return this.#objects.get(key);
  }

  list(): T[] {
    return [...this.#objects.values()];
  }

  keys(): IterableIterator<ObjectKey> {
    return this.#objects.keys();
  }

  /** Throws a RangeError for an index that was never defined. */
  by(index: string, value: string): T[] {
    return this.#index(index).get(value);
  }

  /** How many `by` would find. Throws as it does. */
  count(index: string, value: string): number {
    return this.#index(index).count(value);
  }

  #index(name: string): Index<T> {
    const found = this.#indexes.get(name);
    if (!found)
      throw new RangeError(`No index "${name}"; there are: ${[...this.#indexes.keys()].join(", ")}`);
    return found;
  }

  /**
   * Stores an object unless what is stored is as new or newer.
   * An object with another uid under the same key has been deleted and created again: both are told.
   * @param evenIfOlder unless it is the very same: an API server that was restored from a backup gives resourceVersions out
   *   once more, so that equal ones don't show that nothing has changed
   */
  put(object: T, { evenIfOlder = false } = {}): Change<T>[] {
    const key = keyOf(object);
    const previous = this.#objects.get(key);
    if (previous) {
      const newer = compareResourceVersions(
        object.metadata.resourceVersion,
        previous.metadata.resourceVersion,
      );
      if (evenIfOlder ? newer === 0 && isDeepStrictEqual(object, previous) : newer <= 0) return [];
    }
    this.#set(key, object, previous);
    if (!previous) return [{ kind: "added", key, object }];
    if (previous.metadata.uid === object.metadata.uid) return [{ kind: "updated", key, object, previous }];
    return [
      { kind: "deleted", key, object: previous },
      { kind: "added", key, object },
    ];
  }

  /** Removes the object under this key, unless it is newer than the deletion at this resourceVersion. */
  remove(key: ObjectKey, deletedAt?: string): Change<T>[] {
    const object = this.#objects.get(key);
    if (!object) return [];
    if (deletedAt && compareResourceVersions(object.metadata.resourceVersion, deletedAt) > 0) return [];
    this.#objects.delete(key);
    for (const index of this.#indexes.values()) index.remove(object);
    return [{ kind: "deleted", key, object }];
  }

  #set(key: ObjectKey, object: T, previous: T | undefined): void {
    this.#objects.set(key, object);
    for (const index of this.#indexes.values()) {
      if (previous) index.remove(previous);
      index.add(object);
    }
  }
}

/** So many objects of one index value are kept as a list; more of them as a Set, which finds one to remove at once. */
const FEW = 8;

class Index<T extends KubernetesObject> {
  readonly #values: IndexFunction<T>;
  /** Most values lead to one object or to few, for which a Set would take more memory than the objects do. */
  readonly #entries = new Map<string, T | T[] | Set<T>>();

  constructor(values: IndexFunction<T>) {
    this.#values = values;
  }

  get(value: string): T[] {
    return [...this.#found(value)];
  }

  count(value: string): number {
    const entry = this.#found(value);
    return entry instanceof Set ? entry.size : entry.length;
  }

  add(object: T): void {
    for (const value of new Set(this.#values(object))) {
      const entry = this.#found(value);
      if (entry instanceof Set) entry.add(object);
      else if (entry.length === 0) this.#entries.set(value, object);
      // concat makes a list of just that length: one that grows keeps room for sixteen more.
      else if (entry.length < FEW) this.#entries.set(value, entry.concat(object));
      else this.#entries.set(value, new Set([...entry, object]));
    }
  }

  /** @param object the very one that was added */
  remove(object: T): void {
    for (const value of this.#values(object)) {
      const entry = this.#found(value);
      if (entry instanceof Set) {
        entry.delete(object);
        if (entry.size === 0) this.#entries.delete(value);
        continue;
      }
      const left = entry.filter((other) => other !== object);
      if (left.length > 0) this.#entries.set(value, left);
      else this.#entries.delete(value);
    }
  }

  #found(value: string): T[] | Set<T> {
    const entry = this.#entries.get(value) ?? [];
    return Array.isArray(entry) || entry instanceof Set ? entry : [entry];
  }
}
