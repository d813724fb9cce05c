import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import { Registry } from "prom-client";
import { type Event, events, type ObjectReference } from "../client/builtin-types.ts";
import type { Client } from "../client/client.ts";
import { NotFoundError } from "../client/errors.ts";
import type { KubernetesObject } from "../client/object.ts";
import { microTime } from "../client/times.ts";
import { RuntimeMetrics } from "../metrics.ts";
import { BoundedLines } from "./bounded-lines.ts";
import { FairMemory } from "./fair-memory.ts";

export interface EventRecorderOptions {
  client: Pick<Client, "create" | "mergePatch">;
  /** Who reports, a qualified name such as "example.com/widget-controller". */
  reportingController: string;
  /** Which replica of it. */
  reportingInstance: string;
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

export interface EventToRecord {
  /** The object that it is about; the Event goes into its namespace. */
  regarding: KubernetesObject | ObjectReference;
  /** Another object that is concerned. */
  related?: KubernetesObject | ObjectReference;
  type: "Normal" | "Warning";
  /** Why: CamelCase, for programs. */
  reason: string;
  /** What was done or tried: CamelCase. */
  action: string;
  /** For people; no secrets. */
  note: string;
}

/** Repeats of one event: all that makes it the same is in its key. */
interface Series {
  event: Event;
  /** Of the Event: whose line it waits in. */
  namespace: string;
  key: string;
  count: number;
  lastObserved: Date;
  /** As the API server knows it. */
  writtenCount: number;
  /** As it will know it, when what is being written is there. */
  sentCount: number;
  writtenAt: number;
  queued: boolean;
  /** Runs when the count is to be written later. */
  timer: NodeJS.Timeout | undefined;
}

/** A pause between two of the same longer than this begins a new Event: the API server drops old ones after an hour. */
const SERIES_ENDS_AFTER_MS = 6 * 60_000;
const WRITE_TIMEOUT_MS = 5_000;
const DROPS_LOGGED_AFTER_MS = 5_000;
/** Limits of the API server's validation (pkg/apis/core/validation/events.go). */
const MAX_NOTE = 1024;
const MAX_NAME = 128;

/**
 * Records Events (events.k8s.io/v1) in the background: `record` never throws and never waits. Repeats of an event are
 * merged into a series. Namespaces take turns. When there are more than can be written, the newest of the namespace with
 * the most are dropped, and counted.
 */
export class EventRecorder {
  readonly #options: EventRecorderOptions;
  readonly #mergeEveryMs: number;
  readonly #now: () => number;
  readonly #metrics: RuntimeMetrics;
  readonly #series: FairMemory<Series>;
  readonly #waiting: BoundedLines<Series>;
  #writing: Promise<void> | undefined;
  #flushing = false;
  /** Since it was last logged. */
  #dropped: { count: number; example: object } = { count: 0, example: {} };
  #dropTimer: NodeJS.Timeout | undefined;

  constructor(options: EventRecorderOptions) {
    this.#options = options;
    const { capacity = 5_000 } = options;
    this.#series = new FairMemory(capacity);
    this.#waiting = new BoundedLines(capacity);
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

  /** Writes what is waiting, counts of series included; after some time, in milliseconds, it drops what is left. */
  async flush({ timeoutMs = 2_000 }: { timeoutMs?: number } = {}): Promise<void> {
    for (const series of this.#series.values()) if (series.count > series.sentCount) this.#enqueue(series);
    this.#flushing = true;
    const late = new AbortController();
    await Promise.race([this.#writing, sleep(timeoutMs, undefined, { signal: late.signal }).catch(() => {})]);
    late.abort(); // nobody waits for it any more
    this.#flushing = false;
    for (const series of this.#waiting.clear()) {
      series.queued = false;
      this.#giveUp(series, { late: true });
    }
    this.#logDropped();
  }

  #record(event: EventToRecord, time: Date): void {
    const regarding = referenceTo(event.regarding);
    const related = event.related && referenceTo(event.related);
    const { type, reason, action, note } = event;
    const namespace = regarding.namespace || "default";
    const key = JSON.stringify([regarding, related, type, reason, action, note]);
    const series = this.#series.get(namespace, key);
    if (series && time.getTime() - series.lastObserved.getTime() < SERIES_ENDS_AFTER_MS) {
      series.count++;
      series.lastObserved = time;
      this.#scheduleMerge(series);
      return;
    }
    const begun: Series = {
      event: this.#event({ ...event, regarding, related }, namespace, time),
      namespace,
      key,
      count: 1,
      lastObserved: time,
      writtenCount: 0,
      sentCount: 0,
      writtenAt: 0,
      queued: false,
      timer: undefined,
    };
    if (!this.#enqueue(begun)) return;
    // One that has ended still has its count written; one that there is no room for any more hasn't.
    clearTimeout(this.#series.set(namespace, key, begun)?.timer);
  }

  #event(
    event: Omit<EventToRecord, "regarding" | "related"> & {
      regarding: ObjectReference;
      related: ObjectReference | undefined;
    },
    namespace: string,
    time: Date,
  ): Event {
    const { regarding, related, type, reason, action, note } = event;
    const { reportingController, reportingInstance } = this.#options;
    return {
      metadata: {
        name: `${(regarding.name ?? "event").slice(0, 200)}.${randomUUID().slice(0, 18).replace("-", "")}`,
        namespace,
      },
      eventTime: microTime(time),
      reportingController,
      reportingInstance: reportingInstance.slice(0, MAX_NAME),
      regarding,
      ...(related && { related }),
      type,
      reason: reason.slice(0, MAX_NAME),
      action: action.slice(0, MAX_NAME),
      note: clip(note),
    };
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
    this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = undefined;
    });
    return dropped !== series;
  }

  async #writeAll(): Promise<void> {
    const { perSecond = 50 } = this.#options;
    // Leaves `record` first; also, what is recorded together is merged before it is written.
    await sleep(0);
    for (let series = this.#waiting.take(); series; series = this.#waiting.take()) {
      series.queued = false;
      const start = performance.now();
      try {
        await this.#write(series);
      } catch (error) {
        this.#giveUp(series, { err: error });
      }
      const restMs = 1000 / perSecond - (performance.now() - start);
      if (restMs > 0 && !this.#flushing) await sleep(restMs);
    }
  }

  async #write(series: Series): Promise<void> {
    const { client } = this.#options;
    const options = { timeoutMs: WRITE_TIMEOUT_MS };
    const { event, count } = series;
    series.sentCount = count;
    const merged = { count, lastObservedTime: microTime(series.lastObserved) };
    const isNew = series.writtenCount === 0;
    if (isNew) {
      await client.create(events, count > 1 ? { ...event, series: merged } : event, options);
    } else {
      try {
        await client.mergePatch(events, event.metadata, { series: merged }, options);
      } catch (error) {
        if (!(error instanceof NotFoundError)) throw error;
        // It has expired. A new one takes its place.
        const metadata = { ...event.metadata, name: `${event.metadata.name}.${count}` };
        series.event = { ...event, metadata };
        await client.create(events, { ...series.event, series: merged }, options);
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

function referenceTo(object: KubernetesObject | ObjectReference): ObjectReference {
  if (!("metadata" in object)) return object;
  const { apiVersion, kind, metadata } = object;
  const { namespace, name, uid } = metadata;
  return {
    ...(apiVersion && { apiVersion }),
    ...(kind && { kind }),
    ...(namespace && { namespace }),
    name,
    ...(uid && { uid }),
  };
}

/** At most 1024 bytes, cut at a character. */
function clip(note: string): string {
  if (Buffer.byteLength(note) <= MAX_NOTE) return note;
  const bytes = Buffer.from(note).subarray(0, MAX_NOTE - 3);
  return `${new TextDecoder().decode(bytes).replace(/\uFFFD$/, "")}…`;
}
