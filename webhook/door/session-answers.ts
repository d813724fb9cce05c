import type { ServerResponse } from "node:http";
import type { Organization } from "../../crds/types.ts";
import { keyOf } from "../../kubernetes/index.ts";
import { CHALLENGE } from "../http/challenge.ts";
import type { WebhookMetrics } from "../metrics.ts";
import type { SessionRefusal } from "../sessions/session-judgement.ts";
import type { Misunderstood } from "./requirement.ts";
import type { Admitted, Missing, Verdict } from "./verdicts.ts";

/** An answer, ready to be sent again and again. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | number>>;
  readonly body: Buffer;
  /** Counts how often it was sent: whoever sends it raises `count`. */
  readonly tally: { count: number };
}

/** @param clear Set-Cookie headers */
export function sendAnswer(
  res: ServerResponse,
  { status, headers, body, tally }: Answer,
  clear: readonly string[],
): void {
  tally.count++;
  if (clear.length > 0) res.setHeader("Set-Cookie", clear);
  res.writeHead(status, headers);
  res.end(body);
}

export interface SessionAnswersOptions {
  readonly metrics: WebhookMetrics;
  /** Where people sign in at an organization, if they can. */
  readonly loginURI: (organization: Organization) => string | undefined;
  /** Whether the API server refuses this namespace alone, so that nothing else is wrong with it. */
  readonly isRefused: (namespace: string) => boolean;
}

/**
 * What a program is told of a session: 200 with the person and their roles, 401 with the reason and the way in, 403 where
 * more is required than they hold, 400 where what is required isn't understood, 503 when nobody can say. A 200 is made
 * once, and again when the user or the organization has changed.
 */
export class SessionAnswers {
  readonly #options: SessionAnswersOptions;
  readonly #made = new WeakMap<Admitted, Answer>();
  readonly #stale: Answer;
  readonly #unreadable: Answer;
  readonly #unavailable: Answer;

  constructor(options: SessionAnswersOptions) {
    this.#options = options;
    this.#stale = this.#failure(503, "stale", {}, { "Retry-After": 5 });
    this.#unreadable = this.#failure(503, "namespace-unreadable", {}, { "Retry-After": 5 });
    this.#unavailable = this.#failure(503, "unavailable", {}, { "Retry-After": 5 });
  }

  misunderstood({ parameter, message }: Misunderstood): Answer {
    const code = "requirement-misunderstood";
    const shown = parameter === undefined ? {} : { parameter: parameter.slice(0, MOST_SHOWN) };
    return answer(400, { code, ...shown, message }, this.#options.metrics.sessionChecks(code), {
      "X-Content-Type-Options": "nosniff", // it repeats what came
    });
  }

  to(verdict: Verdict): Answer {
    switch (verdict.kind) {
      case "admitted":
        return this.#admitted(verdict);
      case "refused":
        return this.#refusal(verdict.reason, verdict.organization);
      case "forbidden":
        return this.#forbidden(verdict.missing);
      case "stale":
        return this.#options.isRefused(verdict.namespace) ? this.#unreadable : this.#stale;
      case "unavailable":
        return this.#unavailable;
    }
  }

  #admitted(admitted: Admitted): Answer {
    let made = this.#made.get(admitted);
    if (!made) {
      made = signedInAnswer(admitted, this.#options.metrics);
      this.#made.set(admitted, made);
    }
    return made;
  }

  #refusal(reason: SessionRefusal, organization: Organization | undefined): Answer {
    const login = organization && this.#options.loginURI(organization);
    const way = login === undefined ? {} : { login };
    return this.#failure(401, reason, way, { "WWW-Authenticate": CHALLENGE });
  }

  #forbidden(missing: Missing): Answer {
    return this.#failure(403, "organization" in missing ? "organization-missing" : "forbidden", { missing });
  }

  #failure(
    status: number,
    code: keyof typeof MESSAGES,
    more: object = {},
    headers: Record<string, string | number> = {},
  ): Answer {
    const content = { code, message: MESSAGES[code], ...more };
    return answer(status, content, this.#options.metrics.sessionChecks(code), headers);
  }
}

/** Characters of a parameter's name that an answer repeats. */
const MOST_SHOWN = 64;

function signedInAnswer(
  { user, organization, roles, expiresAt, headers }: Admitted,
  metrics: WebhookMetrics,
): Answer {
  const body = {
    user: { ref: user.ref, name: user.name, email: user.email },
    organization: { ref: keyOf(organization), displayName: organization.spec.displayName },
    roles,
    expires: new Date(expiresAt).toISOString(),
  };
  return answer(200, body, metrics.sessionChecks("signed-in"), headers);
}

const MESSAGES = {
  "no-session": "Nobody is signed in.",
  "session-invalid": "The session wasn't made here, or its key is gone. Sign in again.",
  "session-expired": "The session has ended. Sign in again.",
  "session-ended": "The session was ended. Sign in again.",
  "account-unknown": "There is no such account any more.",
  "account-deactivated": "The account is deactivated.",
  "organization-unknown": "There is no such organization any more.",
  forbidden: "The account doesn't hold every role that is required here.",
  "organization-missing":
    "The organization that is required here doesn't exist: whoever guards this has to name another.",
  stale: "The Kubernetes API can't be reached, so nobody knows whether this session still holds.",
  "namespace-unreadable":
    "The namespace of its organization can't be read, so nobody knows whether this session still holds.",
  unavailable: "The Kubernetes API can't be reached, so nobody knows whether this session holds.",
} as const satisfies Record<string, string> & Record<SessionRefusal, string>;

function answer(
  status: number,
  content: unknown,
  tally: { count: number },
  headers: Record<string, string | number> = {},
): Answer {
  const body = Buffer.from(JSON.stringify(content));
  return {
    status,
    body,
    tally,
    headers: {
      "Content-Type": "application/json",
      "Content-Length": body.length,
      "Cache-Control": "no-store",
      ...headers,
    },
  };
}
