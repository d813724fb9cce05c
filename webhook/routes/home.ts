import type { RequestHandler } from "express";
import { explain, inWords, type Policies } from "../../identity/index.ts";
import { keyOf } from "../../kubernetes/index.ts";
import { circumstancesOf } from "../../organizations/circumstances.ts";
import { undecided } from "../console/guard.ts";
import { visitorOf } from "../console/visitor.ts";
import { sendProblem } from "../http/problem.ts";
import { redirect, sendPage } from "../http/respond.ts";
import type { Organizations } from "../organizations.ts";
import { myAccessPage } from "../pages/console/my-access.ts";
import { startPage } from "../pages/start.ts";
import { parseLogoutState, SIGNED_OUT_PATH } from "../sessions/logout-state.ts";
import type { Sessions } from "../sessions/sessions.ts";
import type { RememberedOrganization } from "../sign-in/remembered-organization.ts";

export interface HomeDeps {
  readonly organizations: Organizations;
  readonly sessions: Pick<Sessions, "check" | "checkAgain" | "everywhere">;
  readonly remembered: RememberedOrganization;
  readonly policies: Pick<Policies, "of">;
}

/**
 * GET / and GET /login/:path/me - who you are and which roles you hold, with the reason for each: by the most recent
 * sign-in, or at one organization. The latter is an address of ours also where `/` is an application's. Who isn't signed in
 * is asked at `/` which organization is theirs.
 */
export function home({ sessions, organizations, remembered, policies }: HomeDeps): RequestHandler {
  return async (req, res) => {
    const { cookie } = req.headers;
    const { path } = req.params;
    const { organization: entered } = req.query;
    if (path === undefined && typeof entered === "string") {
      // As people copy it: with its address, or in capitals.
      const written = entered.trim().toLowerCase().replace(/\/+$/, "").split("/").at(-1) ?? "";
      const found = organizations.find(written);
      if (found) redirect(res, organizations.loginURI(found));
      else sendPage(req, res, 404, startPage({ justNow: false, unknown: entered.slice(0, 63) }));
      return;
    }
    const key = path === undefined ? undefined : keyOf(organizations.at(path));
    const check = await sessions.checkAgain(cookie, sessions.check(cookie, key), key);
    switch (check.kind) {
      case "signed-in": {
        const others = sessions
          .everywhere(cookie)
          .map(({ organization }) => organization)
          .filter(({ metadata }) => metadata.uid !== check.organization.metadata.uid);
        const { user, organization } = check;
        const explanation = explain({ user }, circumstancesOf(organization, policies));
        const why = inWords(explanation, { audience: "self", organization: organization.spec.displayName });
        const isLost = req.query.address === "lost";
        sendPage(req, res, 200, myAccessPage(visitorOf(check), { why, others, isLost }));
        return;
      }
      case "refused": {
        if (check.clear.length > 0) res.setHeader("Set-Cookie", [...check.clear]);
        if (path === undefined && parseLogoutState(req.query.state)) {
          // Where apps in Okta still have the sign-out address of 0.1.0.
          redirect(res, `${SIGNED_OUT_PATH}?${new URLSearchParams({ state: String(req.query.state) })}`);
          return;
        }
        const last = organizations.find(remembered.read(cookie))?.spec;
        const at = path === undefined ? undefined : String(path);
        sendPage(req, res, 200, startPage({ justNow: false, at, remembered: last }));
        return;
      }
      case "stale":
        sendProblem(req, res, undecided(req));
    }
  };
}
