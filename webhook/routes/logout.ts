import type { Request, RequestHandler, Response } from "express";
import type { Logger } from "pino";
import type { Organization } from "../../crds/types.ts";
import { keyOf } from "../../kubernetes/index.ts";
import type { OidcClients } from "../../organizations/oidc-clients.ts";
import { formField } from "../http/form-field.ts";
import { redirect, requestID, sendJSON, sendPage, wantsJSON } from "../http/respond.ts";
import { sendSignedOut } from "../http/signed-out.ts";
import type { Organizations } from "../organizations.ts";
import { confirmSignOutPage, copiesMayCountPage, goingOnPage, signedOutHerePage } from "../pages/sign-out.ts";
import type { LogoutHint } from "../sessions/logout-hint.ts";
import { formatLogoutState, SIGNED_OUT, SIGNED_OUT_PATH } from "../sessions/logout-state.ts";
import type { Sessions } from "../sessions/sessions.ts";
import type { SignOuts } from "../sessions/sign-outs.ts";

export interface LogoutDeps {
  readonly organizations: Organizations;
  readonly sessions: Pick<Sessions, "check" | "end" | "of">;
  readonly signOuts: Pick<SignOuts, "end">;
  readonly okta: Pick<OidcClients, "endSessionURL">;
  readonly logoutHint: LogoutHint;
  readonly log: Logger;
}

/** GET /logout - asks. A link, an image or a prefetch must not sign anybody out. */
export function confirmLogout({ sessions }: Pick<LogoutDeps, "sessions">): RequestHandler {
  return (req, res) => {
    const check = sessions.check(req.headers.cookie);
    const spec = check.kind === "signed-in" ? check.organization.spec : undefined;
    const page = confirmSignOutPage(
      spec && {
        organization: spec.displayName,
        loginPath: spec.loginPath,
      },
    );
    sendPage(req, res, 200, page);
  };
}

/** GET /logout/done - where Okta sends people back to. An address of ours alone: `/` may be an application's. */
export function loggedOut(): RequestHandler {
  return (req, res) => sendSignedOut(req, res);
}

/**
 * POST /logout - ends the session here, and sends the browser to Okta to end it there (RP-initiated logout), so
 * that another account can sign in: by a page that goes on, since browsers hold redirects after a form against the page
 * that the form was on, and Okta may redirect to anywhere. Form fields: `organization` (its login path), whose session
 * ends, also for people who were refused and have none, or whose session has ended meanwhile; without it, all sessions
 * of this browser end, and the way leads to the Okta of the most recent one. And `again` to sign in once more
 * afterwards. Comes after `sameSiteOnly`.
 */
export function logout(deps: LogoutDeps): RequestHandler {
  const { sessions, signOuts, logoutHint } = deps;
  return async (req, res) => {
    const { cookie } = req.headers;
    const asked = named(deps, req);
    const check = sessions.check(cookie, asked && keyOf(asked));
    const isLocal = check.kind === "signed-in" && check.session.serviceAccount !== undefined;
    const organization = asked ?? (check.kind === "signed-in" ? check.organization : undefined);
    res.setHeader("Set-Cookie", [...sessions.end(cookie, asked), logoutHint.forget()]);
    const copiesCount = !(await signOuts.end(sessions.of(cookie, asked)));
    if (!organization && logoutHint.isKept(cookie) && !wantsJSON(req)) {
      // Somebody has signed in with Okta here, and it isn't known any more where.
      sendPage(req, res, 200, signedOutHerePage(undefined, { copiesCount }));
      return;
    }
    if (!organization || isLocal) {
      done(req, res, SIGNED_OUT, copiesCount);
      return;
    }
    const again = formField(req, "again") === "yes";
    const { loginPath } = organization.spec;
    // Without an ID token Okta doesn't sign out, but it asks whoever signs in next for their account.
    const url =
      (await endSessionURL(deps, organization, req, again)) ??
      (again && !wantsJSON(req) ? `/login/${loginPath}?prompt=login` : undefined);
    if (url !== undefined || wantsJSON(req)) done(req, res, url, copiesCount);
    else sendPage(req, res, 200, signedOutHerePage(loginPath, { copiesCount }));
  };
}

/** Undefined: Okta can't be told to end its session. What it answers without an ID token is an error. */
async function endSessionURL(
  { okta, organizations, logoutHint, log }: LogoutDeps,
  organization: Organization,
  req: Request,
  again: boolean,
): Promise<string | undefined> {
  const idTokenHint = logoutHint.read(req.headers.cookie, organization.spec.okta);
  if (idTokenHint === undefined) return undefined;
  try {
    return await okta.endSessionURL(organization, {
      postLogoutRedirectURI: `${organizations.origins.own}${SIGNED_OUT_PATH}`,
      state: formatLogoutState({ again, loginPath: organization.spec.loginPath }),
      idTokenHint,
    });
  } catch (error) {
    // The session here has ended all the same, and the page says that the one at Okta may not have.
    log.warn({ err: error, requestID: requestID(req) }, "Okta's logout address could not be found out.");
    return undefined;
  }
}

function done(req: Request, res: Response, url: string | undefined, copiesCount: boolean): void {
  if (wantsJSON(req)) {
    const warning = copiesCount ? { copiesMayCount: true } : {};
    sendJSON(res, 200, { signedOut: true, ...warning, ...(url === undefined ? {} : { continueAt: url }) });
  } else if (copiesCount) sendPage(req, res, 200, copiesMayCountPage(url ?? SIGNED_OUT));
  else if (url === undefined || url === SIGNED_OUT) redirect(res, SIGNED_OUT);
  else sendPage(req, res, 200, goingOnPage(url));
}

function named({ organizations }: LogoutDeps, req: Request): Organization | undefined {
  return organizations.find(formField(req, "organization"));
}
