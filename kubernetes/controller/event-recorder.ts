import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import { Registry } from "prom-client";
import { backoff } from "../backoff.ts";
import { type Event, events } from "../client/builtin-types.ts";
import type { Client } from "../client/client.ts";
import { AlreadyExistsError, ApiError, ConnectionError, NotFoundError } from "../client/errors.ts";
import { microTime } from "../client/times.ts";
import { FairMemory } from "../fair-memory.ts";
import { RuntimeMetrics } from "../metrics.ts";
import { BoundedLines } from "./bounded-lines.ts";
import {
  composeEvent,
  type EventToRecord,
  namespaceOf,
  type Reporter,
  referenceTo,
} from "./compose-event.ts";

export interface EventRecorderOptions extends Reporter {
  client: Pick<Client, "create" | "mergePatch">;
  /** Series that are remembered, so that repeats are merged; and events that wait to be written. 5000 of each. */
  capacity?: number;
  /** Events written per second, at most; 50. They are the least important thing that we write. */
  perSecond?: number;
  /** How often the count of a repeating event is written, in milliseconds; a minute. */
  mergeEveryMs?: number;
  log: Logger;
  metrics?: Registry;
  /** For tests: ms since 1970. */
  now?: () => number;
}

/** Repeats of one event: all that makes it the same is in its key. */
interface Series {
  event: Event;
  /** Of the Event: whose line it waits in. */
  namespace: string;
  key: string;
  count: number;
  lastObserved: Date;
  /** The API server has its Event, as far as is known. */
  exists: boolean;
  /** As the API server knows it. */
  writtenCount: number;
  /** As it will know it, when what is being written is there. */
  sentCount: number;
  writtenAt: number;
  queued: boolean;
  /** How often in a row it was tried to write it. */
  tries: number;
  /** Runs when the count is to be written later. */
  timer: NodeJS.Timeout | undefined;
}

/** A pause between two of the same longer than this begins a new Event: the API server drops old ones after an hour. */
const SERIES_ENDS_AFTER_MS = 6 * 60_000;
const WRITE_TIMEOUT_MS = 5_000;
/** Writes at once, each for another namespace: one that isn't answered keeps only its own waiting. A quarter of the connections. */
const WRITES_AT_ONCE = 16;
/** About two minutes in all: an upgrade of the API server. Each namespace waits for itself. */
const TRIES = 12;
const BACKOFF = { baseMs: 1_000, maxMs: 20_000 };
/** A longer Retry-After isn't sat out. */
const LONGEST_WAIT_MS = 60_000;
const DROPS_LOGGED_AFTER_MS = 5_000;

/**
 * Records Events (events.k8s.io/v1) in the background: `record` never throws and never waits. Repeats of an event are
 * merged into a series. Namespaces take turns, and none waits for what another's takes. When there are more than can be
 * written, the newest of the namespace with the most are dropped, and counted. While the API server is away or has too
 * much to do, they are kept, and each is tried for two minutes; what it refuses is dropped.
 */
export class EventRecorder {
  readonly #options: EventRecorderOptions;
  readonly #mergeEveryMs: number;
  readonly #now: () => number;
  readonly #metrics: RuntimeMetrics;
  readonly #series: FairMemory<Series>;
  readonly #waiting: BoundedLines<Series>;
  #writing: Promise<void> | undefined;
  /** How many are being written. */
  #underWay = 0;
  /** Whoever waits since all lines are served or held, or enough is being written, looks again. */
  #wake = (): void => {};
  #flushing = false;
  /** Those that have ended. */
  #flushes = 0;
  /** Since it was last logged. */
  #dropped: { count: number; example: object } = { count: 0, example: {} };
  #dropTimer: NodeJS.Timeout | undefined;

  constructor(options: EventRecorderOptions) {
    this.#options = options;
    const { capacity = 5_000 } = options;
    this.#series = new FairMemory(capacity);
    this.#waiting = new BoundedLines(capacity, () => this.#wake());
    this.#now = options.now ?? Date.now;
    this.#mergeEveryMs = options.mergeEveryMs ?? 60_000;
    this.#metrics = RuntimeMetrics.in(options.metrics ?? new Registry());
  }

  /** Takes note of an event, to be written soon. */
  record(event: EventToRecord): void {
    try {
      this.#record(event, new Date(this.#now()));
    } catch (error) {
      this.#drop({ reason: event.reason, err: error });
    }
  }

  /**
   * Writes what is waiting, counts of series included, and tries again as long as there is time. After some time, in
   * milliseconds, it drops what is left.
   */
  async flush({ timeoutMs = 2_000 }: { timeoutMs?: number } = {}): Promise<void> {
    for (const series of this.#series.values()) if (series.count > series.sentCount) this.#enqueue(series);
    this.#flushing = true;
    this.#waiting.release();
    const late = new AbortController();
    await Promise.race([this.#writing, sleep(timeoutMs, undefined, { signal: late.signal }).catch(() => {})]);
    late.abort(); // nobody waits for it any more
    this.#flushing = false;
    this.#flushes++;
    for (const series of this.#waiting.clear()) {
      series.queued = false;
      this.#giveUp(series, { late: true });
    }
    this.#wake();
    this.#logDropped();
  }

  #record(event: EventToRecord, time: Date): void {
    const regarding = referenceTo(event.regarding);
    const related = event.related && referenceTo(event.related);
    const { type, reason, action, note } = event;
    const namespace = namespaceOf(regarding);
    const key = JSON.stringify([regarding, related, type, reason, action, note]);
    const series = this.#series.get(namespace, key);
    if (series && time.getTime() - series.lastObserved.getTime() < SERIES_ENDS_AFTER_MS) {
      series.count++;
      series.lastObserved = time;
      this.#scheduleMerge(series);
      return;
    }
    const begun: Series = {
      event: composeEvent({ ...event, regarding, related }, this.#options, time),
      namespace,
      key,
      count: 1,
      lastObserved: time,
      exists: false,
      writtenCount: 0,
      sentCount: 0,
      writtenAt: 0,
      queued: false,
      tries: 0,
      timer: undefined,
    };
    if (!this.#enqueue(begun)) return;
    // One that has ended still has its count written; one that there is no room for any more hasn't.
    clearTimeout(this.#series.set(namespace, key, begun)?.timer);
  }

  /** The count is written at once when a series begins, and from then on now and then. */
  #scheduleMerge(series: Series): void {
    if (series.writtenCount === 0 || series.timer || series.count === series.writtenCount) return;
    // Not below 0: Node warns of that on stderr.
    const dueMs =
      series.writtenCount === 1 ? 0 : Math.max(0, series.writtenAt + this.#mergeEveryMs - this.#now());
    series.timer = setTimeout(() => {
      series.timer = undefined;
      if (series.count > series.sentCount) this.#enqueue(series); // a flush may have been faster
    }, dueMs).unref();
  }

  #enqueue(series: Series): boolean {
    if (series.queued) return true;
    series.queued = true;
    const dropped = this.#waiting.add(series.namespace, series);
    if (dropped) {
      dropped.queued = false;
      this.#giveUp(dropped);
    }
    this.#wake();
    this.#writing ??= this.#writeAll();
    return dropped !== series;
  }

  async #writeAll(): Promise<void> {
    const { perSecond = 50 } = this.#options;
    // Leaves `record` first; also, what is recorded together is merged before it is written.
    await sleep(0);
    while (this.#waiting.length > 0 || this.#underWay > 0) {
      const series = this.#underWay < WRITES_AT_ONCE ? this.#waiting.take() : undefined;
      if (!series) {
        const { promise, resolve } = Promise.withResolvers<void>();
        this.#wake = resolve;
        await promise;
        continue;
      }
      series.queued = false;
      void this.#tryToWrite(series); // the others don't wait for it
      if (!this.#flushing) await sleep(1000 / perSecond);
    }
    this.#writing = undefined; // in the same breath: what is recorded from now on finds that nobody writes
  }

  /** Never rejects. */
  async #tryToWrite(series: Series): Promise<void> {
    const { namespace } = series;
    const flushes = this.#flushes;
    this.#underWay++;
    series.tries++;
    let holdMs: number | undefined;
    try {
      await this.#write(series);
      series.tries = 0;
    } catch (error) {
      // What is late for a flush comes too late for another try.
      if (isUndecided(error) && series.tries < TRIES && flushes === this.#flushes)
        holdMs = this.#tryLater(series, error);
      else this.#giveUp(series, { err: error });
    }
    this.#underWay--;
    if (holdMs === undefined) this.#waiting.done(namespace);
    else this.#waiting.hold(namespace, holdMs);
    this.#wake();
  }

  /** At the head of its line, which waits with it. @returns how long, in milliseconds */
  #tryLater(series: Series, error: unknown): number {
    series.sentCount = series.writtenCount;
    if (!series.queued) this.#waiting.putBack(series.namespace, series); // it may be in line for what was counted since
    series.queued = true;
    const asked = error instanceof ApiError ? (error.retryAfterMs ?? 0) : 0;
    return Math.max(backoff(series.tries, BACKOFF), Math.min(asked, LONGEST_WAIT_MS));
  }

  async #write(series: Series): Promise<void> {
    const { client } = this.#options;
    const options = { timeoutMs: WRITE_TIMEOUT_MS };
    const { count } = series;
    series.sentCount = count;
    const merged = { count, lastObservedTime: microTime(series.lastObserved) };
    const merge = () => client.mergePatch(events, series.event.metadata, { series: merged }, options);
    const isNew = series.writtenCount === 0;
    if (series.exists) {
      try {
        await merge();
      } catch (error) {
        if (!(error instanceof NotFoundError)) throw error;
        // It has expired. A new one takes its place.
        const { metadata } = series.event;
        series.event = { ...series.event, metadata: { ...metadata, name: `${metadata.name}.${count}` } };
        series.exists = false;
      }
    }
    if (!series.exists) {
      try {
        await client.create(events, count > 1 ? { ...series.event, series: merged } : series.event, options);
        series.exists = true;
      } catch (error) {
        if (!(error instanceof AlreadyExistsError)) throw error;
        // The name is nobody else's: an earlier try was carried out, with what was counted then, and its answer got lost.
        series.exists = true;
        if (count > 1) await merge();
      }
    }
    series.writtenCount = count;
    series.writtenAt = this.#now();
    this.#scheduleMerge(series); // for what was recorded while this was written
    this.#metrics.eventsWritten.inc({ result: isNew ? "created" : "merged" });
  }

  /** If nothing of it was ever written, the next of its kind is the first again: a count needs an Event to stand in. */
  #giveUp(series: Series, fields: object = {}): void {
    const { namespace, key, event } = series;
    series.sentCount = series.writtenCount;
    series.tries = 0;
    if (series.writtenCount === 0) this.#series.delete(namespace, key, series);
    this.#drop({ reason: event.reason, regarding: event.regarding, ...fields });
  }

  /** Thousands may be dropped at once: a line for each would drown what matters. The metric counts each at once. */
  #drop(fields: object): void {
    this.#metrics.eventsWritten.inc({ result: "dropped" });
    this.#dropped = { count: this.#dropped.count + 1, example: fields };
    this.#dropTimer ??= setTimeout(this.#logDropped, DROPS_LOGGED_AFTER_MS).unref();
  }

  #logDropped = (): void => {
    clearTimeout(this.#dropTimer);
    this.#dropTimer = undefined;
    const { count, example } = this.#dropped;
    if (count > 0)
      this.#options.log.warn({ ...example, dropped: count }, "events were dropped, the last of them this");
    this.#dropped = { count: 0, example: {} };
  };
}

/** Whether the API server hasn't said yes or no: it is away, has an accident, or has too much to do. */
function isUndecided(error: unknown): boolean {
  if (error instanceof ConnectionError) return true;
  return error instanceof ApiError && (error.status >= 500 || error.status === 429);
}
