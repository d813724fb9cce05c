import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import type { WatchConnection } from "../client/client.ts";
import { ApiError, ConnectionError } from "../client/errors.ts";
import type { KubernetesObject } from "../client/object.ts";
import type { ResourceType } from "../client/resource-type.ts";
import { now } from "../clock.ts";
import type { Reflector } from "./reflector.ts";

export interface WatchGroupOptions {
  readonly type: ResourceType;
  readonly connection: WatchConnection;
  /** Of the objects that they are about, where not of all. */
  readonly name: string | undefined;
  readonly heartbeatMs: number;
  readonly timeoutMs: number;
  readonly log: Logger;
}

/** So many namespaces are asked in one heartbeat, at most, when the first don't answer as they should. */
const MOST_ASKED = 5;

/**
 * Watches that share a connection, and so a heartbeat.
 *
 * A watch that says nothing may be dead: a connection can break without a sign. So a small list goes over the same
 * connection now and then. Its answer proves that the connection and the API server are alive, and that the server
 * reaches its store, for all watches on that connection. It goes to one namespace after the other: one that may not be
 * read (any more) says nothing against the others, and is asked again until it may.
 */
export class WatchGroup<T extends KubernetesObject> {
  readonly #options: WatchGroupOptions;
  #reflectors: readonly Reflector<T>[] = [];
  #next = 0;
  #wake: () => void = () => {};

  constructor(options: WatchGroupOptions) {
    this.#options = options;
  }

  /** They are made for this group, and call {@link opened}. */
  set reflectors(reflectors: readonly Reflector<T>[]) {
    this.#reflectors = reflectors;
  }

  /** A watch has been opened, which is a good moment for a heartbeat. */
  opened = (): void => this.#wake();

  /** Lists and watches until the signal aborts. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const heartbeats = this.#checkWatches(signal);
    await Promise.all(this.#reflectors.map((reflector) => reflector.run(signal)));
    await heartbeats;
    this.#options.connection.reset(new Error("the cache has been stopped"));
  }

  async #checkWatches(signal: AbortSignal): Promise<void> {
    const { heartbeatMs } = this.#options;
    while (!signal.aborted) {
      const woken = new AbortController();
      this.#wake = () => woken.abort();
      const sooner = AbortSignal.any([signal, woken.signal]);
      await sleep(heartbeatMs, undefined, { signal: sooner }).catch(() => {}); // woken, or aborted: the loop ends
      for (const reflector of this.#reflectors) reflector.checkSilence();
      if (signal.aborted) return;
      const open = this.#reflectors.filter(({ watching }) => watching);
      if (open.some((reflector) => reflector.refusal || reflector.freshness() >= heartbeatMs / 2))
        await this.#beat(open, signal);
    }
  }

  /** Asks those that were refused whether they still are, and one of the others, for all of them. */
  async #beat(open: readonly Reflector<T>[], signal: AbortSignal): Promise<void> {
    this.#next++;
    const turned = [...open.slice(this.#next % open.length), ...open.slice(0, this.#next % open.length)];
    const refused = turned.filter(({ refusal }) => refusal).slice(0, MOST_ASKED);
    const others = turned.filter(({ refusal }) => !refusal);
    for (const reflector of refused) if (!(await this.#ask(reflector, [], signal))) return;
    for (const reflector of others.slice(0, MOST_ASKED)) {
      if (!(await this.#ask(reflector, others, signal))) return;
      if (!reflector.refusal && reflector.freshness() < this.#options.heartbeatMs) return;
    }
  }

  /**
   * Asks one namespace, and tells `all` of what the answer proves.
   * @returns whether there was an answer, so that it makes sense to ask another one
   */
  async #ask(reflector: Reflector<T>, all: readonly Reflector<T>[], signal: AbortSignal): Promise<boolean> {
    const { type, connection, name, timeoutMs, log } = this.#options;
    const { namespace } = reflector;
    const asked = new Set([reflector, ...all]);
    // As of now: an answer to what is asked later can't be older than what is known already.
    const proofs = [...asked].map((each) => each.expectProof());
    const start = now();
    const couldBeRead = !reflector.unreadable;
    try {
      const resourceVersion = await connection.heartbeat(type, { namespace, name, timeoutMs, signal });
      // What was asked before it couldn't be read says nothing of afterwards.
      if (!couldBeRead || !reflector.unreadable) reflector.accepted();
      for (const prove of proofs) prove(start, resourceVersion);
      return true;
    } catch (error) {
      if (signal.aborted) return false;
      if (error instanceof ApiError) {
        if (!reflector.refused(error))
          log.warn({ err: error, namespace }, "the API server fails to answer on the watch's connection");
        return true;
      }
      log.warn({ err: error }, "the API server doesn't answer on the watch's connection");
      if (error instanceof ConnectionError) connection.reset(error);
      return false;
    }
  }
}
