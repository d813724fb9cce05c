import type { Organization } from "../crds/types.ts";
import { InvalidClientError } from "../okta/oidc/login-errors.ts";
import type { LoginRequest, Oidc, OidcSettings, SignedIn } from "../okta/oidc/oidc.ts";
import type { LoginTransaction } from "../okta/oidc/transaction.ts";
import { oidcSettings } from "./oidc-settings.ts";
import type { SecretValues } from "./secret-values.ts";

/** Organizations' clients at Okta: the OIDC of `okta/` with the secrets of the cluster. */
export class OktaClients {
  readonly #oidc: Pick<Oidc, "startLogin" | "finishLogin" | "endSessionURL">;
  readonly #secrets: Pick<SecretValues, "read">;

  constructor(deps: {
    oidc: Pick<Oidc, "startLogin" | "finishLogin" | "endSessionURL">;
    secrets: Pick<SecretValues, "read">;
  }) {
    this.#oidc = deps.oidc;
    this.#secrets = deps.secrets;
  }

  /** @throws IssuerUnreachableError, WrongIssuerError, SecretNotFoundError, SecretUnreadableError */
  async startLogin(
    organization: Organization,
    request: LoginRequest,
  ): Promise<{ url: string; transaction: LoginTransaction }> {
    return this.#oidc.startLogin(await this.#settings(organization), request);
  }

  /**
   * As `Oidc.finishLogin`. When Okta doesn't accept the client, the secret may have been replaced a moment ago:
   * it is read again, and if it is another one, tried once more. Okta keeps the code for that.
   * @throws LoginError, IssuerUnreachableError, WrongIssuerError, SecretNotFoundError, SecretUnreadableError
   */
  async finishLogin(
    organization: Organization,
    callback: { callbackURL: string; transaction: LoginTransaction },
  ): Promise<SignedIn> {
    const settings = await this.#settings(organization);
    try {
      return await this.#oidc.finishLogin(settings, callback);
    } catch (error) {
      if (!(error instanceof InvalidClientError)) throw error;
      const again = await this.#settings(organization, { fresh: true });
      if (again.clientSecret === settings.clientSecret) throw error;
      return this.#oidc.finishLogin(again, callback);
    }
  }

  /**
   * Where the browser ends the person's session at Okta. Undefined where the issuer offers no such thing.
   * @throws IssuerUnreachableError, WrongIssuerError, SecretNotFoundError, SecretUnreadableError
   */
  async endSessionURL(
    organization: Organization,
    request: { idTokenHint?: string; postLogoutRedirectURI: string; state?: string },
  ): Promise<string | undefined> {
    return this.#oidc.endSessionURL(await this.#settings(organization), request);
  }

  async #settings(organization: Organization, options?: { fresh: boolean }): Promise<OidcSettings> {
    const { namespace = "" } = organization.metadata;
    const secret = await this.#secrets.read(namespace, organization.spec.okta.clientSecretRef, options);
    return oidcSettings(organization, secret);
  }
}
