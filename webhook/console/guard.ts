import type { Request, Response } from "express";
import type { Organization } from "../../crds/types.ts";
import { keyOf } from "../../kubernetes/index.ts";
import { askedAgainAt } from "../http/asked-again.ts";
import { isNavigation } from "../http/navigation.ts";
import { type Problem, sendProblem } from "../http/problem.ts";
import { redirect, sendPage, wantsJSON } from "../http/respond.ts";
import type { Organizations } from "../organizations.ts";
import { adminsOnlyPage } from "../pages/console/admins-only.ts";
import type { SessionCheck, Sessions } from "../sessions/sessions.ts";
import { locationReturnToQuery, readAddress } from "../sign-in/return-to.ts";
import { type Visitor, visitorOf } from "./visitor.ts";

/** Whom a page is for. Admins are those of the organization whose page it is. */
export type Audience = "everybody" | "admins";

/** Why somebody isn't let in, or no longer. */
export type Refusal =
  | Exclude<SessionCheck, { kind: "signed-in" }>
  | { readonly kind: "no-admin"; readonly visitor: Visitor };

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
    const organization = this.#deps.organizations.at(req.params.path);
    const check = await this.#check(req, organization);
    if (check.kind !== "signed-in") {
      this.turnAway(req, res, organization, check);
      return undefined;
    }
    const visitor = visitorOf(check);
    if (audience === "everybody" || visitor.isAdmin) return visitor;
    this.turnAway(req, res, organization, { kind: "no-admin", visitor });
    return undefined;
  }

  /** Why an admin who has come in may not go on by now: what they do takes a while, and much can end meanwhile. */
  async leaves(req: Request, { user, organization }: Visitor): Promise<Refusal | undefined> {
    const check = await this.#check(req, organization);
    if (check.kind !== "signed-in") return check;
    // The browser may have an older session of somebody else's.
    if (check.user.ref !== user.ref || check.user.uid !== user.uid)
      return { kind: "refused", reason: "session-ended", clear: [] };
    const visitor = visitorOf(check);
    return visitor.isAdmin ? undefined : { kind: "no-admin", visitor };
  }

  #check(req: Request, organization: Organization): Promise<SessionCheck> {
    const { sessions } = this.#deps;
    const { cookie } = req.headers;
    const key = keyOf(organization);
    return sessions.checkAgain(cookie, sessions.check(cookie, key), key);
  }

  /** Answers somebody who isn't let in. @param done what they had saved until they weren't any more */
  turnAway(
    req: Request,
    res: Response,
    organization: Organization,
    refusal: Refusal,
    done: readonly string[] = [],
  ): void {
    const { organizations } = this.#deps;
    const { displayName, loginPath } = organization.spec;
    const saved = done.length === 0 ? "Nothing was changed." : `Saved before that: ${done.join(", ")}.`;
    switch (refusal.kind) {
      case "no-admin":
        if (wantsJSON(req) || done.length > 0)
          sendProblem(req, res, {
            status: 403,
            code: "not-an-admin",
            title: "This is for administrators",
            text: `This page is for administrators of ${displayName}.${done.length === 0 ? "" : ` You are none any more. ${saved}`}`,
            organization: displayName,
          });
        else sendPage(req, res, 403, adminsOnlyPage(refusal.visitor));
        return;
      case "refused": {
        if (refusal.clear.length > 0) res.setHeader("Set-Cookie", [...refusal.clear]);
        const login = organizations.loginURI(organization);
        if (isNavigation(req.method, req.headers)) {
          const way = readAddress(req.originalUrl, organizations.origins);
          redirect(res, `${login}${locationReturnToQuery(way)}`);
        } else {
          sendProblem(req, res, {
            status: 401,
            code: refusal.reason,
            title: "You are not signed in any more",
            text: `${saved} Sign in, and do ${done.length === 0 ? "it again" : "the rest again"}.`,
            link: { href: `/login/${loginPath}`, label: "Sign in" },
            organization: displayName,
          });
        }
        return;
      }
      case "stale": {
        const problem = undecided(req);
        sendProblem(
          req,
          res,
          done.length === 0 ? problem : { ...problem, text: `${saved} Do the rest in a moment.` },
        );
        return;
      }
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
