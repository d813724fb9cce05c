import type { Organization } from "../../crds/types.ts";
import type { User } from "../../identity/index.ts";
import { keyOf } from "../../kubernetes/index.ts";
import { heldRoles } from "../held-roles.ts";
import type { WebhookMetrics } from "../metrics.ts";
import type { Session } from "../sessions/session-token.ts";
import type { SessionCheck, SessionRefusal, SignedInSession } from "../sessions/sessions.ts";

/** An answer, ready to be sent again and again. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | number>>;
  readonly body: Buffer;
  /** Counts how often it was sent: whoever sends it raises `count`. */
  readonly tally: { count: number };
}

/** An answer on a session, and what it was made of: it holds for as long as both are the same objects. */
interface Made {
  readonly user: User;
  readonly organization: Organization;
  readonly answer: Answer;
}

/**
 * What a program, or a proxy that asks before each request, is told of a session: 200 with the person and their roles,
 * 401 with the reason, 403 where the question asks for more than they hold, 503 when nobody can say. Each answer is
 * made once, and again when the user or the organization has changed.
 */
export class SessionAnswers {
  readonly #metrics: WebhookMetrics;
  readonly #made = new WeakMap<Session, Made>();
  readonly #refusals = new Map<SessionRefusal, Answer>();
  readonly #stale: Answer;
  readonly #forbidden: Answer;
  /** Who was asked about the session doesn't answer. */
  readonly unavailable: Answer;

  constructor(metrics: WebhookMetrics) {
    this.#metrics = metrics;
    this.#stale = failure(503, "stale", metrics, { "Retry-After": 5 });
    this.#forbidden = failure(403, "forbidden", metrics);
    this.unavailable = failure(503, "unavailable", metrics, { "Retry-After": 5 });
  }

  /** @param url the question, of which the query says what has to be met */
  to(check: SessionCheck, url: string | undefined): Answer {
    switch (check.kind) {
      case "signed-in":
        return url?.includes("?") && !meets(check, url) ? this.#forbidden : this.#signedIn(check);
      case "refused":
        return this.#refusal(check.reason);
      case "stale":
        return this.#stale;
    }
  }

  #signedIn(check: SignedInSession): Answer {
    const { session, user, organization } = check;
    const made = this.#made.get(session);
    if (made && made.user === user && made.organization === organization) return made.answer;
    const answer = signedInAnswer(check, this.#metrics);
    this.#made.set(session, { user, organization, answer });
    return answer;
  }

  #refusal(reason: SessionRefusal): Answer {
    let answer = this.#refusals.get(reason);
    if (!answer) {
      // RFC 9110, section 15.5.2, wants a challenge; there is no registered scheme for cookies.
      const challenge = { "WWW-Authenticate": 'Cookie realm="okta-role-operator"' };
      answer = failure(401, reason, this.#metrics, challenge);
      this.#refusals.set(reason, answer);
    }
    return answer;
  }
}

/** Whether somebody is of the organization, and holds every role, that the question names. */
function meets({ user, organization }: SignedInSession, url: string): boolean {
  const wanted = new URLSearchParams(url.slice(url.indexOf("?")));
  const held = new Set(user.access?.grants.map(({ role }) => role));
  return (
    wanted.getAll("organization").every((key) => key === keyOf(organization)) &&
    wanted.getAll("role").every((role) => held.has(role))
  );
}

function signedInAnswer({ user, organization, expiresAt }: SignedInSession, metrics: WebhookMetrics): Answer {
  const roles = heldRoles(user, organization);
  const body = {
    user: { ref: user.ref, name: user.name, email: user.email },
    organization: { ref: keyOf(organization), displayName: organization.spec.displayName },
    roles,
    expires: new Date(expiresAt).toISOString(),
  };
  return answer(200, body, metrics.sessionChecks("signed-in"), {
    "X-Auth-Request-User": user.ref,
    "X-Auth-Request-Organization": keyOf(organization),
    "X-Auth-Request-Roles": [...new Set(roles.map(({ name }) => name))].join(","),
    ...(isPlain(user.email) ? { "X-Auth-Request-Email": user.email } : {}),
  });
}

/** Visible ASCII only: anything else could end a header, or mean something else to whoever reads it. */
function isPlain(value: string | undefined): value is string {
  return value !== undefined && /^[\x21-\x7e]+$/.test(value);
}

const MESSAGES = {
  "no-session": "Nobody is signed in.",
  "session-invalid": "The session wasn't made here, or its key is gone. Sign in again.",
  "session-expired": "The session has ended. Sign in again.",
  "session-ended": "The session was ended. Sign in again.",
  "account-unknown": "There is no such account any more.",
  "account-deactivated": "The account is deactivated.",
  "organization-unknown": "There is no such organization any more.",
  forbidden: "The account doesn't belong to this organization or doesn't hold this role.",
  stale: "The Kubernetes API can't be reached, so nobody knows whether this session still holds.",
  unavailable: "The Kubernetes API can't be reached, so nobody knows whether this session holds.",
} as const satisfies Record<SessionRefusal | "forbidden" | "stale" | "unavailable", string>;

function failure(
  status: number,
  code: keyof typeof MESSAGES,
  metrics: WebhookMetrics,
  headers: Record<string, string | number> = {},
): Answer {
  return answer(status, { code, message: MESSAGES[code] }, metrics.sessionChecks(code), headers);
}

function answer(
  status: number,
  content: unknown,
  tally: { count: number },
  headers: Record<string, string | number>,
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
