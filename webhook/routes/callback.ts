import type { Request, RequestHandler, Response } from "express";
import type { Logger } from "pino";
import type { Organization } from "../../crds/types.ts";
import { groupLabel, noAccessInWords } from "../../identity/index.ts";
import { keyOf } from "../../kubernetes/index.ts";
import {
  CodeRejectedError,
  LoginExpiredError,
  SettingsChangedError,
  StateMismatchError,
} from "../../okta/oidc/login-errors.ts";
import type { SignedIn } from "../../okta/oidc/oidc.ts";
import type { LoginProof } from "../../okta/oidc/transaction.ts";
import { maxAgeMs } from "../../organizations/max-age.ts";
import type { OidcClients } from "../../organizations/oidc-clients.ts";
import { headerRoom } from "../http/header-room.ts";
import { sendProblem } from "../http/problem.ts";
import { groupsProblem, problemOf } from "../http/problem-of-error.ts";
import { redirect, requestID, sendJSON, sendPage, wantsJSON } from "../http/respond.ts";
import { setWayBack, wayBack } from "../http/way-back.ts";
import type { WebhookMetrics } from "../metrics.ts";
import type { Organizations } from "../organizations.ts";
import { refusedPage } from "../pages/refused.ts";
import type { LogoutHint } from "../sessions/logout-hint.ts";
import { beganBefore } from "../sessions/session-token.ts";
import type { Sessions } from "../sessions/sessions.ts";
import type { BrowserCookie } from "../sign-in/browser-cookie.ts";
import type { ConcurrencyLimit } from "../sign-in/concurrency-limit.ts";
import type { Done, DoneCookie, Refused } from "../sign-in/done-cookie.ts";
import type { LoginStarts } from "../sign-in/login-starts.ts";
import {
  LOGIN_TIMEOUT_MS,
  type LoginStates,
  type OpenedLogin,
  settingsDigest,
} from "../sign-in/login-states.ts";
import type { OktaSignIns, SignInResult } from "../sign-in/okta-sign-ins.ts";
import { Redemptions } from "../sign-in/redemptions.ts";
import { absolute, NO_WAY, readAddress, type Way } from "../sign-in/return-to.ts";
import type { WayCookie } from "../sign-in/way-cookie.ts";

export interface CallbackDeps {
  readonly organizations: Organizations;
  readonly okta: Pick<OidcClients, "finishLogin">;
  readonly states: LoginStates;
  readonly browsers: BrowserCookie;
  readonly starts: LoginStarts;
  readonly ways: WayCookie;
  readonly done: DoneCookie;
  readonly oktaSignIns: Pick<OktaSignIns, "complete">;
  readonly sessions: Pick<Sessions, "start" | "end" | "check">;
  readonly logoutHint: LogoutHint;
  readonly concurrency: ConcurrencyLimit;
  readonly metrics: WebhookMetrics;
  readonly log: Logger;
}

/** While tabs are being opened the browser's cookie changes until all of them have been answered. */
const MOST_RESTARTS = 5;

/** What Okta says, and what follows from it. */
interface Outcome {
  readonly signedIn: SignedIn;
  readonly result: SignInResult;
}

/** A sign-in that has come back to the browser that began it. */
interface Returned {
  readonly organization: Organization;
  readonly pending: OpenedLogin;
  readonly proof: LoginProof;
  readonly browser: string;
  readonly way: Way;
}

/** GET /callback/:path - the browser comes back from Okta: verifies everything, and signs in or refuses. */
export function callback(deps: CallbackDeps): RequestHandler {
  const { organizations, metrics, log } = deps;
  const redemptions = new Redemptions<Outcome>();
  return async (req, res) => {
    const start = performance.now();
    const organization = organizations.at(req.params.path);
    const key = keyOf(organization);
    try {
      const returned = await found(deps, organization, req, res);
      if (returned === undefined) return; // it has begun anew
      const outcome = await finish(deps, redemptions, returned, req, res);
      if (outcome === undefined) return; // it was finished before
      metrics.login(key, outcome.outcome, outcome.reason);
      metrics.loginSeconds.observe({ outcome: outcome.outcome }, (performance.now() - start) / 1000);
    } catch (error) {
      const problem = problemOf(error, organization, wayBack(req));
      metrics.login(key, "failed", problem.code);
      metrics.loginSeconds.observe({ outcome: "failed" }, (performance.now() - start) / 1000);
      const level = problem.status >= 500 ? "warn" : "info";
      log[level]({ err: error, organization: key, requestID: requestID(req) }, "A sign-in failed.");
      sendProblem(req, res, problem);
    }
  };
}

/**
 * The sign-in that comes back, if this browser has begun it here. Where it began as another one's, as tabs do that were
 * opened all at once before there was a cookie, it begins anew, a few times at the most: whoever follows a link of
 * somebody else's gets no further by that than to a sign-in of their own.
 * @returns undefined when the browser was sent to Okta again
 * @throws StateMismatchError, and what beginning a sign-in throws
 */
async function found(
  { states, browsers, ways, starts, concurrency, organizations }: CallbackDeps,
  organization: Organization,
  req: Request,
  res: Response,
): Promise<Returned | undefined> {
  const { cookie } = req.headers;
  const { state } = req.query;
  const browser = browsers.read(cookie);
  const pending = typeof state === "string" ? states.open(browser, state) : undefined;
  // The state of a sign-in at another organization is as good as none (OAuth mix-up).
  if (!pending || pending.organizationID !== organization.metadata.uid || typeof state !== "string")
    throw new StateMismatchError();
  const address = pending.path ?? ways.read(cookie, state);
  const way = address === undefined ? NO_WAY : readAddress(address, organizations.origins);
  setWayBack(req, way);
  if (browser !== undefined && pending.proof !== undefined)
    return { organization, pending, proof: pending.proof, browser, way };

  const isOver = Date.now() - pending.createdAt > LOGIN_TIMEOUT_MS;
  if (browser === undefined || pending.restarts >= MOST_RESTARTS || isOver) throw new StateMismatchError();
  const { url } = await concurrency.run(keyOf(organization), () =>
    starts.begin(organization, cookie, { way, restarts: pending.restarts + 1 }),
  );
  redirect(res, url);
  return undefined;
}

/** @returns undefined when it had come to an end before: then that is what the browser gets once more */
async function finish(
  deps: CallbackDeps,
  redemptions: Redemptions<Outcome>,
  returned: Returned,
  req: Request,
  res: Response,
): Promise<{ outcome: "admitted" | "refused"; reason: string } | undefined> {
  const { organization, pending, proof, browser, way } = returned;
  const { done, sessions, ways, okta, oktaSignIns, concurrency, organizations } = deps;
  const { cookie } = req.headers;
  const key = keyOf(organization);
  const { loginPath } = organization.spec;

  const before = done.read(cookie, browser, proof.state);
  if (before) {
    sendAgain(deps, before, returned, req, res);
    return undefined;
  }
  if (req.query.code === undefined && req.query.error === undefined) {
    // Where `again` leads: the code was redeemed before, and what came of it is what this browser has.
    const check = sessions.check(cookie, key);
    if (check.kind !== "signed-in" || beganBefore(check.session, pending.createdAt))
      throw new LoginExpiredError();
    res.setHeader("Set-Cookie", ways.forget(cookie, proof.state, loginPath));
    redirect(res, destination(organizations, organization, way));
    return undefined;
  }
  const again = `/callback/${loginPath}?state=${encodeURIComponent(proof.state)}`;
  const redeem = async (): Promise<Outcome> => {
    const signedIn = await okta.finishLogin(organization, {
      callbackURL: `${organizations.callbackURI(organization)}${queryOf(req.originalUrl)}`,
      transaction: transactionOf(organizations, returned),
    });
    if (signedIn.unread)
      deps.log.warn(
        { err: signedIn.unread, organization: key, requestID: requestID(req) },
        "The email address of somebody who signs in could not be read: what is stored stays.",
      );
    return { signedIn, result: await oktaSignIns.complete(key, signedIn) };
  };
  let redeemed: Awaited<ReturnType<typeof redemptions.redeem>>;
  try {
    redeemed = await redemptions.redeem(proof.state, () => concurrency.run(key, redeem));
  } catch (error) {
    // Perhaps another replica has redeemed it for this very browser.
    if (!(error instanceof CodeRejectedError) || wantsJSON(req)) throw error;
    deps.log.info({ err: error, organization: key, requestID: requestID(req) }, "A code was refused.");
  }
  if (redeemed === undefined) {
    redirect(res, again);
    return undefined;
  }
  const answered = answer(deps, returned, redeemed.result, again, req, res);
  return redeemed.isFirst ? answered : undefined;
}

/** @throws LoginExpiredError, SettingsChangedError */
function transactionOf(organizations: Organizations, { organization, pending, proof }: Returned) {
  const { issuer, clientID } = organization.spec.okta;
  const { createdAt, settings } = pending;
  if (Date.now() - createdAt > LOGIN_TIMEOUT_MS) throw new LoginExpiredError();
  if (settings !== settingsDigest({ issuer, clientID })) throw new SettingsChangedError();
  const redirectURI = organizations.callbackURI(organization);
  return { issuer, clientID, redirectURI, returnTo: "", ...proof, createdAt };
}

function answer(
  deps: CallbackDeps,
  returned: Returned,
  { signedIn: { person, idToken }, result }: Outcome,
  again: string,
  req: Request,
  res: Response,
): { outcome: "admitted" | "refused"; reason: string } {
  const { sessions, logoutHint, done, ways, organizations, log } = deps;
  const { organization, browser, proof, way, pending } = returned;
  const { loginPath } = organization.spec;
  const { cookie } = req.headers;
  const doneHeader = (what: Done, room?: number): string =>
    done.add(cookie, { browser, state: proof.state, loginPath, done: what }, room);
  // Also for who is refused: to sign in with another account, they have to sign out of this one.
  const keepHint = (location?: string, reserved = 0): void => {
    const room = headerRoom(res, location) - reserved;
    res.appendHeader("Set-Cookie", logoutHint.keep(idToken, maxAgeMs(organization) / 1000, room));
  };
  switch (result.kind) {
    case "admitted": {
      res.appendHeader("Set-Cookie", sessions.start(cookie, result.user, organization));
      res.appendHeader("Set-Cookie", doneHeader({ kind: "admitted" }));
      // A long address gets an answer of its own.
      const isLong = way.kind === "address" && pending.path === undefined;
      if (!isLong) res.appendHeader("Set-Cookie", ways.forget(cookie, proof.state, loginPath));
      const location = isLong ? again : destination(organizations, organization, way);
      keepHint(location);
      redirect(res, location);
      return { outcome: "admitted", reason: result.user.access?.reason ?? "" };
    }
    case "undecided": {
      const { reason, why } = result;
      const fields = { organization: keyOf(organization), reason, why, requestID: requestID(req) };
      log.warn(fields, "A sign-in could not be decided on.");
      keepHint();
      sendProblem(req, res, groupsProblem(reason, organization, way));
      return { outcome: "refused", reason };
    }
    case "refused": {
      const { reason } = result.access;
      const why = noAccessInWords(result.explanation, organization.spec.displayName);
      const refusal: Refused = {
        who: person.email ?? person.name ?? person.subject,
        reason,
        why: why.map(({ sentence }) => sentence),
        groups: result.groups.map(groupLabel),
        received: result.groups.length,
      };
      // Whoever was signed in here before is so no longer: this browser's person has changed.
      res.appendHeader("Set-Cookie", sessions.end(cookie, organization));
      // The hint comes first where not both fit: the groups are a comfort.
      const least = doneHeader({ kind: "refused", ...refusal, groups: [] });
      keepHint(undefined, least.length + "Set-Cookie: \r\n".length);
      res.appendHeader("Set-Cookie", doneHeader({ kind: "refused", ...refusal }, headerRoom(res)));
      sendRefusal(organization, refusal, req, res);
      return { outcome: "refused", reason };
    }
  }
}

/** What came of a sign-in, once more. */
function sendAgain(
  { organizations, ways }: CallbackDeps,
  done: Done,
  { organization, way, proof }: Returned,
  req: Request,
  res: Response,
): void {
  if (done.kind === "refused") {
    sendRefusal(organization, done, req, res);
    return;
  }
  res.setHeader("Set-Cookie", ways.forget(req.headers.cookie, proof.state, organization.spec.loginPath));
  redirect(res, destination(organizations, organization, way));
}

function sendRefusal(organization: Organization, refusal: Refused, req: Request, res: Response): void {
  const { who, reason, why, groups, received } = refusal;
  if (wantsJSON(req)) {
    const message = why.join(" ");
    sendJSON(res, 403, { code: "no-access", reason, message, groups: groups.slice(0, 50), received });
    return;
  }
  const { displayName, loginPath } = organization.spec;
  const page = refusedPage({ organization: displayName, loginPath, who, why, groups, received });
  sendPage(req, res, 403, page);
}

/** Where the way leads that somebody asked for; without one, to the start page, which says so. */
function destination({ origins }: Organizations, { spec }: Organization, way: Way): string {
  return absolute(way.kind === "address" ? way.path : `/login/${spec.loginPath}/me?address=lost`, origins);
}

function queryOf(url: string): string {
  const at = url.indexOf("?");
  return at < 0 ? "" : url.slice(at);
}
