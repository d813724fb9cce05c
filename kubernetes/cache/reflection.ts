import { compareResourceVersions, type KubernetesObject, keyOf, type ObjectKey } from "../client/object.ts";
import type { ObjectEvent, WatchEvent } from "../client/watch-stream.ts";
import type { Change, ObjectStore } from "./object-store.ts";

/**
 * How a store follows one list and watch: decides what each page, event and own write means for it.
 * No I/O here; reflector.ts has that.
 */
export class Reflection<T extends KubernetesObject> {
  readonly #store: ObjectStore<T>;
  readonly #prefix: string;
  /** Objects that we wrote ourselves and of which nothing has told us yet, or only just, with their resourceVersion. */
  readonly #observed = new Map<ObjectKey, string>();
  #resourceVersion: string | undefined;
  /** What happened up to here to any object has been told while a list was streaming, complete or not. */
  #streamedUpTo: string | undefined;

  /** @param namespace the one whose objects this is about; undefined for all */
  constructor(store: ObjectStore<T>, namespace: string | undefined) {
    this.#store = store;
    this.#prefix = namespace ? `${namespace}/` : "";
  }

  /** Everything up to here is in the store. Undefined before the first complete list. */
  get resourceVersion(): string | undefined {
    return this.#resourceVersion;
  }

  /** The newest resourceVersion that anything here has, our own writes included. */
  get newest(): string | undefined {
    return [...this.#observed.values()].reduce<string | undefined>(
      (newest, each) => (compareResourceVersions(each, newest) > 0 ? each : newest),
      this.#resourceVersion,
    );
  }

  /**
   * The server has gone back in time (restored from a backup): what we wrote after that is lost, and nothing that is known
   * shows how far the next list goes.
   */
  wentBack(): void {
    this.#observed.clear();
    this.#resourceVersion = undefined;
  }

  /**
   * Begins a list. Its pages are applied as they come, but only a complete list shows what is gone: until `complete` is
   * called nothing is removed.
   */
  beginList(): ListInProgress<T> {
    const seen = new Set<ObjectKey>();
    let skipped = false;
    return {
      page: (items, listed) => {
        // The server has gone back in time (restored from a backup): what we wrote after that is lost, too.
        if (compareResourceVersions(listed, this.#resourceVersion) < 0) this.#observed.clear();
        return items.flatMap((item) => {
          const key = keyOf(item);
          seen.add(key);
          return this.#isObservedAfter(key, listed) ? [] : this.#put(item);
        });
      },
      item: ({ type, object }) => {
        const key = keyOf(object);
        const { resourceVersion } = object.metadata;
        // What there is comes first, so who was changed or deleted shows that all of it has come.
        if (type !== "ADDED") this.#streamedUpTo = resourceVersion;
        if (type === "DELETED") seen.delete(key);
        else seen.add(key);
        if (this.#isObservedAfter(key, resourceVersion)) {
          skipped = true;
          return [];
        }
        return type === "DELETED" ? this.#store.remove(key) : this.#put(object);
      },
      complete: (listed) => {
        this.#streamedUpTo = undefined;
        if (compareResourceVersions(listed, this.#resourceVersion) < 0) {
          // As in `page`; and what was skipped for something that is lost has to come again.
          this.#observed.clear();
          if (skipped) throw new Error("the API server has gone back in time while it was listing");
        }
        const gone = [...this.#store.keys()].filter(
          (key) => key.startsWith(this.#prefix) && !seen.has(key) && !this.#isObservedAfter(key, listed),
        );
        this.#advance(listed);
        return gone.flatMap((key) => this.#store.remove(key));
      },
    };
  }

  /**
   * Applies an event of the watch that continues from {@link resourceVersion}. Events come in the order of their
   * resourceVersions; one that comes again is ignored.
   */
  event(event: WatchEvent<T>): Change<T>[] {
    if (event.type === "BOOKMARK") {
      this.#advance(event.resourceVersion);
      return [];
    }
    const { object } = event;
    const { resourceVersion = "" } = object.metadata;
    if (compareResourceVersions(resourceVersion, this.#resourceVersion) <= 0) return [];
    this.#resourceVersion = resourceVersion;
    return event.type === "DELETED"
      ? this.#store.remove(keyOf(object), resourceVersion)
      : this.#store.put(object);
  }

  /**
   * Applies the API server's answer to our own write, so that we read what we wrote. When the watch has passed its
   * resourceVersion already, it has told us this or something later, such as the object's deletion.
   */
  observe(object: T): Change<T>[] {
    const { resourceVersion } = object.metadata;
    if (!resourceVersion || this.#hasTold(resourceVersion)) return [];
    const changes = this.#store.put(object);
    if (changes.length > 0) this.#observed.set(keyOf(object), resourceVersion);
    return changes;
  }

  /** Takes what a list says as it is: the server may have gone back in time, whether that shows or not. */
  #put(object: T): Change<T>[] {
    return this.#store.put(object, { evenIfOlder: true });
  }

  #hasTold(resourceVersion: string): boolean {
    return [this.#resourceVersion, this.#streamedUpTo].some(
      (told) => compareResourceVersions(resourceVersion, told) <= 0,
    );
  }

  #isObservedAfter(key: ObjectKey, resourceVersion: string | undefined): boolean {
    return compareResourceVersions(this.#observed.get(key), resourceVersion) > 0;
  }

  #advance(resourceVersion: string): void {
    this.#resourceVersion = resourceVersion;
    // Here and not at each event: a bookmark comes every minute.
    for (const key of this.#observed.keys()) {
      if (!this.#isObservedAfter(key, resourceVersion)) this.#observed.delete(key);
    }
  }
}

export interface ListInProgress<T extends KubernetesObject> {
  /** @param resourceVersion that of the list, not of an item */
  page(items: readonly T[], resourceVersion: string): Change<T>[];
  /** One event of a streaming list. Things may happen while it is on its way. */
  item(event: ObjectEvent<T>): Change<T>[];
  /**
   * @param resourceVersion that of the list
   * @throws Error when the list has to be read again from the beginning
   */
  complete(resourceVersion: string): Change<T>[];
}
