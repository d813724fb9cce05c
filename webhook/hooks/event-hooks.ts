import { LRUCache } from "lru-cache";
import type { Logger } from "pino";
import type { Organization } from "../../crds/types.ts";
import type { EventSink } from "../../identity/index.ts";
import { type KubernetesError, keyOf, letOthersRun } from "../../kubernetes/index.ts";
import type { Delivery } from "../../okta/events/event-hook.ts";
import type { Hint } from "../../okta/events/hint.ts";
import { hintsOfEvent } from "../../okta/events/hints-of-event.ts";
import type { Heard } from "../../organizations/hints.ts";
import type { HintsWriter } from "../../organizations/hints-writer.ts";
import type { WebhookMetrics } from "../metrics.ts";

export interface EventHooksDeps {
  readonly hints: Pick<HintsWriter, "heard">;
  /** Those of them that are about anybody or anything here. */
  readonly concerned: (hints: readonly Hint[], organization: Organization) => Promise<readonly Hint[]>;
  readonly metrics: Pick<WebhookMetrics, "hookCalls" | "hookEvents">;
  readonly events: EventSink;
  readonly log: Logger;
  /** A clock that never goes back, ms. */
  readonly now?: () => number;
}

type Call = NonNullable<Heard["eventHook"]>;

/** How often it is noted by each replica that the hook was called, where nothing else is to be noted. */
const CALL_EACH_MS = 60_000;
/** Okta verifies once, and what was noted since then may have been so by another replica: what is stored tells whether it is new. */
const VERIFIED_EACH_MS = 1_000;

/** Organizations come and go. */
const MOST_NOTED = 10_000;

/** What becomes of the calls of event hooks: hints for the operator, and when there was one last. */
export class EventHooks {
  readonly #deps: EventHooksDeps;
  readonly #now: () => number;
  /** When a call was last noted, by what it was and whose. */
  readonly #noted = new LRUCache<string, number>({ max: MOST_NOTED });

  constructor(deps: EventHooksDeps) {
    this.#deps = deps;
    this.#now = deps.now ?? (() => performance.now());
  }

  /**
   * Notes what a delivery says to look at again. It is stored when the promise resolves. What concerns nobody here costs
   * no write.
   * @throws what writing hints throws: then Okta has to deliver it again
   */
  async delivered(organization: Organization, { events, unreadable }: Delivery): Promise<void> {
    const { hints: writer, concerned, metrics } = this.#deps;
    const key = keyOf(organization);
    const hints: Hint[] = [];
    for (const event of events) {
      await letOthersRun();
      const mine = await concerned(hintsOfEvent(event), organization);
      metrics.hookEvents.inc({ organization: key, outcome: mine.length === 0 ? "foreign" : "concerned" });
      for (const hint of mine) hints.push(hint);
    }
    if (unreadable > 0) metrics.hookEvents.inc({ organization: key, outcome: "unreadable" }, unreadable);
    // Without a directory nobody could look.
    if (hints.length === 0 || !organization.spec.okta.directory) {
      this.called(organization, "called");
      return;
    }
    metrics.hookCalls.inc({ organization: key, outcome: "called" });
    try {
      await writer.heard(organization, { hints, eventHook: "called" });
    } catch (error) {
      metrics.hookCalls.inc({ organization: key, outcome: "failed" });
      throw error;
    }
  }

  /** Counts a call of somebody who sends no secret at all: that isn't Okta's. */
  uninvited(organization: Organization): void {
    this.#deps.metrics.hookCalls.inc({ organization: keyOf(organization), outcome: "refused" });
  }

  /**
   * Counts a call of which nobody can say whether it is Okta's, and tells why on the organization: what is delivered until
   * that is put right is delivered in vain.
   */
  unreadable(organization: Organization, { message }: KubernetesError): void {
    const key = keyOf(organization);
    this.#deps.metrics.hookCalls.inc({ organization: key, outcome: "unreadable" });
    if (!this.#isNews(`unreadable ${key}`)) return;
    const { namespace, name = "", uid } = organization.metadata;
    this.#deps.events.record({
      regarding: {
        apiVersion: "rolemapping.dev/v1alpha1",
        kind: "Organization",
        metadata: { ...(namespace && { namespace }), name, ...(uid && { uid }) },
      },
      type: "Warning",
      reason: "EventHookSecretUnreadable",
      action: "Compare",
      note: `Okta's event hook is called and answered in vain (503), since its secret isn't known. ${message}`,
    });
  }

  /** Counts and notes that the hook was called, without keeping anybody waiting: it tells no more than how the hook is. */
  called(organization: Organization, call: Call): void {
    const key = keyOf(organization);
    this.#deps.metrics.hookCalls.inc({ organization: key, outcome: call });
    // At another login path it is another address, and of another organization of that name nothing is noted yet.
    const at = `${key} ${organization.metadata.uid} ${organization.spec.loginPath}`;
    if (!this.#isNews(`${call} ${at}`, call === "verified" ? VERIFIED_EACH_MS : CALL_EACH_MS)) return;
    // The next right secret is news again.
    if (call === "refused") for (const right of ["verified", "called"]) this.#noted.delete(`${right} ${at}`);
    this.#deps.hints.heard(organization, { eventHook: call }).catch((error: unknown) => {
      this.#noted.delete(`${call} ${at}`);
      this.#deps.log.warn(
        { err: error, organization: key },
        "It could not be noted that Okta's event hook called.",
      );
    });
  }

  /** Whether it is so long since this was noted last; then it counts as noted now. */
  #isNews(what: string, eachMs = CALL_EACH_MS): boolean {
    const now = this.#now();
    if (now - (this.#noted.get(what) ?? Number.NEGATIVE_INFINITY) < eachMs) return false;
    this.#noted.set(what, now);
    return true;
  }
}
