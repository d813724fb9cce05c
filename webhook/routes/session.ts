import type { IncomingMessage, ServerResponse } from "node:http";
import type { Door } from "../door/door.ts";
import { readRequirement } from "../door/requirement.ts";
import { sendAnswer } from "../door/session-answers.ts";

/**
 * GET /session - who is this? For programs, and for proxies that ask before each request. The query says what is
 * required: `organization=namespace/name`, and `role=name` for each role. The answer follows from that and from the
 * cookie, and from nothing else that a client can send.
 *
 * It runs before every request of somebody else's application. So it is a plain handler in front of all
 * middleware, never waits in the usual case, and sends answers that were made before.
 */
export function session(door: Door): (req: IncomingMessage, res: ServerResponse) => void {
  const { answers } = door;
  return (req, res) => {
    const required = readRequirement(req.url ?? "");
    if (required.kind === "misunderstood") sendAnswer(res, answers.misunderstood(required), []);
    else
      door.ask(req.headers.cookie, required, (verdict, clear) => sendAnswer(res, answers.to(verdict), clear));
  };
}
