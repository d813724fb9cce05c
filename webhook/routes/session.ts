import type { IncomingMessage, ServerResponse } from "node:http";
import { readRequirement } from "../door/requirement.ts";
import { type Answer, SessionAnswers } from "../door/session-answers.ts";
import type { WebhookMetrics } from "../metrics.ts";
import type { Organizations } from "../organizations.ts";
import type { SessionCheck, Sessions } from "../sessions/sessions.ts";

export interface SessionDeps {
  readonly sessions: Pick<Sessions, "check" | "checkAgain">;
  readonly organizations: Pick<Organizations, "named" | "find" | "loginURI">;
  readonly metrics: WebhookMetrics;
}

/**
 * GET /session - who is this? For programs, and for proxies that ask before each request (nginx `auth_request`,
 * Traefik `forwardAuth`). The query says what is required: `organization=namespace/name`, and `role=name` for each role.
 * The answer follows from that and from the cookie, and from nothing else that a client can send.
 *
 * It runs before every request of somebody else's application. So it is a plain handler in front of all
 * middleware, never waits in the usual case, and sends answers that were made before.
 */
export function session({
  sessions,
  organizations,
  metrics,
}: SessionDeps): (req: IncomingMessage, res: ServerResponse) => void {
  const answers = new SessionAnswers({
    metrics,
    organization: (key) => organizations.named(key),
    loginURI: (organization) =>
      // Of several that ask for one login path, only one is served there.
      organizations.find(organization.spec.loginPath) === organization
        ? organizations.loginURI(organization)
        : undefined,
  });
  return (req, res) => {
    const required = readRequirement(req.url ?? "");
    if (required.kind === "misunderstood") {
      send(res, answers.misunderstood(required));
      return;
    }
    const check = sessions.check(req.headers.cookie, required.organization);
    if (check.kind !== "refused" || check.askFor === undefined) {
      send(res, answers.to(check, required), check);
      return;
    }
    sessions.checkAgain(req.headers.cookie, check, required.organization).then(
      (second) => send(res, answers.to(second, required), second),
      () => send(res, answers.unavailable),
    );
  };
}

function send(res: ServerResponse, { status, headers, body, tally }: Answer, check?: SessionCheck): void {
  tally.count++;
  // So that the browser doesn't bring it again and again.
  if (check?.kind === "refused" && check.clear.length > 0) res.setHeader("Set-Cookie", check.clear);
  res.writeHead(status, headers);
  res.end(body);
}
