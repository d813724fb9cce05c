import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import { backoff } from "../backoff.ts";
import type { Client, WatchConnection } from "../client/client.ts";
import { ApiError, ForbiddenError, GoneError, NotFoundError } from "../client/errors.ts";
import { compareResourceVersions, type KubernetesObject } from "../client/object.ts";
import type { ResourceType } from "../client/resource-type.ts";
import type { WatchEvent } from "../client/watch-stream.ts";
import { elapsedSince, type Moment, now } from "../clock.ts";
import { letOthersRun } from "../event-loop.ts";
import type { RuntimeMetrics } from "../metrics.ts";
import type { Change } from "./object-store.ts";
import type { ListInProgress, Reflection } from "./reflection.ts";

export interface ReflectorOptions<T extends KubernetesObject> {
  type: ResourceType<T>;
  client: Pick<Client, "pages">;
  connection: WatchConnection;
  namespace: string | undefined;
  /** Of the objects that it is about, where not of all. */
  name: string | undefined;
  reflection: Reflection<T>;
  /** What is kept of an object. */
  project: (raw: T) => T;
  /** Told of every change, in order. */
  changed: (changes: Change<T>[]) => void;
  /** How long a streaming list may stand still, in milliseconds. */
  listSilenceMs: number;
  /** After how long without a sign of life everything is listed again, in milliseconds. */
  listAgainMs: number;
  /** Told when a watch has been opened, which is a good moment for a heartbeat. */
  opened: () => void;
  log: Logger;
  metrics: RuntimeMetrics;
}

const BACKOFF = { baseMs: 100, maxMs: 8_000 };
/** A watch that lived so long, or said anything, was a success: the next failure is the first again. */
const HEALTHY_AFTER_MS = 5_000;
/** The API server sends a bookmark about every minute; a watch that misses two of them has been forgotten. */
const SILENCE_LIMIT_MS = 150_000;
/** So many streaming lists may fail in a row before the list is read in pages. */
const STREAMS_TRIED = 2;

/** After so many errors of the API server in a row a namespace counts as unreadable, whatever the errors say. */
const UNREADABLE_AFTER = 5;
/** A namespace that has never been read is given up for the time being after so many refusals: Roles may come late. */
const SETTLED_AFTER = 3;

/** Lists, then watches, for ever: the I/O under a cache, for one namespace or for all. */
export class Reflector<T extends KubernetesObject> {
  readonly namespace: string | undefined;
  readonly #options: ReflectorOptions<T>;
  readonly #listed = Promise.withResolvers<void>();
  readonly #settled = Promise.withResolvers<void>();
  #hasListed = false;
  #mustList = true;
  /** Errors of the API server, one after the other. */
  #errors = 0;
  #unreadable: ApiError | undefined;
  /** Whether the server sends lists as watches at all: it needs less memory for it, and so do we. */
  #streams = true;
  /** Streaming lists that failed, one after the other. */
  #streamsFailed = 0;
  #watch: { close(): void } | undefined;
  #heardAt: Moment = now();
  #provenAt: Moment | undefined;

  constructor(options: ReflectorOptions<T>) {
    this.#options = options;
    this.namespace = options.namespace;
  }

  /** Resolves after the first complete list. */
  get listed(): Promise<void> {
    return this.#listed.promise;
  }

  get hasListed(): boolean {
    return this.#hasListed;
  }

  /** Resolves after the first complete list, or when there won't be one for the time being: it is unreadable. */
  get settled(): Promise<void> {
    return this.#settled.promise;
  }

  /** Why the objects can't be read, as the API server says; undefined while they can be, or nobody knows. */
  get unreadable(): ApiError | undefined {
    return this.#unreadable;
  }

  /** As {@link unreadable}, where it was a refusal, so that nobody else's answer proves anything about it. */
  get refusal(): ApiError | undefined {
    return this.#unreadable && isRefused(this.#unreadable) ? this.#unreadable : undefined;
  }

  /** A heartbeat has been refused, which may be for this namespace alone. @returns whether it was a refusal */
  refused(error: ApiError): boolean {
    if (!isRefused(error)) return false;
    this.#failed(error);
    return true;
  }

  /** A heartbeat has been answered for this very namespace, or a watch opened: it can be read, once what is missing is listed. */
  accepted(): void {
    if (this.#mustList) return;
    this.#errors = 0;
    if (!this.#unreadable) return;
    this.#unreadable = undefined;
    this.#options.log.info("it can be read again");
  }

  /**
   * Milliseconds since everything that had happened by then was certainly known here. What a watch tells says of when it
   * is, and not that nothing came after it: an API server that has lost its store sends bookmarks all the same.
   */
  freshness(): number {
    return this.#provenAt ? elapsedSince(this.#provenAt) : Number.POSITIVE_INFINITY;
  }

  /** The running watch, to be given to {@link prove} once it is known to have been alive. */
  get watching(): object | undefined {
    return this.#watch;
  }

  /**
   * Call it before a heartbeat is sent, and what it returns with the answer: the answer shows that the watch that runs
   * now is alive. When it comes from a time before what is known here already, the store behind the API server was
   * restored from a backup. A watch from the future is accepted all the same, and says nothing: so all is listed again.
   */
  expectProof(): (at: Moment, resourceVersion: string) => void {
    const watch = this.#watch;
    const known = this.#options.reflection.newest;
    return (at, resourceVersion) => {
      // While a list is being read, the watch that brings it proves nothing of what is known.
      if (!watch || watch !== this.#watch || this.#mustList || this.refusal) return;
      if (compareResourceVersions(resourceVersion, known) < 0) this.#wentBack(resourceVersion);
      else if (this.#provenAt) this.#provenAt = at;
    };
  }

  #wentBack(resourceVersion: string): void {
    const { reflection, log } = this.#options;
    log.warn(
      { resourceVersion, known: reflection.newest },
      "the API server has gone back in time, listing again",
    );
    reflection.wentBack();
    this.#mustList = true;
    this.#watch?.close();
  }

  /** Starts the watch anew, from where it is, if it has been silent for too long. A list that stalls is read in pages. */
  checkSilence(): void {
    const { log, listSilenceMs } = this.#options;
    if (!this.#watch || elapsedSince(this.#heardAt) <= (this.#mustList ? listSilenceMs : SILENCE_LIMIT_MS))
      return;
    if (this.#mustList) {
      log.warn("a streaming list stands still, reading pages");
      this.#streamsFailed = STREAMS_TRIED;
    } else log.warn("the watch has been silent for too long, starting it anew");
    this.#watch.close();
  }

  /** Runs until the signal aborts. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    let failures = 0;
    while (!signal.aborted) {
      const start = now();
      let heard = false;
      let failure: unknown;
      try {
        if (this.#provenAt && this.freshness() > this.#options.listAgainMs) this.#mustList = true;
        if (this.#mustList && !this.#wantsStream) await this.#list(signal);
        await this.#follow(signal, () => {
          heard = true;
        });
      } catch (error) {
        failure = error;
      }
      if (signal.aborted) return;
      const lived = elapsedSince(start);
      if (heard || lived > HEALTHY_AFTER_MS) failures = 0;
      if (failure === undefined && (heard || lived > 1_000)) continue;
      failures++;
      await this.#wait(failures, failure, signal);
    }
  }

  async #wait(failures: number, failure: unknown, signal: AbortSignal): Promise<void> {
    const asked = failure instanceof ApiError ? (failure.retryAfterMs ?? 0) : 0;
    const waitMs = Math.max(backoff(failures, BACKOFF), Math.min(asked, 60_000));
    const { log } = this.#options;
    const fields = { err: failure, failures, waitMs: Math.round(waitMs) };
    if (failure instanceof ApiError && !(failure instanceof GoneError)) this.#failed(failure);
    if (failure !== undefined && this.#unreadable === failure)
      log.debug(fields, "can't list and watch, trying again");
    else if (failure instanceof GoneError)
      log.info(fields, "the watch can't go on from where it was, listing again");
    else if (failure !== undefined) log.warn(fields, "can't list and watch, trying again");
    await sleep(waitMs, undefined, { signal }).catch(() => {}); // aborted: the caller looks at the signal
  }

  #failed(error: ApiError): void {
    const { log } = this.#options;
    this.#errors++;
    const was = this.#unreadable;
    if (was || isRefused(error) || this.#errors >= UNREADABLE_AFTER) this.#unreadable = error;
    if (this.#unreadable && !was)
      log.warn(
        { err: error },
        this.namespace === undefined
          ? "can't be read: are the ClusterRole and its ClusterRoleBinding there? It is tried again"
          : "this namespace can't be read: are it, its Role and its RoleBinding there? It is tried again, the others go on",
      );
    if (this.#unreadable && this.#errors >= SETTLED_AFTER) this.#settled.resolve();
  }

  /** Reads a list in pages. */
  async #list(signal: AbortSignal): Promise<void> {
    const { type, client, namespace, name, reflection, project, changed } = this.#options;
    try {
      const start = now();
      const list = reflection.beginList();
      let listed = "";
      for await (const { items, resourceVersion } of client.pages(type, { namespace, name, signal })) {
        listed = resourceVersion;
        changed(list.page(items.map(project), resourceVersion));
        await new Promise(setImmediate); // let others run between two pages
      }
      changed(list.complete(listed));
      this.#listedSince(start);
    } catch (error) {
      if (!signal.aborted) this.#count("failed");
      throw error;
    }
  }

  async #follow(signal: AbortSignal, heard: () => void): Promise<void> {
    const { type, connection, namespace, name, reflection, opened, metrics } = this.#options;
    const resource = type.plural;
    let answered = false;
    try {
      const start = now();
      const timeoutSeconds = 300 + Math.floor(Math.random() * 300);
      const resourceVersion = this.#mustList ? undefined : (reflection.resourceVersion ?? "");
      const asked = { namespace, name, resourceVersion, timeoutSeconds, signal };
      const watch = await connection.watch(type, asked);
      this.#watch = watch;
      this.#heardAt = now();
      answered = true;
      this.accepted();
      opened();
      // The list that is still being read, where it comes by this watch.
      let list = this.#mustList ? reflection.beginList() : undefined;
      for await (const event of watch) {
        this.#heardAt = now();
        if (!list) {
          heard();
          this.#read(event);
        } else if (this.#readListed(list, event)) {
          list = undefined;
          this.#listedSince(start);
        }
        await letOthersRun();
      }
      // Nothing is known to be gone then.
      if (list) throw new Error("the API server ended a streaming list before it was complete");
      metrics.watchRestarts.inc({ resource, reason: "expired" });
    } catch (error) {
      if (this.#mustList) {
        // No answer says nothing about how lists are sent here.
        if (answered || error instanceof ApiError) this.#streamsFailed++;
        if (!cannotStream(error)) {
          if (!signal.aborted) this.#count("failed");
          throw error;
        }
        this.#streams = false;
        heard();
        this.#options.log.debug({ err: error }, "the API server doesn't stream lists: reading pages");
        return;
      }
      if (error instanceof GoneError) this.#mustList = true;
      if (!signal.aborted) metrics.watchRestarts.inc({ resource, reason: reasonOf(error) });
      throw error;
    } finally {
      this.#watch?.close();
      this.#watch = undefined;
    }
  }

  /** Reads one event of a streaming list. @returns whether it was the last, so that the list is complete */
  #readListed(list: ListInProgress<T>, event: WatchEvent<T>): boolean {
    const { project, changed } = this.#options;
    if (event.type !== "BOOKMARK") changed(list.item({ type: event.type, object: project(event.object) }));
    else if (event.listed) changed(list.complete(event.resourceVersion));
    return event.type === "BOOKMARK" && event.listed === true;
  }

  #read(event: WatchEvent<T>): void {
    const { reflection, project, changed } = this.#options;
    if (this.#mustList) return; // the watch has been given up
    if (
      event.type === "BOOKMARK" &&
      compareResourceVersions(event.resourceVersion, reflection.resourceVersion) < 0
    ) {
      this.#wentBack(event.resourceVersion);
      return;
    }
    changed(
      reflection.event(
        event.type === "BOOKMARK" ? event : { type: event.type, object: project(event.object) },
      ),
    );
  }

  /** A stream can fail where pages don't, for example at a server that can't tell how current its cache is. */
  get #wantsStream(): boolean {
    return this.#streams && this.#streamsFailed < STREAMS_TRIED;
  }

  #listedSince(start: Moment): void {
    this.#count("complete");
    this.#mustList = false;
    this.#streamsFailed = 0;
    this.#provenAt = start;
    this.#hasListed = true;
    this.accepted();
    this.#listed.resolve();
    this.#settled.resolve();
  }

  #count(result: "complete" | "failed"): void {
    const { type, metrics } = this.#options;
    metrics.lists.inc({ resource: type.plural, result });
  }
}

/** Whether the server has understood the question and doesn't answer such questions: it is too old, or is told not to. */
function cannotStream(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 400 || error.status === 422);
}

/** Whether the API server won't show these objects: rights were taken away, or what they are in is gone. */
function isRefused(error: unknown): boolean {
  return error instanceof ForbiddenError || error instanceof NotFoundError;
}

function reasonOf(error: unknown): "gone" | "refused" | "error" {
  if (error instanceof GoneError) return "gone";
  return isRefused(error) ? "refused" : "error";
}
