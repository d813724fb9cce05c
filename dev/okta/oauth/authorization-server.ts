import type { RequestListener } from "node:http";
import Provider, { type errors, type KoaContextWithOIDC } from "oidc-provider";
import { userParty } from "../directory/parties.ts";
import type { AuthorizationServerSettings } from "../seed.ts";
import { appParty } from "./apps.ts";
import type { ClaimsSource } from "./claims.ts";
import { discoveryDocument, type Paths, pathsOf } from "./discovery.ts";
import { finishAnswer } from "./finished-answer.ts";
import type { SigningKey } from "./keys.ts";
import { inOktaWords } from "./okta-words.ts";
import { providerConfiguration } from "./provider-configuration.ts";
import type { OAuthContext, ServerDescription } from "./server-description.ts";

const standardScopes = ["openid", "email", "profile", "address", "phone"];

/** One of Okta's authorization servers, on top of the oidc-provider package. */
export class AuthorizationServer implements ServerDescription {
  readonly id: string;
  readonly issuer: string;
  readonly paths: Paths;
  readonly scopes: readonly string[];
  readonly context: OAuthContext;
  readonly custom: AuthorizationServerSettings | undefined;
  #keys: readonly [SigningKey, ...SigningKey[]];
  #provider: Provider;
  #handle: RequestListener;
  #claimNames: ReadonlySet<string>;

  constructor(
    context: OAuthContext,
    {
      issuer,
      custom,
      key,
    }: { issuer: string; custom: AuthorizationServerSettings | undefined; key: SigningKey },
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
    this.#handle = this.#provider.callback();
  }

  get provider(): Provider {
    return this.#provider;
  }

  /** Answers all requests below the server's paths but those for discovery and logout. */
  readonly handle: RequestListener = (request, response) => this.#handle(request, response);

  get key(): SigningKey {
    return this.#keys[0];
  }

  discovery(): Record<string, unknown> {
    const { issuerParameter } = this.context.settings;
    return discoveryDocument({
      issuer: this.issuer,
      org: !this.custom,
      scopes: this.scopes,
      issuerParameter,
    });
  }

  /** Signs with this key from now on, and forgets the old ones unless they are kept for tokens on their way. */
  rotateKeys(key: SigningKey, { keepOld = false } = {}): void {
    this.#keys = keepOld ? [key, ...this.#keys] : [key];
    this.#rebuild();
  }

  /** Takes in what apps have become; to be called after one was added or changed. */
  appsChanged(): void {
    const names = this.#groupsClaimNames();
    if (names.isSubsetOf(this.#claimNames)) return;
    this.#claimNames = names;
    this.#rebuild();
  }

  #groupsClaimNames(): Set<string> {
    const claims = [...this.context.apps].map((app) =>
      this.custom ? app.customClaims[this.custom.id] : app.groupsClaim,
    );
    return new Set([...claims, this.custom?.groupsClaim].flatMap((claim) => claim?.name ?? []));
  }

  /** What the package has been told once can't be changed; what it remembers is in the storage. */
  #rebuild(): void {
    this.#provider = this.#build();
    this.#handle = this.#provider.callback();
  }

  #build(): Provider {
    const provider = new Provider(
      this.issuer,
      providerConfiguration(this, { keys: this.#keys, claimNames: this.#claimNames }),
    );
    const { log, settings, directory, apps } = this.context;
    provider.use(async (ctx, next) => {
      await next();
      if ("oidc" in ctx) await finishAnswer(ctx as unknown as KoaContextWithOIDC, this);
    });
    provider.on("authorization.success", (ctx: KoaContextWithOIDC, answer?: Record<string, unknown>) => {
      if (!settings.issuerParameter) delete answer?.iss;
      const user = directory.admitted(ctx.oidc.session?.accountId ?? "");
      const app = apps.get(ctx.oidc.client?.clientId ?? "");
      if (user && app)
        directory.record(
          "user.authentication.sso",
          "User single sign on to app",
          userParty(user),
          appParty(app),
          userParty(user),
        );
    });
    provider.on("grant.error", (ctx: KoaContextWithOIDC, error: errors.OIDCProviderError) => {
      ctx.body = inOktaWords(error);
    });
    provider.on("server_error", (_ctx: KoaContextWithOIDC, error: Error) => {
      log.error({ err: error, server: this.id }, "the Okta stand-in failed");
    });
    return provider;
  }

  claimsSource(): ClaimsSource {
    const { directory, settings, faults } = this.context;
    return { directory, rules: settings, faults, custom: this.custom };
  }
}
