import { createPublicKey } from "node:crypto";
import express, { type Request, type Response, Router } from "express";
import { compactVerify, decodeJwt } from "jose";
import { z } from "zod";
import { userParty } from "../directory/parties.ts";
import type { App } from "../seed.ts";
import type { AuthorizationServer } from "./authorization-server.ts";
import { errorPage, pageHeaders, signedOutPage } from "./pages.ts";
import { storageKey } from "./storage.ts";

const parameters = z.object({
  id_token_hint: z.string().optional(),
  post_logout_redirect_uri: z.string().optional(),
  state: z.string().optional(),
});

/**
 * RP-initiated logout as Okta does it: without a question, with a redirect at once (Okta: "/logout"). The
 * oidc-provider package shows a form that only a script could send, so this is ours.
 */
export function logoutRoute(server: AuthorizationServer, path: string): Router {
  const router = Router();
  router.get(path, (request, response) => logOut(server, request, response, request.query));
  router.post(path, express.urlencoded({ extended: false, limit: "20kb" }), (request, response) =>
    logOut(server, request, response, request.body),
  );
  return router;
}

async function logOut(server: AuthorizationServer, request: Request, response: Response, given: unknown) {
  const { organization } = server.context.settings;
  const refuse = (message: string) =>
    response.status(400).set(pageHeaders).send(errorPage(organization, message));

  const wanted = parameters.safeParse(given).data;
  if (!wanted) return refuse("The logout request is malformed.");
  if (wanted.id_token_hint === undefined) return refuse("The 'id_token_hint' parameter must be specified.");
  const hint = await verify(server, wanted.id_token_hint);
  if (!hint) return refuse("The id token is invalid.");
  const target = wanted.post_logout_redirect_uri;
  if (target !== undefined && !hint.app.postLogoutRedirectUris.includes(target))
    return refuse(
      "The 'post_logout_redirect_uri' parameter must be a Logout redirect URI in the client app settings.",
    );

  endSession(server, request, response, hint.subject);
  if (target === undefined) return response.set(pageHeaders).send(signedOutPage(organization));
  const url = new URL(target);
  if (wanted.state !== undefined) url.searchParams.set("state", wanted.state);
  return response.redirect(302, url.href);
}

/** An expired token is as good as another here. */
async function verify(
  server: AuthorizationServer,
  token: string,
): Promise<{ app: App; subject: string } | undefined> {
  try {
    await compactVerify(token, createPublicKey(server.key.privateKey), { algorithms: ["RS256"] });
  } catch {
    return undefined;
  }
  const { iss, aud, sub } = decodeJwt(token);
  const app = typeof aud === "string" ? server.context.apps.get(aud) : undefined;
  return app && sub !== undefined && iss === server.issuer ? { app, subject: sub } : undefined;
}

/** Only the session of the person whom the token names. */
function endSession(server: AuthorizationServer, request: Request, response: Response, subject: string) {
  const { provider, context } = server;
  const name = provider.cookieName("session");
  const id = provider.createContext(request, response).cookies.get(name);
  const key = storageKey(server.id, "Session", id ?? "");
  const accountId = context.storage.get(key)?.accountId;
  if (accountId !== subject) return;
  context.storage.delete(key);
  const user = context.directory.users.get(accountId ?? "");
  if (user)
    context.directory.record("user.session.end", "User logout from Okta", userParty(user), userParty(user));
  response.clearCookie(name, { path: "/" });
  response.clearCookie(`${name}.sig`, { path: "/" });
}
