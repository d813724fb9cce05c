import * as client from "openid-client";
import type { GroupsClaim } from "../../identity/groups-verdict.ts";
import { OktaError } from "../errors.ts";
import type { Http } from "../http/http.ts";
import { checkAuthorizationResponse } from "./authorization-response.ts";
import {
  type ClaimNames,
  type Claims,
  completePerson,
  type Person,
  readGroupsClaim,
  readPerson,
} from "./claims.ts";
import { checkAccessTokenHash, checkIdTokenClaims, verifyIssuerSignature } from "./id-token.ts";
import { type DiscoveredIssuer, Issuers } from "./issuer.ts";
import {
  CodeRejectedError,
  LoginExpiredError,
  SettingsChangedError,
  TokenResponseInvalidError,
} from "./login-errors.ts";
import { type TokenRequest, tokenError, userInfoError } from "./openid-client-errors.ts";
import { type Client, type OpenidClient, OpenidClientInstances } from "./openid-client-instances.ts";
import { type LoginProof, type LoginTransaction, newProof } from "./transaction.ts";

/** An organization's client at Okta, with its secret or key. */
export interface OidcSettings extends Client {
  readonly issuer: string;
  /** `openid` is always sent. */
  readonly scopes: readonly string[];
  readonly claims: ClaimNames;
}

export interface LoginRequest {
  /** The callback's public URL, as registered with Okta. */
  readonly redirectURI: string;
  /** Where the person wants to go afterwards. It is carried along, and not looked at. */
  readonly returnTo: string;
  /** Asks the person to authenticate anew (OpenID Connect Core 1.0, section 3.1.2.1). */
  readonly prompt?: "login";
  /** Default: made at random. Whoever brings their own answers for it that nobody can guess it. */
  readonly proof?: LoginProof;
}

/** A person whom Okta has signed in. Everything in it has been verified. */
export interface SignedIn {
  readonly person: Person;
  readonly groups: GroupsClaim;
  /** For the logout at Okta. A secret. */
  readonly idToken: string;
  readonly returnTo: string;
  /** Why userinfo couldn't be read, where only attributes were wanted of it: what was known of these still holds. */
  readonly unread?: OktaError;
}

export interface OidcOptions {
  http: Http;
  issuers?: Issuers;
  /** How long a person may take at Okta. ms, default 15 min */
  loginTimeoutMs?: number;
  /** ms since 1970 */
  now?: () => number;
}

/** Signing in with Okta: OpenID Connect's code flow with PKCE, a state and a nonce. */
export class Oidc {
  readonly #issuers: Issuers;
  readonly #instances: OpenidClientInstances;
  readonly #loginTimeoutMs: number;
  readonly #now: () => number;

  constructor({ http, issuers, loginTimeoutMs = 15 * 60_000, now = Date.now }: OidcOptions) {
    this.#issuers = issuers ?? new Issuers({ http });
    this.#instances = new OpenidClientInstances({ http, now });
    this.#loginTimeoutMs = loginTimeoutMs;
    this.#now = now;
  }

  /**
   * The metadata of an issuer, from memory where it was read lately and unless `fresh`.
   * @throws IssuerUnreachableError, WrongIssuerError
   */
  discover(issuer: string, options?: { fresh?: boolean }): Promise<DiscoveredIssuer> {
    return this.#issuers.discover(issuer, options);
  }

  /**
   * Starts a sign-in. Send the browser to `url`, and keep `transaction` where only that browser brings it back
   * and nobody can read or change it: it holds what proves that an answer from Okta belongs to this sign-in.
   * @throws IssuerUnreachableError, WrongIssuerError
   */
  async startLogin(
    settings: OidcSettings,
    { redirectURI, returnTo, prompt, proof = newProof() }: LoginRequest,
  ): Promise<{ url: string; transaction: LoginTransaction }> {
    const issuer = await this.#issuers.discover(settings.issuer);
    const { clientID } = settings;
    const createdAt = this.#now();
    const transaction = { issuer: settings.issuer, clientID, redirectURI, returnTo, ...proof, createdAt };
    const url = client.buildAuthorizationUrl(this.#instances.addressesOf(issuer, clientID), {
      redirect_uri: redirectURI,
      scope: [...new Set(["openid", ...settings.scopes])].join(" "),
      state: transaction.state,
      nonce: transaction.nonce,
      code_challenge: await client.calculatePKCECodeChallenge(transaction.codeVerifier),
      code_challenge_method: "S256",
      ...(prompt === undefined ? {} : { prompt }),
    });
    return { url: url.href, transaction };
  }

  /**
   * Finishes a sign-in: checks the callback against the transaction, redeems the code, verifies the ID token
   * (signature, algorithm, issuer, audience, azp, nonce, times, the access token's hash) and reads who it is and in
   * which groups. What the ID token doesn't say is asked of userinfo; nobody is refused for an address that it can't tell.
   * @param callbackURL the callback as it was called, absolute or not; only its query counts
   * @throws LoginError, IssuerUnreachableError, WrongIssuerError, PrivateKeyInvalidError
   */
  async finishLogin(
    settings: OidcSettings,
    { callbackURL, transaction }: { callbackURL: string; transaction: LoginTransaction },
  ): Promise<SignedIn> {
    this.#checkTransaction(settings, transaction);
    const issuer = await this.#issuers.discover(settings.issuer);
    const url = new URL(transaction.redirectURI);
    url.search = new URL(callbackURL, url).search;
    checkAuthorizationResponse(url.searchParams, transaction.state, issuer.metadata);

    const { idToken, accessToken, claims, openidClient } = await this.#instances.ask(
      issuer,
      settings,
      async (openidClient) => ({
        openidClient,
        ...(await this.#redeem(openidClient, url, { settings, transaction })),
      }),
    );
    const alg = await verifyIssuerSignature(idToken, issuer.keys);
    checkIdTokenClaims(claims, this.#request(openidClient, settings));
    checkAccessTokenHash(claims, accessToken, alg);

    const groups = readGroupsClaim(claims, settings.claims.groups);
    const person = readPerson(claims, settings.claims);
    const signedIn: SignedIn = { person, groups, idToken, returnTo: transaction.returnTo };
    const without = groups.kind === "missing" ? "groups" : person.email === undefined ? "email" : undefined;
    if (!isOnUserInfo(without, issuer, settings)) return signedIn;

    let userInfo: Claims;
    try {
      userInfo = await this.#userInfo(openidClient, accessToken, claims.sub);
    } catch (error) {
      // Nobody's access depends on their address.
      if (without === "email" && error instanceof OktaError) return { ...signedIn, unread: error };
      throw error;
    }
    return {
      ...signedIn,
      person: completePerson(
        person,
        readPerson({ ...userInfo, iss: claims.iss, sub: claims.sub }, settings.claims),
      ),
      groups: groups.kind === "missing" ? readGroupsClaim(userInfo, settings.claims.groups) : groups,
    };
  }

  /**
   * Where to send the browser so that the person is signed out at Okta too and another account can sign in
   * (OpenID Connect RP-Initiated Logout 1.0). Undefined where the issuer offers none.
   * @throws IssuerUnreachableError, WrongIssuerError
   */
  async endSessionURL(
    settings: Pick<OidcSettings, "issuer" | "clientID">,
    {
      idTokenHint,
      postLogoutRedirectURI,
      state,
    }: { idTokenHint?: string; postLogoutRedirectURI: string; state?: string },
  ): Promise<string | undefined> {
    const issuer = await this.#issuers.discover(settings.issuer);
    if (issuer.metadata.end_session_endpoint === undefined) return undefined;
    return client.buildEndSessionUrl(this.#instances.addressesOf(issuer, settings.clientID), {
      post_logout_redirect_uri: postLogoutRedirectURI,
      ...(idTokenHint === undefined ? {} : { id_token_hint: idTokenHint }),
      ...(state === undefined ? {} : { state }),
    }).href;
  }

  /**
   * Asks the token endpoint whether it takes this client with its secret or key, by redeeming a code that nobody was
   * given: whoever refuses the code has accepted the client (RFC 6749, section 5.2).
   * @throws InvalidClientError, PrivateKeyInvalidError when it doesn't; LoginError, IssuerUnreachableError,
   *   WrongIssuerError when that can't be said
   */
  async checkClient(settings: OidcSettings, redirectURI: string): Promise<void> {
    const issuer = await this.#issuers.discover(settings.issuer);
    const question = {
      code: "is-this-client-known",
      redirect_uri: redirectURI,
      code_verifier: "x".repeat(43),
    };
    await this.#instances.ask(issuer, settings, async (openidClient) => {
      try {
        await client.genericGrantRequest(openidClient.configuration, "authorization_code", question);
      } catch (error) {
        const refusal = await tokenError(error, this.#request(openidClient, settings));
        if (!(refusal instanceof CodeRejectedError)) throw refusal;
      }
    });
  }

  #checkTransaction(settings: OidcSettings, { issuer, clientID, createdAt }: LoginTransaction): void {
    if (this.#now() - createdAt > this.#loginTimeoutMs) throw new LoginExpiredError();
    if (issuer !== settings.issuer || clientID !== settings.clientID) throw new SettingsChangedError();
  }

  async #redeem(
    openidClient: OpenidClient,
    callback: URL,
    { settings, transaction }: { settings: OidcSettings; transaction: LoginTransaction },
  ): Promise<{ idToken: string; accessToken: string; claims: client.IDToken }> {
    const { state, nonce, codeVerifier } = transaction;
    let answer: Awaited<ReturnType<typeof client.authorizationCodeGrant>>;
    try {
      answer = await client.authorizationCodeGrant(openidClient.configuration, callback, {
        pkceCodeVerifier: codeVerifier,
        expectedState: state,
        expectedNonce: nonce,
        idTokenExpected: true,
      });
    } catch (error) {
      throw await tokenError(error, this.#request(openidClient, settings));
    }
    const claims = answer.claims();
    if (answer.id_token === undefined || claims === undefined)
      throw new TokenResponseInvalidError("there is no ID token in it");
    return { idToken: answer.id_token, accessToken: answer.access_token, claims };
  }

  #request({ clock }: OpenidClient, { clientID, authentication }: OidcSettings): TokenRequest {
    return {
      clientID,
      authentication: authentication.kind,
      nowS: this.#now() / 1000,
      clock: clock.difference,
    };
  }

  async #userInfo({ configuration }: OpenidClient, accessToken: string, subject: string): Promise<Claims> {
    try {
      return await client.fetchUserInfo(configuration, accessToken, subject);
    } catch (error) {
      throw userInfoError(error);
    }
  }
}

/** Org servers put groups, and custom servers email, into userinfo where the ID token is a thin one. */
function isOnUserInfo(
  what: "groups" | "email" | undefined,
  { metadata }: DiscoveredIssuer,
  { scopes }: OidcSettings,
): boolean {
  if (metadata.userinfo_endpoint === undefined) return false;
  return what === "groups" || (what === "email" && scopes.includes("email"));
}
