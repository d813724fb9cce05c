import { randomUUID } from "node:crypto";
import type { Clock } from "./clock.ts";
import { type LogEntry, type LogEvent, logEvent, type StoredEvent } from "./log-event.ts";
import { errors } from "./okta-error.ts";

export interface LogQuery {
  since?: number | undefined;
  until?: number | undefined;
  after?: string | undefined;
  order: "ASCENDING" | "DESCENDING";
  limit: number;
  matches: (event: LogEvent) => boolean;
}

interface Page {
  events: LogEvent[];
  /** The cursor of the next page. */
  next: string | undefined;
}

const capacity = 200_000;
/** What is older isn't returned any more, whoever asks for it (Okta: "System Log query", data retention). */
const retentionMs = 90 * 24 * 3600 * 1000;

/** Okta's System Log: what happened, in order, with cursors that miss nothing. */
export class SystemLog {
  /** Is told of every event when it is written. */
  onEvent: ((event: LogEvent) => void) | undefined;
  readonly #now: Clock;
  #stored: StoredEvent[] = [];
  #next = 1;

  constructor(now: Clock) {
    this.#now = now;
  }

  /** Every event, oldest first. */
  get events(): readonly LogEvent[] {
    return this.#stored.map(logEvent);
  }

  append(entry: LogEntry): void {
    const stored = { position: this.#next++, time: this.#now(), uuid: randomUUID(), entry };
    this.#stored.push(stored);
    if (this.#stored.length > capacity) this.#stored = this.#stored.slice(capacity / 10);
    this.onEvent?.(logEvent(stored));
  }

  /**
   * One page. An ascending read without `until` is a polling query, any other one is bounded.
   * @throws OktaError E0000001 when the cursor isn't one
   */
  read(query: LogQuery): Page {
    const isPolling = query.order === "ASCENDING" && query.until === undefined;
    return isPolling ? this.#poll(query) : this.#bounded(query);
  }

  /**
   * Goes by when events came into the log, so that it misses none that came late. There is always a next page, which
   * goes on where this one has ended (Okta: "System Log query", polling requests).
   */
  #poll({ since, after, limit, matches }: LogQuery): Page {
    const kept = this.#now() - retentionMs;
    const from = Math.max(since ?? kept, kept);
    const events: LogEvent[] = [];
    let last = after === undefined ? undefined : positionOf(after);
    for (let index = this.#indexAfter(last ?? 0); index < this.#stored.length; index++) {
      const stored = this.#stored[index];
      if (!stored || stored.time < from) continue;
      last ??= stored.position - 1;
      if (events.length === limit) return { events, next: cursor(last) };
      last = stored.position;
      const event = logEvent(stored);
      if (matches(event)) events.push(event);
    }
    return { events, next: cursor(last ?? this.#next - 1) };
  }

  /** Goes by when events happened, and is in that order. It has a next page only while there is more. */
  #bounded({ since, until, after, order, limit, matches }: LogQuery): Page {
    const kept = this.#now() - retentionMs;
    const inTime = this.#stored.filter(
      (stored) =>
        happened(stored) >= Math.max(since ?? kept, kept) &&
        (until === undefined || happened(stored) < until),
    );
    const sorted = inTime.sort((a, b) => happened(a) - happened(b) || a.position - b.position);
    if (order === "DESCENDING") sorted.reverse();
    const start = after === undefined ? undefined : positionOf(after);
    const first = start === undefined ? 0 : sorted.findIndex(({ position }) => position === start) + 1;
    const found: StoredEvent[] = [];
    for (const stored of sorted.slice(first)) {
      if (matches(logEvent(stored))) found.push(stored);
      if (found.length > limit) break;
    }
    const page = found.slice(0, limit);
    const last = page.at(-1);
    return {
      events: page.map(logEvent),
      next: last && found.length > page.length ? cursor(last.position) : undefined,
    };
  }

  /** The index of the first event after this position. */
  #indexAfter(position: number): number {
    const first = this.#stored[0]?.position ?? this.#next;
    return Math.max(0, position + 1 - first);
  }
}

function happened({ time, entry }: StoredEvent): number {
  return entry.published ?? time;
}

function cursor(position: number): string {
  return Buffer.from(`p_${position}`).toString("base64url");
}

function positionOf(after: string): number {
  const match = /^p_(\d+)$/.exec(Buffer.from(after, "base64url").toString());
  if (!match)
    throw errors.validation("after", "after: not a cursor of this log; follow the next link as it is");
  return Number(match[1]);
}
