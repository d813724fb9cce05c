import { isDeepStrictEqual } from "node:util";
import type { Organization } from "../crds/types.ts";
import { keyOf } from "../kubernetes/index.ts";
import type { ClientAuthentication } from "../okta/oidc/client-authentication.ts";
import { InvalidClientError } from "../okta/oidc/login-errors.ts";
import type { LoginRequest, Oidc, OidcSettings, SignedIn } from "../okta/oidc/oidc.ts";
import type { LoginTransaction } from "../okta/oidc/transaction.ts";
import { onBehalfOf } from "../okta/owner.ts";
import type { SecretValues } from "./secret-values.ts";

/** Organizations as clients of their issuers, each with its secret or key, and on its own behalf. */
export class OidcClients {
  readonly #secrets: SecretValues;
  readonly #oidc: Oidc;

  constructor(deps: { secrets: SecretValues; oidc: Oidc }) {
    this.#secrets = deps.secrets;
    this.#oidc = deps.oidc;
  }

  /** @throws IssuerUnreachableError, WrongIssuerError, and what reading the secret throws */
  async startLogin(
    organization: Organization,
    request: LoginRequest,
  ): Promise<{ url: string; transaction: LoginTransaction }> {
    const settings = await this.#settings(organization);
    return as(organization, () => this.#oidc.startLogin(settings, request));
  }

  /**
   * `Oidc.finishLogin` with the organization's secret. When Okta doesn't accept the secret, it may have been replaced
   * since it was read: it is read again, and where it is another, this is tried once more. Okta keeps the code for that.
   * @throws LoginError, IssuerUnreachableError, WrongIssuerError, and what reading the secret throws
   */
  async finishLogin(
    organization: Organization,
    callback: { callbackURL: string; transaction: LoginTransaction },
  ): Promise<SignedIn> {
    const settings = await this.#settings(organization);
    try {
      return await as(organization, () => this.#oidc.finishLogin(settings, callback));
    } catch (error) {
      if (!(error instanceof InvalidClientError)) throw error;
      const again = await this.#settings(organization, { fresh: true });
      if (isDeepStrictEqual(again.authentication, settings.authentication)) throw error;
      return as(organization, () => this.#oidc.finishLogin(again, callback));
    }
  }

  /**
   * Where the browser ends the person's session at Okta. Undefined where the issuer offers no such thing.
   * @throws IssuerUnreachableError, WrongIssuerError
   */
  endSessionURL(
    organization: Organization,
    request: { idTokenHint?: string; postLogoutRedirectURI: string; state?: string },
  ): Promise<string | undefined> {
    return as(organization, () => this.#oidc.endSessionURL(organization.spec.okta, request));
  }

  /** The settings with the secret, as it was a moment ago. `fresh`: as it is now. */
  async #settings(organization: Organization, options?: { fresh: boolean }): Promise<OidcSettings> {
    return oidcSettings(organization, await readAuthentication(this.#secrets, organization, options));
  }
}

function as<T>(organization: Organization, work: () => T): T {
  return onBehalfOf(keyOf(organization), work);
}

/**
 * How an organization's client authenticates, with the secret or key that its spec refers to.
 * @param options `fresh`: as it is now
 * @throws what reading the secret throws
 */
export async function readAuthentication(
  secrets: SecretValues,
  { metadata: { namespace = "" }, spec: { okta } }: Organization,
  options?: { fresh: boolean },
): Promise<ClientAuthentication> {
  const { clientSecretRef, privateKeyRef } = okta;
  if (privateKeyRef)
    return { kind: "private-key", privateKey: await secrets.read(namespace, privateKeyRef, options) };
  if (clientSecretRef)
    return { kind: "secret", secret: await secrets.read(namespace, clientSecretRef, options) };
  return { kind: "none" };
}

/** An organization's OIDC client with its secret or key. */
export function oidcSettings({ spec }: Organization, authentication: ClientAuthentication): OidcSettings {
  const { issuer, clientID, scopes, claims } = spec.okta;
  return { issuer, clientID, authentication, scopes, claims };
}
