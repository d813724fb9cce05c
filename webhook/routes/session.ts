import type { IncomingMessage, ServerResponse } from "node:http";
import { type Answer, SessionAnswers } from "../door/session-answers.ts";
import type { WebhookMetrics } from "../metrics.ts";
import type { Sessions } from "../sessions/sessions.ts";

export interface SessionDeps {
  readonly sessions: Pick<Sessions, "check" | "checkAgain">;
  readonly metrics: WebhookMetrics;
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
  const answers = new SessionAnswers(metrics);
  return (req, res) => {
    const check = sessions.check(req.headers.cookie);
    if (check.kind !== "refused" || check.askFor === undefined) {
      send(res, answers.to(check, req.url));
      return;
    }
    sessions.checkAgain(req.headers.cookie, check).then(
      (second) => send(res, answers.to(second, req.url)),
      () => send(res, answers.unavailable),
    );
  };
}

function send(res: ServerResponse, { status, headers, body, tally }: Answer): void {
  tally.count++;
  res.writeHead(status, headers);
  res.end(body);
}
