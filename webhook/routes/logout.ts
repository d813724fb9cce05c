import type { Request, RequestHandler, Response } from "express";
import type { Logger } from "pino";
import type { Organization } from "../../crds/types.ts";
import { keyOf } from "../../kubernetes/index.ts";
import type { OidcClients } from "../../organizations/oidc-clients.ts";
import { undecided } from "../console/guard.ts";
import { formField } from "../http/form-field.ts";
import { sendProblem } from "../http/problem.ts";
import { redirect, requestID, sendJSON, sendPage, wantsJSON } from "../http/respond.ts";
import type { Organizations } from "../organizations.ts";
import {
  confirmSignOutPage,
  copiesMayCountPage,
  goingOnPage,
  signedOutHerePage,
  signedOutPage,
  stillSignedInPage,
} from "../pages/sign-out.ts";
import { startPage } from "../pages/start.ts";
import type { LogoutHint } from "../sessions/logout-hint.ts";
import {
  formatLogoutState,
  parseLogoutState,
  SIGNED_OUT,
  SIGNED_OUT_PATH,
} from "../sessions/logout-state.ts";
import type { SignedInSession } from "../sessions/session-judgement.ts";
import type { SessionCheck, Sessions } from "../sessions/sessions.ts";
import type { SignOuts } from "../sessions/sign-outs.ts";

export interface LogoutDeps {
  readonly organizations: Organizations;
  readonly sessions: Pick<Sessions, "check" | "checkAgain" | "end" | "everywhere" | "lookForKeys" | "of">;
  readonly signOuts: Pick<SignOuts, "end">;
  readonly okta: Pick<OidcClients, "endSessionURL">;
  readonly logoutHint: LogoutHint;
  readonly log: Logger;
}

/** GET /logout - asks. A link, an image or a prefetch must not sign anybody out. */
export function confirmLogout({
  sessions,
  logoutHint,
}: Pick<LogoutDeps, "sessions" | "logoutHint">): RequestHandler {
  return (req, res) => {
    const { cookie } = req.headers;
    const check = sessions.check(cookie);
    if (check.kind !== "signed-in") {
      const atOkta = logoutHint.isKept(cookie) ? "goes on" : "none";
      sendPage(req, res, 200, confirmSignOutPage({ atOkta }));
      return;
    }
    const { displayName, loginPath, okta } = check.organization.spec;
    const canEnd = logoutHint.read(cookie, okta) !== undefined;
    const mayBe = logoutHint.isKept(cookie) || !isLocal(check);
    const atOkta = canEnd ? "ends" : mayBe ? "goes on" : "none";
    sendPage(req, res, 200, confirmSignOutPage({ from: { organization: displayName, loginPath }, atOkta }));
  };
}

/**
 * GET /logout/done - where Okta sends people back to. An address of ours alone: `/` may be an application's. Anybody can
 * have written its query, so that what it says is what is true of this browser.
 */
export function loggedOut({
  sessions,
  organizations,
  logoutHint,
}: Pick<LogoutDeps, "sessions" | "organizations" | "logoutHint">): RequestHandler {
  return async (req, res) => {
    const { cookie } = req.headers;
    const state = parseLogoutState(req.query.state);
    if (state?.again) {
      redirect(res, `/login/${state.loginPath}?prompt=login`);
      return;
    }
    const left = organizations.find(state?.loginPath);
    const key = left && keyOf(left);
    const check = await sessions.checkAgain(cookie, sessions.check(cookie, key), key);
    if (check.kind === "stale") {
      sendProblem(req, res, { ...undecided(req), link: { href: req.originalUrl, label: "Try again" } });
      return;
    }
    const signedInAt = sessions.everywhere(cookie).map(({ organization }) => organization);
    // A sign-out at Okta forgets the token that it was done with.
    const isAtOkta = left ? logoutHint.read(cookie, left.spec.okta) : logoutHint.isKept(cookie);
    if (left ? check.kind === "signed-in" : signedInAt.length > 0)
      sendPage(req, res, 200, stillSignedInPage(signedInAt));
    else if (state && isAtOkta) sendPage(req, res, 200, signedOutHerePage(state.loginPath, { signedInAt }));
    else if (state?.loginPath !== undefined)
      sendPage(req, res, 200, signedOutPage(state.loginPath, signedInAt));
    else sendPage(req, res, 200, startPage({ justNow: state !== undefined }));
  };
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
    const isAllKnown = await lookedForKeys(deps, req, asked);
    const check = sessions.check(cookie, asked && keyOf(asked));
    const organization = asked ?? (check.kind === "signed-in" ? check.organization : undefined);
    const isKept = logoutHint.isKept(cookie);
    // The token of another organization's Okta is for the day its session ends.
    const isOthers = isKept && asked && logoutHint.read(cookie, asked.spec.okta) === undefined;
    res.setHeader("Set-Cookie", [...sessions.end(cookie, asked), ...(isOthers ? [] : [logoutHint.forget()])]);
    const isEnded = await signOuts.end(sessions.of(cookie, asked));
    const copiesCount = !(isEnded && isAllKnown);
    const signedInAt = asked ? signedInBeside(asked, sessions.everywhere(cookie)) : [];
    const next = organization && (await nextOf(deps, organization, req));
    // Who has come in past Okta may have signed in with it before: then the token is kept.
    const mayBeAtOkta = isKept || (organization !== undefined && !isLocal(check));
    if (!next && !mayBeAtOkta) done(req, res, { continueAt: SIGNED_OUT }, copiesCount);
    else if (next || wantsJSON(req)) done(req, res, next, copiesCount);
    else
      sendPage(req, res, 200, signedOutHerePage(organization?.spec.loginPath, { copiesCount, signedInAt }));
  };
}

/** Whether all sessions that this browser has can be read here, and so be ended. */
async function lookedForKeys(
  { sessions, log }: LogoutDeps,
  req: Request,
  organization: Organization | undefined,
): Promise<boolean> {
  try {
    return await sessions.lookForKeys(req.headers.cookie, organization);
  } catch (error) {
    // The cookie leaves this browser all the same, and the page says that a copy of it may count.
    log.warn(
      { err: error, requestID: requestID(req) },
      "The key of a session that ends could not be looked for.",
    );
    return false;
  }
}

/** Where the browser goes on to after a sign-out. */
interface Next {
  readonly continueAt: string;
  /** It is signed out already, and goes to sign in once more. */
  readonly toSignIn?: true;
}

/** Undefined: there is nowhere to go, and a session at Okta, if there is one, goes on. */
async function nextOf(deps: LogoutDeps, organization: Organization, req: Request): Promise<Next | undefined> {
  const again = formField(req, "again") === "yes";
  const continueAt = await endSessionURL(deps, organization, req, again);
  if (continueAt !== undefined) return { continueAt };
  // Without an ID token Okta doesn't sign out, but it asks whoever signs in next for their account.
  if (!again || wantsJSON(req)) return undefined;
  return { continueAt: `/login/${organization.spec.loginPath}?prompt=login`, toSignIn: true };
}

function isLocal(check: SessionCheck): boolean {
  return check.kind === "signed-in" && check.session.serviceAccount !== undefined;
}

function signedInBeside({ metadata }: Organization, everywhere: readonly SignedInSession[]): Organization[] {
  return everywhere
    .map(({ organization }) => organization)
    .filter((organization) => organization.metadata.uid !== metadata.uid);
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

function done(req: Request, res: Response, next: Next | undefined, copiesCount: boolean): void {
  const { continueAt = SIGNED_OUT, toSignIn } = next ?? {};
  if (wantsJSON(req)) {
    const warning = copiesCount ? { copiesMayCount: true } : {};
    sendJSON(res, 200, { signedOut: true, ...warning, ...(next && { continueAt }) });
  } else if (copiesCount) sendPage(req, res, 200, copiesMayCountPage(continueAt, { toSignIn }));
  else if (continueAt === SIGNED_OUT) redirect(res, SIGNED_OUT);
  else sendPage(req, res, 200, goingOnPage(continueAt));
}

function named({ organizations }: LogoutDeps, req: Request): Organization | undefined {
  return organizations.find(formField(req, "organization"));
}
