import type { WebhookMetrics } from "../metrics.ts";
import type { Organizations } from "../organizations.ts";
import type { SessionCheck, Sessions } from "../sessions/sessions.ts";
import type { Requirement } from "./requirement.ts";
import { SessionAnswers } from "./session-answers.ts";
import { type Verdict, Verdicts } from "./verdicts.ts";

export interface DoorDeps {
  readonly sessions: Pick<Sessions, "check" | "checkAgain">;
  readonly organizations: Pick<Organizations, "named" | "wayIn">;
  /** Whether the API server refuses us what sessions are judged by in this namespace, and not just all of them. */
  readonly isRefused: (namespace: string) => boolean;
  readonly metrics: WebhookMetrics;
}

/**
 * Takes a verdict.
 * @param clear Set-Cookie headers that remove what will never be good again, so that the browser doesn't bring it each time
 */
export type OnVerdict = (verdict: Verdict, clear: readonly string[]) => void;

/**
 * The one place where requests of others are decided on, whoever asks. What is decided follows from the cookie and from
 * what is required, and from nothing else that a client can send.
 */
export class Door {
  readonly answers: SessionAnswers;
  readonly #sessions: DoorDeps["sessions"];
  readonly #verdicts: Verdicts;

  constructor({ sessions, organizations, isRefused, metrics }: DoorDeps) {
    this.#sessions = sessions;
    this.#verdicts = new Verdicts((key) => organizations.named(key));
    this.answers = new SessionAnswers({
      metrics,
      loginURI: (organization) => organizations.wayIn(organization),
      isRefused,
    });
  }

  /** Decides, at once in the usual case. */
  ask(cookieHeader: string | undefined, required: Requirement, onVerdict: OnVerdict): void {
    const check = this.#sessions.check(cookieHeader, required.organization);
    if (check.kind !== "refused" || check.askFor === undefined) {
      onVerdict(this.#verdicts.of(check, required), clearOf(check));
      return;
    }
    this.#sessions.checkAgain(cookieHeader, check, required.organization).then(
      (second) => onVerdict(this.#verdicts.of(second, required), clearOf(second)),
      () => onVerdict({ kind: "unavailable" }, []),
    );
  }
}

function clearOf(check: SessionCheck): readonly string[] {
  return check.kind === "refused" ? check.clear : [];
}
