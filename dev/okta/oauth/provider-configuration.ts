import {
  type Account,
  type AdapterPayload,
  type Configuration,
  errors,
  type Grant,
  interactionPolicy,
  type KoaContextWithOIDC,
} from "oidc-provider";
import { type App, managementScopes } from "../seed.ts";
import { clientMetadata } from "./apps.ts";
import { checkClaims, claimsFor, fixedClaims } from "./claims.ts";
import { type ClaimsUse, TooManyGroupsError } from "./groups-claim.ts";
import { privateJwk, type SigningKey } from "./keys.ts";
import {
  assertionLivesTooLong,
  audienceNotEndpoint,
  policyEvaluationFailed,
  scopeNotConfigured,
} from "./okta-words.ts";
import { errorPage } from "./pages.ts";
import type { ServerDescription } from "./server-description.ts";
import { ClientStorage, ModelStorage } from "./storage.ts";

const hour = 3600;

/** How the oidc-provider package is to be an authorization server of Okta's. */
export function providerConfiguration(
  server: ServerDescription,
  { keys, claimNames }: { keys: readonly SigningKey[]; claimNames: Iterable<string> },
): Configuration {
  const { context, custom, paths } = server;
  return {
    adapter: (model: string) =>
      model === "Client"
        ? new ClientStorage(context.storage, server.id, (id) => client(server, id))
        : new ModelStorage(context.storage, server.id, model),
    jwks: { keys: keys.map(privateJwk) },
    routes: {
      authorization: paths.authorize,
      token: paths.token,
      userinfo: paths.userinfo,
      jwks: paths.keys,
      introspection: paths.introspect,
      revocation: paths.revoke,
      // Logout is ours, see logout-route.ts. The package insists on a path of its own.
      end_session: "/unused/logout",
    },
    scopes: custom ? [...server.scopes] : [...server.scopes, ...managementScopes],
    // claims.ts decides by scope, so that all claims may hang on the scope that every request has.
    claims: { openid: [...fixedClaims, ...claimNames] },
    conformIdTokenClaims: false,
    responseTypes: ["code"],
    subjectTypes: ["public"],
    pkce: { required: (ctx) => appOf(ctx, server)?.requirePkce === true || isPublic(ctx) },
    features: {
      devInteractions: { enabled: false },
      rpInitiatedLogout: { enabled: false },
      resourceIndicators: { enabled: false },
      clientCredentials: { enabled: !custom },
      introspection: {
        enabled: true,
        allowedPolicy: (_ctx, { clientId }, token) => token.clientId === clientId,
      },
      revocation: {
        enabled: true,
        allowedPolicy: (_ctx, { clientId }, token) => token.clientId === clientId,
      },
      dPoP: { enabled: !custom, nonceSecret: context.dpopNonceSecret, requireNonce: () => true },
    },
    assertJwtClientAuthClaimsAndHeader: (ctx, claims) => checkAssertion(ctx, claims, server),
    extraParams: {
      // The package drops scopes that it doesn't know. Okta refuses the request.
      scope: (ctx) => {
        const asked = String(ctx.query.scope ?? "").split(" ");
        const known = [...server.scopes, "offline_access"];
        if (asked.some((scope) => !known.includes(scope)))
          throw new errors.CustomOIDCProviderError("invalid_scope", scopeNotConfigured);
      },
    },
    interactions: {
      policy: interactionPolicy.base(),
      url: (_ctx, interaction) => `/signin/${server.id}/${interaction.uid}`,
    },
    findAccount: (ctx, id) => account(ctx, id, server),
    loadExistingGrant: (ctx) => grant(ctx, server),
    issueRefreshToken: () => false,
    expiresWithSession: () => false,
    clientBasedCORS: () => false,
    renderError: (ctx, out) => {
      ctx.type = "html";
      ctx.body = errorPage(context.settings.organization, out.error_description ?? out.error);
    },
    cookies: {
      names: { session: "idx", interaction: "okta-interaction", resume: "okta-resume" },
      short: { httpOnly: true, sameSite: "lax" },
      long: { httpOnly: true, sameSite: "lax" },
    },
    ttl: {
      AccessToken: hour,
      AuthorizationCode: 300,
      ClientCredentials: hour,
      Grant: 2 * hour,
      IdToken: hour,
      Interaction: hour,
      Session: 2 * hour,
    },
  };
}

function appOf(ctx: KoaContextWithOIDC, server: ServerDescription): App | undefined {
  return server.context.apps.get(ctx.oidc.client?.clientId ?? "");
}

function isPublic(ctx: KoaContextWithOIDC): boolean {
  return ctx.oidc.client?.clientAuthMethod === "none";
}

/** Service apps get their tokens at the org server alone. */
function client({ context, custom }: ServerDescription, id: string): AdapterPayload | undefined {
  const app = context.apps.get(id);
  if (!app || (custom && app.type === "service")) return undefined;
  return {
    ...clientMetadata(app),
    require_auth_time: app.type === "web",
    dpop_bound_access_tokens: app.requireDpop,
  };
}

/**
 * Okta wants the very endpoint as the audience of a client assertion, where the package takes the issuer as well,
 * and at most an hour until it expires (Okta: "Build a JWT for client authentication").
 */
function checkAssertion(
  ctx: KoaContextWithOIDC,
  { aud, exp }: Record<string, unknown>,
  { issuer, paths }: ServerDescription,
): void {
  const endpoints: Record<string, string> = { introspection: paths.introspect, revocation: paths.revoke };
  if (aud !== issuer + (endpoints[ctx.oidc.route] ?? paths.token))
    throw new errors.InvalidClientAuth(audienceNotEndpoint);
  if (Number(exp) > Date.now() / 1000 + hour) throw new errors.InvalidClientAuth(assertionLivesTooLong);
}

function account(ctx: KoaContextWithOIDC, id: string, server: ServerDescription): Account | undefined {
  const user = server.context.directory.admitted(id);
  if (!user) return undefined;
  return {
    accountId: id,
    claims: (use, scope) => {
      const app = appOf(ctx, server);
      if (!app) return { sub: id };
      const claims = claimsFor(user, app, new Set(scope.split(" ")), use as ClaimsUse, server.claimsSource());
      // The package turns the token into its hash.
      if (use === "id_token") claims.at_hash = ctx.oidc.entities.AccessToken?.jti;
      return { ...claims, sub: id };
    },
  };
}

/** Nobody is asked for consent: who is assigned to an app grants it what it asks for. */
async function grant(ctx: KoaContextWithOIDC, server: ServerDescription): Promise<Grant | undefined> {
  const { apps, directory } = server.context;
  const app = appOf(ctx, server);
  const user = directory.admitted(ctx.oidc.account?.accountId ?? "");
  if (!app || !user) return undefined;
  if (server.custom?.allowedApps?.includes(app.clientId) === false)
    throw new errors.AccessDenied(policyEvaluationFailed);
  if (!apps.isAssigned(app.clientId, user.id, directory))
    throw new errors.AccessDenied("User is not assigned to the client application.");
  try {
    checkClaims(user, app, ctx.oidc.requestParamScopes, server.claimsSource());
  } catch (cause) {
    // The message is Okta's; which error code goes with it is documented nowhere.
    if (!(cause instanceof TooManyGroupsError)) throw cause;
    throw new errors.CustomOIDCProviderError("server_error", cause.message);
  }
  const granted = new ctx.oidc.provider.Grant({ accountId: user.id, clientId: app.clientId });
  granted.addOIDCScope(server.scopes.join(" "));
  await granted.save();
  return granted;
}
