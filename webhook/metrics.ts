import { Counter, Histogram, type Registry } from "prom-client";
import { dropSeries } from "../organizations/gone-series.ts";

/** How a sign-in ended. */
export type LoginOutcome = "admitted" | "refused" | "failed";

/** What the webhook counts. Labels are bounded: organizations are objects, reasons are constants. */
export class WebhookMetrics {
  readonly logins: Counter<"organization" | "outcome" | "reason">;
  readonly loginSeconds: Histogram<"outcome">;
  readonly provisioningSeconds: Histogram<"outcome">;
  readonly coalesced: Counter;
  readonly hookCalls: Counter<"organization" | "outcome">;
  readonly hookEvents: Counter<"organization" | "outcome">;
  /** Plain numbers, read when somebody asks: counting must not slow the session check down. */
  readonly #sessionChecks = new Map<string, { count: number }>();

  constructor(registry: Registry) {
    const registers = [registry];
    this.logins = new Counter({
      name: "okta_role_logins_total",
      help: "Sign-ins that ended, here or on the way to Okta, by outcome (admitted, refused, failed) and reason; local ones are among them.",
      labelNames: ["organization", "outcome", "reason"],
      registers,
    });
    this.loginSeconds = new Histogram({
      name: "okta_role_login_duration_seconds",
      help: "Time from a person's return from Okta to our answer.",
      labelNames: ["outcome"],
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers,
    });
    this.provisioningSeconds = new Histogram({
      name: "okta_role_provisioning_duration_seconds",
      help: "The store's part of a sign-in with Okta: deciding and writing the account, by outcome as of sign-ins.",
      labelNames: ["outcome"],
      buckets: [0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers,
    });
    this.coalesced = new Counter({
      name: "okta_role_status_writes_coalesced_total",
      help: "Statuses that were not written because a later one took their place first.",
      registers,
    });
    this.hookCalls = new Counter({
      name: "okta_role_event_hook_calls_total",
      help: "Calls of Okta's event hook by outcome: verified, called (with the right secret), refused (with a wrong one); failed: of the called, what could not be stored; unreadable: the secret could not be read, so that nobody can say.",
      labelNames: ["organization", "outcome"],
      registers,
    });
    this.hookEvents = new Counter({
      name: "okta_role_event_hook_events_total",
      help: "Events that Okta's event hook has told of, by whether they concern anybody here: concerned, foreign, unreadable.",
      labelNames: ["organization", "outcome"],
      registers,
    });
    const checks = this.#sessionChecks;
    new Counter({
      name: "okta_role_session_checks_total",
      help: "Session checks by outcome: signed-in, or the code of the answer: forbidden, stale, the reason of a refusal.",
      labelNames: ["outcome"],
      registers,
      collect() {
        this.reset();
        for (const [outcome, { count }] of checks) this.inc({ outcome }, count);
      },
    });
  }

  /** The tally of one outcome of session checks: raise its `count`. Get it once and keep it. */
  sessionChecks(outcome: string): { count: number } {
    let tally = this.#sessionChecks.get(outcome);
    if (!tally) {
      tally = { count: 0 };
      this.#sessionChecks.set(outcome, tally);
    }
    return tally;
  }

  /**
   * Begins an organization's counters of what alerts look for the first time: in Prometheus, a counter that comes
   * into being with its first event has not increased.
   */
  knows(organization: string): void {
    for (const reason of ["ClaimInvalid", "ClaimNotSetUp", "ClaimLost", "TooManyGroups"])
      this.logins.inc({ organization, outcome: "refused", reason }, 0);
    this.hookEvents.inc({ organization, outcome: "concerned" }, 0);
  }

  /** Ends them when it is deleted. @param isGone whether it still is */
  forgets(organization: string, isGone: () => boolean): Promise<void> {
    return dropSeries([this.logins, this.hookCalls, this.hookEvents], [], organization, isGone);
  }

  login(organization: string, outcome: LoginOutcome, reason: string): void {
    this.logins.inc({ organization, outcome, reason });
  }
}
