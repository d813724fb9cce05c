import type { Request, Response } from "express";
import { keyOf } from "../../kubernetes/index.ts";
import { askedAgainAt } from "../http/asked-again.ts";
import { isNavigation } from "../http/navigation.ts";
import { type Problem, sendProblem } from "../http/problem.ts";
import { redirect, sendPage, wantsJSON } from "../http/respond.ts";
import type { Organizations } from "../organizations.ts";
import { adminsOnlyPage } from "../pages/console/admins-only.ts";
import type { Sessions } from "../sessions/sessions.ts";
import { locationReturnToQuery, readAddress } from "../sign-in/return-to.ts";
import { type Visitor, visitorOf } from "./visitor.ts";

/** Whom a page is for. Admins are those of the organization whose page it is. */
export type Audience = "everybody" | "admins";

export interface GuardDeps {
  readonly organizations: Pick<Organizations, "at" | "loginURI" | "origins">;
  readonly sessions: Pick<Sessions, "check" | "checkAgain">;
}

/**
 * Stands before every page of an organization. Who comes in follows from the session of that very organization, judged
 * at this very request, and from what the account holds at this moment: an admin role that has gone counts no more.
 */
export class Guard {
  readonly #deps: GuardDeps;

  constructor(deps: GuardDeps) {
    this.#deps = deps;
  }

  /**
   * The visitor; undefined when the request has been answered: somebody who isn't signed in goes to sign in and comes back
   * to this address, and who isn't an admin is told so, whatever the page would have shown.
   * @throws UnknownOrganizationError, NamespaceUnreadableError
   */
  async enter(req: Request, res: Response, audience: Audience): Promise<Visitor | undefined> {
    const { organizations, sessions } = this.#deps;
    const { cookie } = req.headers;
    const organization = organizations.at(req.params.path);
    const key = keyOf(organization);
    const check = await sessions.checkAgain(cookie, sessions.check(cookie, key), key);
    switch (check.kind) {
      case "signed-in": {
        const visitor = visitorOf(check);
        if (audience === "everybody" || visitor.isAdmin) return visitor;
        if (wantsJSON(req))
          sendProblem(req, res, {
            status: 403,
            code: "not-an-admin",
            title: "This is for administrators",
            text: `This page is for administrators of ${visitor.organization.spec.displayName}.`,
          });
        else sendPage(req, res, 403, adminsOnlyPage(visitor));
        return undefined;
      }
      case "refused": {
        if (check.clear.length > 0) res.setHeader("Set-Cookie", [...check.clear]);
        const login = organizations.loginURI(organization);
        if (isNavigation(req.method, req.headers)) {
          const way = readAddress(req.originalUrl, organizations.origins);
          redirect(res, `${login}${locationReturnToQuery(way)}`);
        } else {
          const { displayName, loginPath } = organization.spec;
          sendProblem(req, res, {
            status: 401,
            code: check.reason,
            title: "You are not signed in any more",
            text: "Nothing was changed. Sign in, and do it again.",
            link: { href: `/login/${loginPath}`, label: "Sign in" },
            organization: displayName,
          });
        }
        return undefined;
      }
      case "stale":
        sendProblem(req, res, undecided(req));
        return undefined;
    }
  }
}

/** This replica hasn't heard for too long of what may have been revoked. */
export function undecided(req: Request): Problem {
  const href = askedAgainAt(req);
  const about = {
    status: 503,
    code: "stale",
    title: "Nobody can say whether you are signed in",
    retryAfterS: 5,
  };
  const why = "The place where accounts are kept doesn't answer";
  return href === undefined
    ? { ...about, text: `${why}, so nothing was changed. Go back, and do it again in a moment.` }
    : { ...about, text: `${why}. Try again in a moment.`, link: { href, label: "Try again" } };
}
