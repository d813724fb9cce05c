import type { Logger } from "pino";
import Provider, { type Configuration, errors, interactionPolicy, type KoaContextWithOIDC } from "oidc-provider";
import type { Directory } from "../directory/directory.ts";
import { userParty } from "../directory/parties.ts";
import type { Faults } from "../faults.ts";
import { type AuthorizationServerSettings, managementScopes } from "../seed.ts";
import type { AlterIdToken } from "./altered-id-token.ts";
import { type Apps, appParty, clientMetadata } from "./apps.ts";
import { checkClaims, claimsFor, fixedClaims, type ClaimsUse } from "./claims.ts";
import { discoveryDocument, type Paths, pathsOf } from "./discovery.ts";
import { TooManyGroupsError } from "./groups-claim.ts";
import type { GroupsClaimRules } from "./groups-claim.ts";
import { privateJwk, type SigningKey } from "./keys.ts";
import { assertionLivesTooLong, audienceNotEndpoint, inOktaWords, scopeNotConfigured } from "./okta-words.ts";
import { errorPage } from "./pages.ts";
import { ClientStorage, ModelStorage, type Storage } from "./storage.ts";
import { finishAnswer } from "./finished-answer.ts";

/** What the authorization servers of one stand-in share. */
export interface OAuthContext {
  directory: Directory;
  apps: Apps;
  storage: Storage;
  faults: Faults;
  settings: GroupsClaimRules & { issuerParameter: boolean; organization: string };
  alterIdToken: () => AlterIdToken | undefined;
  cookieKey: string;
  dpopNonceSecret: Buffer;
  log: Logger;
}

const standardScopes = ["openid", "email", "profile", "address", "phone"];
const hour = 3600;

/** One of Okta's authorization servers, on top of the oidc-provider package. */
export class AuthorizationServer {
  /** "org", or the id of a custom server. */
  readonly id: string;
  readonly issuer: string;
  readonly paths: Paths;
  readonly scopes: readonly string[];
  readonly context: OAuthContext;
  readonly custom: AuthorizationServerSettings | undefined;
  #keys: readonly [SigningKey, ...SigningKey[]];
  #provider: Provider;
  #claimNames: ReadonlySet<string>;

  constructor(
    context: OAuthContext,
    { issuer, custom, key }: { issuer: string; custom: AuthorizationServerSettings | undefined; key: SigningKey },
  ) {
    this.id = custom?.id ?? "org";
    this.issuer = issuer;
    this.context = context;
    this.custom = custom;
    this.paths = pathsOf({ org: !custom });
    this.scopes = [...standardScopes, ...(custom?.scopes ?? ["groups"])];
    this.#keys = [key];
    this.#claimNames = this.#groupsClaimNames();
    this.#provider = this.#build();
  }

  get provider(): Provider {
    return this.#provider;
  }

  /** The key that tokens are signed with now. */
  get key(): SigningKey {
    return this.#keys[0];
  }

  discovery(): Record<string, unknown> {
    const { issuerParameter } = this.context.settings;
    return discoveryDocument({ issuer: this.issuer, org: !this.custom, scopes: this.scopes, issuerParameter });
  }

  /** Signs with this key from now on, and forgets the old ones unless they are kept for tokens on their way. */
  rotateKeys(key: SigningKey, { keepOld = false } = {}): void {
    this.#keys = keepOld ? [key, ...this.#keys] : [key];
    this.#provider = this.#build();
  }

  /** Takes in what apps have become; to be called after one was added or changed. */
  appsChanged(): void {
    const names = this.#groupsClaimNames();
    if (names.isSubsetOf(this.#claimNames)) return;
    this.#claimNames = names;
    this.#provider = this.#build();
  }

  #groupsClaimNames(): Set<string> {
    const claims = [...this.context.apps].map((app) =>
      this.custom ? app.customClaims[this.custom.id] : app.groupsClaim,
    );
    return new Set([...claims, this.custom?.groupsClaim].flatMap((claim) => claim?.name ?? []));
  }

  #build(): Provider {
    const provider = new Provider(this.issuer, this.#configuration());
    const { log, settings, directory, apps } = this.context;
    provider.use(async (ctx, next) => {
      await next();
      if ("oidc" in ctx) await finishAnswer(ctx as unknown as KoaContextWithOIDC, this);
    });
    provider.on("authorization.success", (ctx: KoaContextWithOIDC, answer: Record<string, unknown>) => {
      if (!settings.issuerParameter) delete answer.iss;
      const user = directory.admitted(ctx.oidc.session?.accountId ?? "");
      const app = apps.get(ctx.oidc.client?.clientId ?? "");
      if (user && app)
        directory.record("user.authentication.sso", "User single sign on to app", userParty(user), appParty(app), userParty(user));
    });
    provider.on("grant.error", (ctx: KoaContextWithOIDC, error: errors.OIDCProviderError) => {
      ctx.body = inOktaWords(error);
      if (error.error_detail === audienceNotEndpoint) ctx.status = 401;
    });
    provider.on("server_error", (_ctx: KoaContextWithOIDC, error: Error) => {
      log.error({ err: error, server: this.id }, "the Okta stand-in failed");
    });
    return provider;
  }

  #configuration(): Configuration {
    const { context, custom, paths } = this;
    const { directory, apps, storage } = context;
    const policy = interactionPolicy.base();
    const app = (ctx: KoaContextWithOIDC) => apps.get(ctx.oidc.client?.clientId ?? "");
    const scopes = custom ? this.scopes : [...this.scopes, ...managementScopes];
    return {
      adapter: (model: string) =>
        model === "Client"
          ? new ClientStorage(storage, this.id, (id) => this.#client(id))
          : new ModelStorage(storage, this.id, model),
      jwks: { keys: this.#keys.map(privateJwk) },
      routes: {
        authorization: paths.authorize,
        token: paths.token,
        userinfo: paths.userinfo,
        jwks: paths.keys,
        introspection: paths.introspect,
        revocation: paths.revoke,
        // Ours, see logout.ts; the package wants a path that nobody uses.
        end_session: "/unused/logout",
      },
      scopes,
      claims: { openid: [...fixedClaims, ...this.#claimNames] },
      conformIdTokenClaims: false,
      responseTypes: ["code"],
      subjectTypes: ["public"],
      clientDefaults: { grant_types: ["authorization_code"], response_types: ["code"] },
      pkce: { required: (ctx) => app(ctx)?.requirePkce === true || ctx.oidc.client?.clientAuthMethod === "none" },
      features: {
        devInteractions: { enabled: false },
        rpInitiatedLogout: { enabled: false },
        resourceIndicators: { enabled: false },
        claimsParameter: { enabled: false },
        clientCredentials: { enabled: !custom },
        introspection: { enabled: true, allowedPolicy: (_ctx, client, token) => client.clientId === token.clientId },
        revocation: { enabled: true, allowedPolicy: (_ctx, client, token) => client.clientId === token.clientId },
        dPoP: { enabled: !custom, nonceSecret: context.dpopNonceSecret, requireNonce: () => true },
      },
      assertJwtClientAuthClaimsAndHeader: async (ctx, claims) => {
        if (claims.aud !== this.issuer + pathOf(ctx, this))
          throw new errors.InvalidClientAuth(audienceNotEndpoint);
        if (Number(claims.exp) > Date.now() / 1000 + hour) throw new errors.InvalidClientAuth(assertionLivesTooLong);
      },
      extraParams: {
        // The package drops scopes that it doesn't know. Okta refuses the request.
        scope: (_ctx, value) => {
          if (value?.split(" ").some((scope) => !this.scopes.includes(scope) && scope !== "offline_access"))
            throw new errors.CustomOIDCProviderError("invalid_scope", scopeNotConfigured);
        },
      },
      interactions: { policy, url: (_ctx, interaction) => `/signin/${this.id}/${interaction.uid}` },
      findAccount: (ctx, id) => {
        const user = directory.admitted(id);
        if (!user) return undefined;
        return {
          accountId: id,
          claims: (use, scope) => {
            const to = app(ctx);
            if (!to) return { sub: id };
            const claims = claimsFor(user, to, new Set(scope.split(" ")), use as ClaimsUse, this.claimsSource());
            // The package turns the token into its hash.
            if (use === "id_token") claims.at_hash = ctx.oidc.entities.AccessToken?.jti;
            return { ...claims, sub: id };
          },
        };
      },
      loadExistingGrant: (ctx) => this.#grant(ctx),
      issueRefreshToken: () => false,
      expiresWithSession: () => false,
      clientBasedCORS: () => false,
      renderError: (ctx, out) => {
        ctx.type = "html";
        ctx.body = errorPage(context.settings.organization, out.error_description ?? out.error);
      },
      cookies: {
        names: { session: "idx", interaction: "okta-interaction", resume: "okta-resume" },
        keys: [context.cookieKey],
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

  claimsSource() {
    const { directory, settings, faults } = this.context;
    return { directory, rules: settings, faults, custom: this.custom };
  }

  #client(id: string) {
    const app = this.context.apps.get(id);
    if (!app || (this.custom && app.type === "service")) return undefined;
    return { ...clientMetadata(app), require_auth_time: app.type === "web", dpop_bound_access_tokens: app.requireDpop };
  }

  /** Nobody is asked for consent: whoever is assigned to the app grants it what it asks for. */
  async #grant(ctx: KoaContextWithOIDC) {
    const { apps, directory } = this.context;
    const app = apps.get(ctx.oidc.client?.clientId ?? "");
    const user = directory.admitted(ctx.oidc.account?.accountId ?? "");
    if (!app || !user) return undefined;
    if (!apps.isAssigned(app.clientId, user.id, directory))
      throw new errors.AccessDenied("User is not assigned to the client application.");
    try {
      checkClaims(user, app, ctx.oidc.requestParamScopes, this.claimsSource());
    } catch (cause) {
      if (!(cause instanceof TooManyGroupsError)) throw cause;
      throw new errors.CustomOIDCProviderError("server_error", cause.message);
    }
    const grant = new this.#provider.Grant({ accountId: user.id, clientId: app.clientId });
    grant.addOIDCScope(this.scopes.join(" "));
    await grant.save();
    return grant;
  }
}

function pathOf(ctx: KoaContextWithOIDC, { paths }: AuthorizationServer): string {
  switch (ctx.oidc.route) {
    case "introspection":
      return paths.introspect;
    case "revocation":
      return paths.revoke;
    default:
      return paths.token;
  }
}
