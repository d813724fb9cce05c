import type { Request, RequestHandler, Response } from "express";
import { Admissions } from "../door/admissions.ts";
import type { Door } from "../door/door.ts";
import { isQuestion, type Misunderstood, type Question, readQuestion } from "../door/requirement.ts";
import { sendAnswer } from "../door/session-answers.ts";
import type { Admitted, Verdict } from "../door/verdicts.ts";
import { forwardedWay } from "../door/way-back.ts";
import { isNavigation } from "../http/navigation.ts";
import { redirect, sendPage } from "../http/respond.ts";
import type { WebhookMetrics } from "../metrics.ts";
import type { Organizations } from "../organizations.ts";
import { forbiddenPage, UNDECIDED_PAGE } from "../pages/closed-door.ts";
import type { SessionKeys } from "../sessions/session-keys.ts";
import { locationReturnToQuery } from "../sign-in/return-to.ts";

export interface AuthDeps {
  readonly organizations: Pick<Organizations, "wayIn" | "origins">;
  readonly keys: Pick<SessionKeys, "assertionKeys">;
  readonly metrics: WebhookMetrics;
}

/**
 * /auth - may this request pass? For proxies that ask before each request of an application: nginx `auth_request`, Traefik
 * `forwardAuth`, Caddy `forward_auth`, HAProxy, Envoy `ext_authz`. 200 lets it pass, with headers that say whose it is.
 *
 * Who comes in follows from the cookie and the question alone. Only how a refusal looks depends on more: a person who goes
 * somewhere gets a page, or is sent to sign in, and everybody else gets JSON. Every method is answered alike, since some
 * proxies ask by that of the request. It stands in front of all routing: the address is what it is, undecoded.
 */
export function auth(door: Door, { organizations, keys, metrics }: AuthDeps): RequestHandler {
  const { answers } = door;
  const { origins } = organizations;
  const { host: ownHost } = new URL(origins.own);
  const admissions = new Admissions({ keys, metrics, issuer: origins.own });

  return (req, res, next) => {
    if (!isQuestion(req.url)) {
      next();
      return;
    }
    const question = known(readQuestion(req.url));
    if (question.kind === "misunderstood") sendAnswer(res, answers.misunderstood(question), []);
    else
      door.ask(req.headers.cookie, question, (verdict, clear) => {
        if (verdict.kind === "admitted")
          sendAnswer(res, admissions.of(verdict, question.host ?? ownHost), clear);
        else refuse(req, res, question, verdict, clear);
      });
  };

  /** An application that this webhook doesn't know of isn't guarded by it. */
  function known(question: Question | Misunderstood): Question | Misunderstood {
    if (question.kind === "misunderstood" || question.host === undefined || origins.ofHost(question.host))
      return question;
    const message = "This host isn't the webhook's own: leave host out, or name it in --application-hosts.";
    return { kind: "misunderstood", parameter: "host", message };
  }

  function refuse(
    req: Request,
    res: Response,
    question: Question,
    verdict: Exclude<Verdict, Admitted>,
    clear: readonly string[],
  ): void {
    const answer = answers.to(verdict);
    const isElsewhere = question.host !== undefined && question.host !== ownHost;
    const page = pageOf(verdict, isElsewhere ? origins.own : "");
    const login = wayInOf(question, verdict);
    if (!goesSomewhere(req) || (page === undefined && login === undefined)) {
      sendAnswer(res, answer, clear);
      return;
    }
    answer.tally.count++;
    if (clear.length > 0) res.setHeader("Set-Cookie", [...clear]);
    if (page) {
      const { "Retry-After": retryAfter } = answer.headers;
      if (retryAfter !== undefined) res.setHeader("Retry-After", retryAfter);
      sendPage(req, res, answer.status, page);
    } else redirect(res, `${login}${locationReturnToQuery(forwardedWay(question, req.headers, origins))}`);
  }

  /** Where to sign in, where somebody is to be sent there. */
  function wayInOf({ redirects }: Question, verdict: Verdict): string | undefined {
    if (!redirects || verdict.kind !== "refused" || !verdict.organization) return undefined;
    return organizations.wayIn(verdict.organization);
  }
}

/** Some proxies ask by GET about every request, and say by which method that was. */
function goesSomewhere({ method, headers }: Request): boolean {
  const { "x-forwarded-method": forwarded = method } = headers;
  return forwarded === "GET" && isNavigation(method, headers);
}

/** @param own where the webhook's pages are, unless it is at the very host that is asked for */
function pageOf(verdict: Exclude<Verdict, Admitted>, own: string) {
  switch (verdict.kind) {
    case "forbidden":
      return forbiddenPage(verdict.missing, verdict.organization, { own, isLocal: verdict.isLocal });
    case "stale":
    case "unavailable":
      return UNDECIDED_PAGE;
    case "refused":
      return undefined;
  }
}
