import type { Organization } from "../../crds/types.ts";
import type { User } from "../../identity/index.ts";
import { keyOf } from "../../kubernetes/index.ts";
import { heldRoles } from "../held-roles.ts";
import { CHALLENGE } from "../http/challenge.ts";
import type { WebhookMetrics } from "../metrics.ts";
import type { SessionRefusal, SignedInSession } from "../sessions/session-judgement.ts";
import type { Session } from "../sessions/session-token.ts";
import type { SessionCheck } from "../sessions/sessions.ts";
import { identityHeaders } from "./identity-headers.ts";
import type { Misunderstood, Requirement } from "./requirement.ts";

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
  readonly held: ReadonlySet<string>;
  readonly answer: Answer;
}

export interface SessionAnswersOptions {
  readonly metrics: WebhookMetrics;
  /** By "namespace/name". */
  readonly organization: (key: string) => Organization | undefined;
  /** Where people sign in at an organization, if they can. */
  readonly loginURI: (organization: Organization) => string | undefined;
}

/**
 * What a program, or a proxy that asks before each request, is told of a session: 200 with the person and their roles,
 * 401 with the reason and the way in, 403 where more is required than they hold, 400 where what is required isn't
 * understood, 503 when nobody can say. A 200 is made once, and again when the user or the organization has changed.
 */
export class SessionAnswers {
  readonly #options: SessionAnswersOptions;
  readonly #made = new WeakMap<Session, Made>();
  readonly #stale: Answer;
  /** Who was asked about the session doesn't answer. */
  readonly unavailable: Answer;

  constructor(options: SessionAnswersOptions) {
    this.#options = options;
    this.#stale = this.#failure(503, "stale", {}, { "Retry-After": 5 });
    this.unavailable = this.#failure(503, "unavailable", {}, { "Retry-After": 5 });
  }

  misunderstood({ parameter, message }: Misunderstood): Answer {
    const code = "requirement-misunderstood";
    const shown = parameter === undefined ? {} : { parameter: parameter.slice(0, MOST_SHOWN) };
    return answer(400, { code, ...shown, message }, this.#options.metrics.sessionChecks(code), {
      "X-Content-Type-Options": "nosniff", // it repeats what came
    });
  }

  to(check: SessionCheck, required: Requirement): Answer {
    const { organization: key } = required;
    const organization = key === undefined ? undefined : this.#options.organization(key);
    // Signing in wouldn't help: whoever sent people there would send them again and again.
    if (key !== undefined && !organization && check.kind !== "stale")
      return this.#forbidden({ organization: key });
    switch (check.kind) {
      case "signed-in": {
        const { held, answer } = this.#signedIn(check);
        const missing = required.roles.filter((role) => !held.has(role));
        return missing.length > 0 ? this.#forbidden({ roles: missing }) : answer;
      }
      case "refused":
        return this.#refusal(check.reason, organization);
      case "stale":
        return this.#stale;
    }
  }

  #signedIn(check: SignedInSession): Made {
    const { session, user, organization } = check;
    const known = this.#made.get(session);
    if (known && known.user === user && known.organization === organization) return known;
    const held = new Set(user.access?.grants.map(({ role }) => role));
    const made = { user, organization, held, answer: signedInAnswer(check, this.#options.metrics) };
    this.#made.set(session, made);
    return made;
  }

  #refusal(reason: SessionRefusal, organization: Organization | undefined): Answer {
    const login = organization && this.#options.loginURI(organization);
    const way = login === undefined ? {} : { login };
    return this.#failure(401, reason, way, { "WWW-Authenticate": CHALLENGE });
  }

  #forbidden(missing: { readonly organization: string } | { readonly roles: readonly string[] }): Answer {
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

function signedInAnswer({ user, organization, expiresAt }: SignedInSession, metrics: WebhookMetrics): Answer {
  const roles = heldRoles(user, organization);
  const body = {
    user: { ref: user.ref, name: user.name, email: user.email },
    organization: { ref: keyOf(organization), displayName: organization.spec.displayName },
    roles,
    expires: new Date(expiresAt).toISOString(),
  };
  const headers = identityHeaders({
    user: user.ref,
    email: user.email,
    organization: keyOf(organization),
    roles: [...new Set(roles.map(({ name }) => name))],
  });
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
