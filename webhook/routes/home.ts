import type { RequestHandler } from "express";
import { keyOf } from "../../kubernetes/index.ts";
import { heldRoles } from "../held-roles.ts";
import { sendProblem } from "../http/problem.ts";
import { sendPage } from "../http/respond.ts";
import { sendSignedOut } from "../http/signed-out.ts";
import type { Organizations } from "../organizations.ts";
import { signedInPage } from "../pages/home.ts";
import type { Sessions } from "../sessions/sessions.ts";

export interface HomeDeps {
  readonly organizations: Organizations;
  readonly sessions: Pick<Sessions, "check" | "checkAgain">;
}

/**
 * GET / and GET /login/:path/me - who you are and which roles you hold, with the reason for each: by the most recent
 * sign-in, or at one organization. The latter is an address of ours also where `/` is an application's.
 */
export function home({ sessions, organizations }: HomeDeps): RequestHandler {
  return async (req, res) => {
    const { cookie } = req.headers;
    const { path } = req.params;
    const key = path === undefined ? undefined : keyOf(organizations.at(path));
    const check = await sessions.checkAgain(cookie, sessions.check(cookie, key), key);
    switch (check.kind) {
      case "signed-in": {
        const { user, organization, expiresAt } = check;
        const { displayName, loginPath } = organization.spec;
        const page = signedInPage({
          organization: displayName,
          name: user.name,
          email: user.email,
          roles: heldRoles(user, organization),
          expires: new Date(expiresAt).toISOString(),
          loginPath,
          isLost: req.query.address === "lost",
        });
        sendPage(req, res, 200, page);
        return;
      }
      case "refused": {
        if (check.clear.length > 0) res.setHeader("Set-Cookie", check.clear);
        sendSignedOut(req, res, path === undefined ? undefined : String(path));
        return;
      }
      case "stale":
        sendProblem(req, res, {
          status: 503,
          code: "stale",
          title: "Nobody can say whether you are signed in",
          text: "The place where accounts are kept doesn't answer. Try again in a moment.",
          link: { href: req.path, label: "Try again" },
          retryAfterS: 5,
        });
    }
  };
}
