import type { Request, RequestHandler, Response } from "express";
import type { Logger } from "pino";
import type { Organization } from "../../crds/types.ts";
import { groupLabel } from "../../identity/index.ts";
import { keyOf } from "../../kubernetes/index.ts";
import { StateMismatchError } from "../../okta/oidc/login-errors.ts";
import type { SignedIn } from "../../okta/oidc/oidc.ts";
import type { OidcClients } from "../../organizations/oidc-clients.ts";
import { sendProblem } from "../http/problem.ts";
import { groupsProblem, problemOf } from "../http/problem-of-error.ts";
import { originOf, redirect, requestID, sendJSON, sendPage, wantsJSON } from "../http/respond.ts";
import type { WebhookMetrics } from "../metrics.ts";
import type { Organizations } from "../organizations.ts";
import { refusedPage } from "../pages/refused.ts";
import type { LoginCookies } from "../sessions/login-cookies.ts";
import type { LogoutHint } from "../sessions/logout-hint.ts";
import { maxAgeMs } from "../sessions/max-age.ts";
import type { Sessions } from "../sessions/sessions.ts";
import type { ConcurrencyLimit } from "../sign-in/concurrency-limit.ts";
import type { OktaSignIns, SignInResult } from "../sign-in/okta-sign-ins.ts";

export interface CallbackDeps {
  readonly organizations: Organizations;
  readonly okta: Pick<OidcClients, "finishLogin">;
  readonly logins: LoginCookies;
  readonly oktaSignIns: Pick<OktaSignIns, "complete">;
  readonly sessions: Pick<Sessions, "start" | "end">;
  readonly logoutHint: LogoutHint;
  readonly concurrency: ConcurrencyLimit;
  readonly metrics: WebhookMetrics;
  readonly log: Logger;
}

/** GET /callback/:path - the browser comes back from Okta: verifies everything, and signs in or refuses. */
export function callback(deps: CallbackDeps): RequestHandler {
  const { organizations, oktaSignIns, concurrency, metrics, log } = deps;
  return async (req, res) => {
    const start = performance.now();
    const organization = organizations.at(req.params.path);
    const key = keyOf(organization);
    try {
      const { signedIn, result } = await concurrency.run(key, async () => {
        const signedIn = await verify(deps, organization, req, res);
        return { signedIn, result: await oktaSignIns.complete(key, signedIn) };
      });
      const { outcome, reason } = answer(deps, organization, signedIn, result, req, res);
      metrics.login(key, outcome, reason);
      metrics.loginSeconds.observe({ outcome }, (performance.now() - start) / 1000);
    } catch (error) {
      const problem = problemOf(error, organization);
      metrics.login(key, "failed", problem.code);
      metrics.loginSeconds.observe({ outcome: "failed" }, (performance.now() - start) / 1000);
      const level = problem.status >= 500 ? "warn" : "info";
      log[level]({ err: error, organization: key, requestID: requestID(req) }, "A sign-in failed.");
      sendProblem(req, res, problem);
    }
  };
}

/** Whom Okta has signed in, in a sign-in that this browser has begun here. @throws what speaking with Okta throws */
async function verify(
  { okta, logins, log }: CallbackDeps,
  organization: Organization,
  req: Request,
  res: Response,
): Promise<SignedIn> {
  const { state } = req.query;
  const pending = typeof state === "string" ? logins.find(req.headers.cookie, state) : undefined;
  // The state of a sign-in at another organization is as good as none (OAuth mix-up).
  if (pending?.organizationID !== organization.metadata.uid || !pending) throw new StateMismatchError();
  const { transaction } = pending;
  // Whatever comes of it: this sign-in isn't continued again.
  res.setHeader("Set-Cookie", logins.remove(transaction.state));
  const callbackURL = `${transaction.redirectURI}${queryOf(req.originalUrl)}`;
  const signedIn = await okta.finishLogin(organization, { callbackURL, transaction });
  if (signedIn.unread)
    log.warn(
      { err: signedIn.unread, organization: keyOf(organization), requestID: requestID(req) },
      "The email address of somebody who signs in could not be read: what is stored stays.",
    );
  return signedIn;
}

function answer(
  { sessions, logoutHint, log }: CallbackDeps,
  organization: Organization,
  { person, idToken, returnTo }: SignedIn,
  result: SignInResult,
  req: Request,
  res: Response,
): { outcome: "admitted" | "refused"; reason: string } {
  // Also for who is refused: to sign in with another account, they have to sign out of this one.
  res.appendHeader("Set-Cookie", logoutHint.keep(idToken, maxAgeMs(organization) / 1000));
  switch (result.kind) {
    case "admitted": {
      res.appendHeader("Set-Cookie", sessions.start(req.headers.cookie, result.user, organization));
      redirect(res, returnTo);
      return { outcome: "admitted", reason: result.user.access?.reason ?? "" };
    }
    case "undecided": {
      const { reason, why } = result;
      const fields = { organization: keyOf(organization), reason, why, requestID: requestID(req) };
      log.warn(fields, "A sign-in could not be decided on.");
      sendProblem(req, res, groupsProblem(reason, organization));
      return { outcome: "refused", reason };
    }
    case "refused": {
      const { reason, message } = result.access;
      const groups = result.groups.map(groupLabel);
      // Whoever was signed in here before is so no longer: this browser's person has changed.
      res.appendHeader("Set-Cookie", sessions.end(req.headers.cookie, organization));
      if (wantsJSON(req)) {
        const shown = { groups: groups.slice(0, 50), received: groups.length };
        sendJSON(res, 403, { code: "no-access", reason, message, ...shown });
      } else {
        const { displayName, loginPath, okta } = organization.spec;
        const page = refusedPage({
          organization: displayName,
          loginPath,
          who: person.email ?? person.name ?? person.subject,
          reason,
          message,
          groups,
          issuerOrigin: originOf(okta.issuer),
        });
        sendPage(req, res, 403, page);
      }
      return { outcome: "refused", reason };
    }
  }
}

function queryOf(url: string): string {
  const at = url.indexOf("?");
  return at < 0 ? "" : url.slice(at);
}
