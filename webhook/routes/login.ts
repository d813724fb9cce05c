import type { RequestHandler } from "express";
import { keyOf } from "../../kubernetes/index.ts";
import type { OidcClients } from "../../organizations/oidc-clients.ts";
import { RequestError } from "../http/request-errors.ts";
import { redirect } from "../http/respond.ts";
import type { Organizations } from "../organizations.ts";
import type { LoginCookies } from "../sessions/login-cookies.ts";
import type { ConcurrencyLimit } from "../sign-in/concurrency-limit.ts";
import { readReturnTo } from "../sign-in/return-to.ts";

export interface LoginDeps {
  readonly organizations: Organizations;
  readonly okta: Pick<OidcClients, "startLogin">;
  readonly logins: LoginCookies;
  readonly concurrency: ConcurrencyLimit;
}

/**
 * GET /login/:path - sends the browser to Okta.
 * `return_to` is a path of this origin to come back to; `prompt=login` makes Okta ask for the account anew.
 */
export function login({ organizations, okta, logins, concurrency }: LoginDeps): RequestHandler {
  return async (req, res) => {
    const organization = organizations.at(req.params.path);
    const returnTo = readReturnTo(req.query.return_to, organizations.baseURL);
    if (returnTo.kind === "refused")
      throw new RequestError({
        code: "return-to-refused",
        status: 400,
        title: "This link can't be used",
        message:
          "Its return_to has to be a path of this site, as in return_to=/app, and not one of the sign-in's own.",
      });
    const { url, transaction } = await concurrency.run(keyOf(organization), () =>
      okta.startLogin(organization, {
        redirectURI: organizations.callbackURI(organization),
        returnTo: returnTo.url,
        ...(req.query.prompt === "login" ? { prompt: "login" } : {}),
      }),
    );
    const organizationID = organization.metadata.uid ?? "";
    res.setHeader("Set-Cookie", logins.add(req.headers.cookie, { organizationID, transaction }));
    redirect(res, url);
  };
}
