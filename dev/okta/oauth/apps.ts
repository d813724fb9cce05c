import { createPublicKey, type JsonWebKey } from "node:crypto";
import type { AdapterPayload, AllClientMetadata } from "oidc-provider";
import type { Directory } from "../directory/directory.ts";
import type { LogParty } from "../directory/log-event.ts";
import { type App, type AppSeed, appSeed, parseSeed } from "../seed.ts";

/** The apps of the organization, by client id. They may be added and changed while the stand-in runs. */
export class Apps {
  readonly #apps = new Map<string, App>();

  get(clientId: string): App | undefined {
    return this.#apps.get(clientId);
  }

  /**
   * Adds an app, or replaces the one of this client id.
   * @throws SeedError
   */
  save(seed: AppSeed): App {
    const app = parseSeed(appSeed, seed);
    this.#apps.set(app.clientId, app);
    return app;
  }

  remove(clientId: string): void {
    this.#apps.delete(clientId);
  }

  [Symbol.iterator](): Iterator<App> {
    return this.#apps.values();
  }

  /** Whether the person may use the app (Okta: the Assignments tab). */
  isAssigned(clientId: string, userId: string, directory: Directory): boolean {
    const groups = this.get(clientId)?.assignedGroups;
    return (
      groups === undefined ||
      directory
        .groupsOf(userId)
        .some(({ id, profile }) => groups.includes(id) || groups.includes(profile.name))
    );
  }
}

/** The app as the oidc-provider package knows clients (RFC 7591 names). */
export function clientMetadata(app: App): AdapterPayload {
  const service = app.type === "service";
  const metadata: AllClientMetadata = {
    client_id: app.clientId,
    client_name: app.label ?? app.clientId,
    token_endpoint_auth_method: authMethod(app),
    grant_types: [service ? "client_credentials" : "authorization_code"],
    response_types: service ? [] : ["code"],
    redirect_uris: app.redirectUris,
    id_token_signed_response_alg: "RS256",
    ...(app.clientSecret === undefined ? {} : { client_secret: app.clientSecret }),
    ...(app.publicKeys.length > 0 ? { jwks: { keys: app.publicKeys.map(publicJwk) } } : {}),
    ...(service ? { scope: app.grantedScopes.join(" ") } : {}),
  };
  return { ...metadata };
}

export function appParty(app: App): LogParty {
  return {
    id: app.clientId,
    type: app.type === "service" ? "PublicClientApp" : "AppInstance",
    alternateId: app.label ?? app.clientId,
    displayName: app.label ?? app.clientId,
  };
}

function authMethod({ publicKeys, clientSecret }: App) {
  if (publicKeys.length > 0) return "private_key_jwt";
  return clientSecret === undefined ? "none" : "client_secret_basic";
}

function publicJwk(key: string | Record<string, unknown>): { kty: string } & Record<string, unknown> {
  const jwk: JsonWebKey = typeof key === "string" ? createPublicKey(key).export({ format: "jwk" }) : key;
  return { ...jwk, kty: String(jwk.kty) };
}
