import type { IncomingMessage, ServerResponse } from "node:http";
import type { Organization } from "../../crds/types.ts";
import type { User } from "../../identity/index.ts";
import { keyOf } from "../../kubernetes/index.ts";
import type { WebhookMetrics } from "../metrics.ts";
import type { Session } from "../sessions/session-token.ts";
import type { SessionCheck, SessionRefusal, Sessions, SignedInSession } from "../sessions/sessions.ts";

export interface SessionDeps {
  readonly sessions: Pick<Sessions, "check" | "checkAgain">;
  readonly metrics: WebhookMetrics;
}

/** An answer, ready to be sent again and again. */
interface Answer {
  readonly status: number;
  readonly headers: Record<string, string | number>;
  readonly body: Buffer;
  readonly tally: { count: number };
}

interface Known {
  readonly user: User;
  readonly organization: Organization;
  readonly answer: Answer;
}

/**
 * GET /session - who is this? For programs, and for proxies that ask before each request (nginx `auth_request`,
 * Traefik `forwardAuth`): 200 with the person and their roles, 401 with the reason, 503 when nobody can say.
 * `organization=namespace/name` and `role=name` (each given role must be held) turn 200 into 403 where they
 * aren't met: who guards one organization's application has to name it.
 *
 * It runs before every request of somebody else's application. So it is a plain handler in front of all
 * middleware, never waits in the usual case, and sends answers that were made before.
 */
export function session({
  sessions,
  metrics,
}: SessionDeps): (req: IncomingMessage, res: ServerResponse) => void {
  const answers = new WeakMap<Session, Known>();
  const refusals = new Map<SessionRefusal, Answer>();
  const stale = failure(503, "stale", metrics, { "Retry-After": 5 });
  const unanswered = failure(503, "unavailable", metrics, { "Retry-After": 5 });
  const forbidden = failure(403, "forbidden", metrics);

  return (req, res) => {
    const check = sessions.check(req.headers.cookie);
    if (check.kind !== "refused" || check.behind === undefined) {
      send(res, answerTo(check, req.url));
      return;
    }
    sessions.checkAgain(req.headers.cookie, check).then(
      (second) => send(res, answerTo(second, req.url)),
      () => send(res, unanswered),
    );
  };

  function answerTo(check: SessionCheck, url: string | undefined): Answer {
    switch (check.kind) {
      case "signed-in":
        return url?.includes("?") && !meets(check, url) ? forbidden : signedIn(check);
      case "refused":
        return refusal(check.reason);
      case "stale":
        return stale;
    }
  }

  function signedIn(check: SignedInSession): Answer {
    const known = answers.get(check.session);
    if (known && known.user === check.user && known.organization === check.organization) return known.answer;
    const answer = signedInAnswer(check, metrics);
    answers.set(check.session, { user: check.user, organization: check.organization, answer });
    return answer;
  }

  function refusal(reason: SessionRefusal): Answer {
    let answer = refusals.get(reason);
    if (!answer) {
      // RFC 9110, section 15.5.2, wants a challenge; there is no registered scheme for cookies.
      answer = failure(401, reason, metrics, { "WWW-Authenticate": 'Cookie realm="okta-role-operator"' });
      refusals.set(reason, answer);
    }
    return answer;
  }
}

function send(res: ServerResponse, { status, headers, body, tally }: Answer): void {
  tally.count++;
  res.writeHead(status, headers);
  res.end(body);
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

/** What a user holds, each with its cause. */
export function heldRoles(
  user: User,
  organization: Organization,
): { name: string; displayName?: string; admin: boolean; mapping?: string; group?: string }[] {
  const catalogue = new Map(organization.spec.roles.map((role) => [role.name, role]));
  return (user.access?.grants ?? []).map(({ role, mapping, group }) => ({
    name: role,
    displayName: catalogue.get(role)?.displayName ?? role,
    admin: catalogue.get(role)?.admin === true,
    ...(mapping === undefined ? {} : { mapping }),
    ...(group === undefined ? {} : { group }),
  }));
}

function meets({ user, organization }: SignedInSession, url: string): boolean {
  const wanted = new URLSearchParams(url.slice(url.indexOf("?")));
  const held = new Set(user.access?.grants.map(({ role }) => role));
  return (
    wanted.getAll("organization").every((key) => key === keyOf(organization)) &&
    wanted.getAll("role").every((role) => held.has(role))
  );
}

function failure(status: number, code: string, metrics: WebhookMetrics, headers = {}): Answer {
  return answer(status, { code, message: MESSAGES[code] ?? "" }, metrics.sessionChecks(code), headers);
}

const MESSAGES: Readonly<Record<string, string>> = {
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
};

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

/** Visible ASCII only: anything else could end a header, or mean something else to whoever reads it. */
function isPlain(value: string | undefined): value is string {
  return value !== undefined && /^[\x21-\x7e]+$/.test(value);
}
