import { type Clock, toTheSecond } from "../directory/clock.ts";
import type { Directory } from "../directory/directory.ts";
import type { LogEvent, LogParty } from "../directory/log-event.ts";
import { errors } from "../directory/okta-error.ts";
import { randomId } from "../directory/okta-ids.ts";
import { system } from "../directory/parties.ts";
import type { Misbehaving } from "../faults.ts";
import { parseSeed } from "../seed.ts";
import { Deliveries, type Delivery, type DeliverySettings } from "./deliveries.ts";
import { DeliveryFaults, type Misdelivery } from "./delivery-faults.ts";
import { type EventHook, type EventHookSeed, type EventHookSettings, eventHookSeed } from "./event-hook.ts";
import { OutboundCalls, reasonOf } from "./outbound-call.ts";
import { refusalToVerify } from "./verification.ts";

export interface EventHooksOptions {
  directory: Directory;
  /** The organization's URL. */
  base: string;
  settings: () => DeliverySettings & { timeoutMs: number };
  now: Clock;
}

const kept = 20_000;

/** Okta's event hooks: who is told of what, and the telling. Methods throw an OktaError as the API would answer. */
export class EventHooks implements Iterable<EventHook> {
  readonly #options: EventHooksOptions;
  readonly #hooks = new Map<string, { hook: EventHook; deliveries: Deliveries }>();
  readonly #calls: OutboundCalls;
  readonly #faults = new DeliveryFaults();
  readonly #waiting = new Set<() => void>();
  #sent: Delivery[] = [];

  constructor(options: EventHooksOptions) {
    this.#options = options;
    this.#calls = new OutboundCalls(() => options.settings().timeoutMs);
    options.directory.log.onEvent = (event) => this.#tell(event);
  }

  /** Every try of a delivery so far, the latest 20,000. */
  get sent(): readonly Delivery[] {
    return this.#sent;
  }

  /** Makes a hook. It is told nothing until it is verified. */
  add(seed: EventHookSeed, actor = system): EventHook {
    const { id = randomId("who"), ...settings } = parseSeed(eventHookSeed, seed);
    const { directory, base, settings: delivery, now } = this.#options;
    const time = toTheSecond(now());
    const hook: EventHook = {
      ...settings,
      id,
      created: time,
      createdBy: actor.id,
      lastUpdated: time,
      status: "ACTIVE",
      verificationStatus: "UNVERIFIED",
    };
    const deliveries = new Deliveries({
      hook,
      base,
      settings: delivery,
      now,
      calls: this.#calls,
      each: (made) => this.#keep(made),
      failed: (attempt) =>
        this.#recordFailure("event_hook.delivery", "Event hook delivery failed", hook, reasonOf(attempt)),
      idle: () => this.#wake(),
    });
    this.#hooks.set(id, { hook, deliveries });
    directory.record("event_hook.created", "Event hook created", actor, hookParty(hook));
    return hook;
  }

  /** @throws OktaError E0000007 when it isn't there */
  get(id: string): EventHook {
    const found = this.#hooks.get(id);
    if (!found) throw errors.notFound(id, "EventHook");
    return found.hook;
  }

  *[Symbol.iterator](): Iterator<EventHook> {
    for (const { hook } of this.#hooks.values()) yield hook;
  }

  /** Changes the hook's settings. It has to be verified again. */
  replace(id: string, settings: EventHookSettings, actor = system): EventHook {
    const hook = Object.assign(this.get(id), settings, { verificationStatus: "UNVERIFIED" } as const);
    return this.#changed(hook, "updated", actor);
  }

  /**
   * Asks the receiver for the value in x-okta-verification-challenge (Okta: "One-time verification request").
   * @throws OktaError E0000001 when it doesn't give it back
   */
  async verify(id: string, actor = system): Promise<EventHook> {
    const hook = this.get(id);
    const reason = await refusalToVerify(hook, this.#calls);
    if (reason !== undefined) {
      this.#recordFailure("event_hook.verified", "Event hook verified", hook, reason, actor);
      throw errors.validation("eventHook", `The event hook's endpoint couldn't be verified: ${reason}.`);
    }
    hook.verificationStatus = "VERIFIED";
    return this.#changed(hook, "verified", actor);
  }

  activate(id: string, actor = system): EventHook {
    const hook = this.get(id);
    hook.status = "ACTIVE";
    return this.#changed(hook, "activated", actor);
  }

  deactivate(id: string, actor = system): EventHook {
    const hook = this.get(id);
    hook.status = "INACTIVE";
    return this.#changed(hook, "deactivated", actor);
  }

  /** @throws OktaError E0000006 while it is active */
  delete(id: string, actor = system): void {
    const hook = this.get(id);
    if (hook.status === "ACTIVE") throw errors.accessDenied();
    this.#hooks.get(id)?.deliveries.drop();
    this.#hooks.delete(id);
    this.#options.directory.record("event_hook.deleted", "Event hook deleted", actor, hookParty(hook));
  }

  misdeliver(misdelivery: Misdelivery): Misbehaving {
    return this.#faults.add(misdelivery);
  }

  /** Ends all misdeliveries. */
  deliverWell(): void {
    this.#faults.clear();
  }

  /** Resolves once everything that has happened is delivered, or has failed to be. */
  async settled(): Promise<void> {
    while (!this.#isIdle()) await new Promise<void>((resolve) => this.#waiting.add(resolve));
  }

  async stop(): Promise<void> {
    this.#options.directory.log.onEvent = undefined;
    this.#faults.drop();
    for (const { deliveries } of this.#hooks.values()) deliveries.drop();
    await this.#calls.stop();
    this.#wake();
  }

  #tell(event: LogEvent): void {
    for (const { hook, deliveries } of this.#hooks.values())
      if (isTold(hook, event)) this.#faults.pass(event, () => deliveries.add(event));
  }

  #changed(hook: EventHook, what: string, actor: LogParty): EventHook {
    hook.lastUpdated = toTheSecond(this.#options.now());
    this.#options.directory.record(`event_hook.${what}`, `Event hook ${what}`, actor, hookParty(hook));
    return hook;
  }

  #recordFailure(eventType: string, displayMessage: string, hook: EventHook, reason: string, actor = system) {
    const outcome = { result: "FAILURE", reason } as const;
    this.#options.directory.log.append({
      eventType,
      displayMessage,
      actor,
      target: [hookParty(hook)],
      outcome,
    });
  }

  #keep(delivery: Delivery): void {
    this.#sent.push(delivery);
    if (this.#sent.length > kept) this.#sent = this.#sent.slice(kept / 10);
  }

  #isIdle(): boolean {
    return (
      this.#faults.waiting === 0 && [...this.#hooks.values()].every(({ deliveries }) => deliveries.isIdle)
    );
  }

  #wake(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const resolve of waiting) resolve();
  }
}

function isTold({ status, verificationStatus, events }: EventHook, { eventType }: LogEvent): boolean {
  return status === "ACTIVE" && verificationStatus === "VERIFIED" && events.includes(eventType);
}

function hookParty({ id, name }: EventHook): LogParty {
  return { id, type: "EventHook", alternateId: "unknown", displayName: name };
}
