import type { RequestHandler } from "express";
import { heldRoles } from "../held-roles.ts";
import { sendProblem } from "../http/problem.ts";
import { originOf, redirect, sendPage } from "../http/respond.ts";
import { signedInPage, signedOutPage } from "../pages/home.ts";
import { parseLogoutState } from "../sessions/logout-state.ts";
import type { Sessions } from "../sessions/sessions.ts";

export interface HomeDeps {
  readonly sessions: Pick<Sessions, "check" | "checkAgain">;
}

/** GET / - who you are and which roles you hold, with the reason for each. Okta also sends people here after a logout. */
export function home({ sessions }: HomeDeps): RequestHandler {
  return async (req, res) => {
    const { cookie } = req.headers;
    const check = await sessions.checkAgain(cookie, sessions.check(cookie));
    switch (check.kind) {
      case "signed-in": {
        const { user, organization, expiresAt } = check;
        const { displayName, okta, loginPath } = organization.spec;
        const page = signedInPage({
          organization: displayName,
          name: user.name,
          email: user.email,
          roles: heldRoles(user, organization),
          expires: new Date(expiresAt).toISOString(),
          issuerOrigin: originOf(okta.issuer),
          loginPath,
        });
        sendPage(req, res, 200, page);
        return;
      }
      case "refused": {
        if (check.clear.length > 0) res.setHeader("Set-Cookie", check.clear);
        const state = parseLogoutState(req.query.state);
        if (state?.again) redirect(res, `/login/${state.loginPath}?prompt=login`);
        else sendPage(req, res, 200, signedOutPage({ justNow: state !== undefined, left: state?.loginPath }));
        return;
      }
      case "stale":
        sendProblem(req, res, {
          status: 503,
          code: "stale",
          title: "Nobody can say whether you are signed in",
          text: "The place where accounts are kept doesn't answer. Try again in a moment.",
          link: { href: "/", label: "Try again" },
          retryAfterS: 5,
        });
    }
  };
}
