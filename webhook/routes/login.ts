import type { RequestHandler, Response } from "express";
import { keyOf } from "../../kubernetes/index.ts";
import { CHALLENGE } from "../http/challenge.ts";
import { headerRoom } from "../http/header-room.ts";
import { isNavigation } from "../http/navigation.ts";
import { redirect, sendJSON } from "../http/respond.ts";
import { setWayBack } from "../http/way-back.ts";
import type { WebhookMetrics } from "../metrics.ts";
import type { Organizations } from "../organizations.ts";
import type { ConcurrencyLimit } from "../sign-in/concurrency-limit.ts";
import { counted } from "../sign-in/counted.ts";
import type { LoginStarts } from "../sign-in/login-starts.ts";
import type { RememberedOrganization } from "../sign-in/remembered-organization.ts";
import { readLoginQuery } from "../sign-in/return-to.ts";
import type { WayCookie } from "../sign-in/way-cookie.ts";

export interface LoginDeps {
  readonly organizations: Organizations;
  readonly starts: LoginStarts;
  readonly ways: WayCookie;
  readonly concurrency: ConcurrencyLimit;
  readonly remembered: RememberedOrganization;
  readonly metrics: WebhookMetrics;
}

/**
 * /login/:path - sends the browser to Okta, when it goes there; whatever else asks (a script's request, an image, a form, a
 * prefetch) gets 401 and the login URI, since a sign-in that nobody sees can't be finished either.
 * `return_to` is a path of this origin to come back to; `prompt=login` makes Okta ask for the account anew.
 */
export function login(deps: LoginDeps): RequestHandler {
  const { organizations, starts, ways, concurrency, remembered, metrics } = deps;
  return async (req, res) => {
    const organization = organizations.at(req.params.path);
    res.setHeader("Vary", "Sec-Fetch-Mode, Sec-Fetch-Dest, Accept");
    if (!isNavigation(req.method, req.headers)) {
      sendSignInNeeded(res, organizations.loginURI(organization));
      return;
    }
    const { way, anew } = readLoginQuery(req.originalUrl, organizations.origins);
    setWayBack(req, way);
    const { cookie } = req.headers;
    const { url, state, setCookies, long } = await counted(metrics, organization, () =>
      concurrency.run(keyOf(organization), () => starts.begin(organization, cookie, { way, anew })),
    );
    const { loginPath } = organization.spec;
    res.setHeader("Set-Cookie", [...setCookies, ...remembered.keep(cookie, loginPath)]);
    if (long !== undefined) {
      const kept = ways.keep(cookie, { loginPath, state, path: long, room: headerRoom(res, url) });
      if (kept !== undefined) res.appendHeader("Set-Cookie", kept);
    }
    redirect(res, url);
  };
}

function sendSignInNeeded(res: Response, login: string): void {
  res.setHeader("WWW-Authenticate", CHALLENGE);
  const message = "Nobody is signed in, and a sign-in needs a person: open the login URI in a browser.";
  sendJSON(res, 401, { code: "sign-in-needed", message, login });
}
