import { randomUUID } from "node:crypto";
import type { Clock } from "../directory/clock.ts";
import type { LogEvent } from "../directory/log-event.ts";
import type { EventHook } from "./event-hook.ts";
import { headersOf } from "./hook-headers.ts";
import { type Attempt, type OutboundCalls, succeeded } from "./outbound-call.ts";

/** A try of a delivery. */
export interface Delivery extends Omit<Attempt, "body" | "cause"> {
  readonly hook: string;
  readonly eventId: string;
  /** The uuids of the events in it. */
  readonly events: readonly string[];
}

export interface DeliverySettings {
  /** Events that one request holds at most, and requests to one hook at a time. One at a time keeps their order. */
  batch: number;
  atOnce: number;
}

export interface DeliveriesOptions {
  hook: EventHook;
  /** The organization's URL. */
  base: string;
  calls: OutboundCalls;
  settings: () => DeliverySettings;
  now: Clock;
  each: (delivery: Delivery) => void;
  /** Neither the first try nor the second one succeeded. */
  failed: (attempt: Attempt) => void;
  /** Nothing is left to deliver. */
  idle: () => void;
}

/** The events on their way to one hook. What happens in one go, or during a request, goes out together. */
export class Deliveries {
  readonly #options: DeliveriesOptions;
  #queue: LogEvent[] = [];
  #running = 0;
  #scheduled = false;

  constructor(options: DeliveriesOptions) {
    this.#options = options;
  }

  get isIdle(): boolean {
    return this.#queue.length === 0 && this.#running === 0;
  }

  add(event: LogEvent): void {
    this.#queue.push(event);
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#send();
    });
  }

  /** Forgets what isn't sent yet. */
  drop(): void {
    this.#queue = [];
  }

  #send(): void {
    const { settings, idle } = this.#options;
    const { atOnce, batch } = settings();
    while (this.#running < atOnce && this.#queue.length > 0) {
      this.#running++;
      void this.#deliver(this.#queue.splice(0, batch)).finally(() => {
        this.#running--;
        this.#send();
      });
    }
    if (this.isIdle) idle();
  }

  async #deliver(events: readonly LogEvent[]): Promise<void> {
    const { hook, base, calls, now, each, failed } = this.#options;
    const eventId = randomUUID();
    const body = {
      eventType: "com.okta.event_hook",
      eventTypeVersion: "1.0",
      cloudEventsVersion: "0.1",
      source: `${base}/api/v1/eventHooks/${hook.id}`,
      eventId,
      data: { events },
      eventTime: new Date(now()).toISOString(),
      contentType: "application/json",
    };
    const headers = { ...headersOf(hook), "content-type": "application/json" };
    const uuids = events.map(({ uuid }) => uuid);
    const last = await calls.call(
      { method: "POST", url: hook.uri, headers, body: JSON.stringify(body) },
      ({ time, tookMs, outcome }) => each({ hook: hook.id, eventId, events: uuids, time, tookMs, outcome }),
    );
    if (!succeeded(last) && !calls.stopped) failed(last);
  }
}
