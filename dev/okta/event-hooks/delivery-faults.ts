import { z } from "zod";
import type { LogEvent } from "../directory/log-event.ts";
import type { Misbehaving } from "../faults.ts";

const fault = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("lost") }),
  /** Sent again, at once or later; the event's uuid is the same. */
  z.strictObject({ kind: z.literal("doubled"), afterMs: z.int().nonnegative().default(0) }),
  z.strictObject({ kind: z.literal("late"), milliseconds: z.int().nonnegative() }),
  /** This many are held back and then sent, the last one first. */
  z.strictObject({ kind: z.literal("reordered"), window: z.int().min(2) }),
]);

export const misdelivery = z.strictObject({
  fault,
  /** Default: all that a hook is subscribed to. */
  eventTypes: z.array(z.string()).optional(),
  /** How many events that it would concern go well first. */
  skip: z.int().nonnegative().default(0),
  /** How many it concerns; default: all, until stopped. */
  times: z.int().positive().default(Number.MAX_SAFE_INTEGER),
});

/** What goes wrong with events on their way to a hook. Okta promises to deliver at least once, in no order. */
export type Misdelivery = z.input<typeof misdelivery>;

interface Active {
  rule: z.output<typeof misdelivery>;
  seen: number;
  hits: number;
  /** What it holds back, in order. */
  held: Set<Held>;
}

interface Held {
  send: () => void;
  timer: NodeJS.Timeout | undefined;
}

export class DeliveryFaults {
  readonly #active = new Set<Active>();

  add(wanted: Misdelivery): Misbehaving {
    const active: Active = { rule: misdelivery.parse(wanted), seen: 0, hits: 0, held: new Set() };
    this.#active.add(active);
    return {
      get hits() {
        return active.hits;
      },
      stop: () => {
        this.#active.delete(active);
        release(active);
      },
    };
  }

  /** Ends all of them; what they hold back is sent. */
  clear(): void {
    for (const active of this.#active) release(active);
    this.#active.clear();
  }

  /** Ends all of them; what they hold back is lost. */
  drop(): void {
    for (const { held } of this.#active) for (const { timer } of held) clearTimeout(timer);
    this.#active.clear();
  }

  /** How many events wait for their time. Those that wait for others aren't among them. */
  get waiting(): number {
    const held = [...this.#active].flatMap((active) => [...active.held]);
    return held.filter(({ timer }) => timer !== undefined).length;
  }

  /** Sends the event as the faults would have it: not at all, later, twice. */
  pass(event: LogEvent, send: () => void): void {
    const active = this.#take(event);
    if (!active) {
      send();
      return;
    }
    const { fault } = active.rule;
    switch (fault.kind) {
      case "lost":
        break;
      case "doubled":
        send();
        if (fault.afterMs === 0) send();
        else hold(active, send, fault.afterMs);
        break;
      case "late":
        hold(active, send, fault.milliseconds);
        break;
      case "reordered":
        hold(active, send);
        if (active.held.size === fault.window) release(active);
        break;
    }
  }

  #take({ eventType }: LogEvent): Active | undefined {
    for (const active of this.#active) {
      const { times, skip, eventTypes } = active.rule;
      if (active.hits >= times || eventTypes?.includes(eventType) === false) continue;
      if (active.seen++ < skip) continue;
      active.hits++;
      return active;
    }
    return undefined;
  }
}

function hold(active: Active, send: () => void, milliseconds?: number): void {
  const held: Held = { send, timer: undefined };
  active.held.add(held);
  if (milliseconds === undefined) return;
  held.timer = setTimeout(() => {
    active.held.delete(held);
    send();
  }, milliseconds);
}

function release(active: Active): void {
  const held = [...active.held];
  active.held.clear();
  for (const { timer } of held) clearTimeout(timer);
  for (const { send } of active.rule.fault.kind === "reordered" ? held.reverse() : held) send();
}
