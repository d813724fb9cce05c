import { setTimeout as sleep } from "node:timers/promises";
import {
  ApiError,
  type Client,
  type KubernetesObject,
  type ResourceType,
  type WatchEvent,
} from "../kubernetes/index.ts";

type Events<T extends KubernetesObject> = AsyncIterable<WatchEvent<T>>;
type Open<T extends KubernetesObject> = (resourceVersion: string) => Promise<Events<T>>;
type Listener<T> = (object: T, deleted: boolean) => void;

/** What the API server tells a watcher of one namespace, at the time at which it tells it. */
export class ObjectWatch<T extends KubernetesObject> {
  readonly #listeners = new Set<Listener<T>>();
  readonly #stop = new AbortController();
  readonly #ended: Promise<void>;

  private constructor(open: Open<T>, events: Events<T>, resourceVersion: string, stop: AbortController) {
    this.#stop = stop;
    this.#ended = this.#run(open, events, resourceVersion);
  }

  /** Watches from now on. */
  static async start<T extends KubernetesObject>(
    client: Client,
    type: ResourceType<T>,
    namespace: string,
  ): Promise<ObjectWatch<T>> {
    let resourceVersion = "";
    for await (const page of client.pages(type, { namespace, limit: 1 })) {
      resourceVersion = page.resourceVersion;
      break;
    }
    const stop = new AbortController();
    const connection = client.watchConnection();
    const open: Open<T> = async (from) => {
      const options = { namespace, resourceVersion: from, timeoutSeconds: 3_600, signal: stop.signal };
      for (;;) {
        try {
          return await connection.watch(type, options);
        } catch (error) {
          // After a change of its CRD a kind is "(re)initializing" for a moment.
          if (!(error instanceof ApiError) || error.status !== 429) throw error;
          await sleep(error.retryAfterMs ?? 1_000);
        }
      }
    };
    return new ObjectWatch<T>(open, await open(resourceVersion), resourceVersion, stop);
  }

  /** Resolves with the time (performance.now) at which an object was told of for which this holds. */
  until(holds: (object: T, deleted: boolean) => boolean, timeoutMs = 60_000): Promise<number> {
    return new Promise((resolve, reject) => {
      const late = setTimeout(
        () => end(() => reject(new Error(`not seen within ${timeoutMs / 1000} s`))),
        timeoutMs,
      );
      const listener: Listener<T> = (object, deleted) => {
        if (holds(object, deleted)) end(() => resolve(performance.now()));
      };
      const end = (settle: () => void): void => {
        clearTimeout(late);
        this.#listeners.delete(listener);
        settle();
      };
      this.#listeners.add(listener);
    });
  }

  /** Resolves with the time at which this has held for so many different objects. */
  untilAll(count: number, holds: (object: T) => boolean, timeoutMs: number): Promise<number> {
    const seen = new Set<string>();
    return this.until((object) => {
      if (holds(object)) seen.add(object.metadata.name);
      return seen.size >= count;
    }, timeoutMs);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#ended;
  }

  /** The API server ends a watch when its reader doesn't keep up, or for reasons of its own: it goes on from there. */
  async #run(open: Open<T>, first: Events<T>, begin: string): Promise<void> {
    let resourceVersion = begin;
    try {
      for (let events = first; !this.#stop.signal.aborted; events = await open(resourceVersion)) {
        for await (const event of events) {
          if (event.type === "BOOKMARK") {
            resourceVersion = event.resourceVersion;
            continue;
          }
          const { type, object } = event;
          resourceVersion = object.metadata.resourceVersion ?? resourceVersion;
          for (const listener of [...this.#listeners]) listener(object, type === "DELETED");
        }
      }
    } catch (error) {
      if (!this.#stop.signal.aborted) throw error;
    }
  }
}
