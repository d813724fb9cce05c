import { randomNonce, randomPKCECodeVerifier, randomState } from "openid-client";

/** What proves that an answer from Okta belongs to a sign-in: nobody can guess it, and each sign-in has its own. */
export interface LoginProof {
  readonly state: string;
  readonly nonce: string;
  readonly codeVerifier: string;
}

/** One sign-in under way. Only the browser that started it may bring it back. */
export interface LoginTransaction extends LoginProof {
  readonly issuer: string;
  readonly clientID: string;
  readonly redirectURI: string;
  readonly returnTo: string;
  /** ms since 1970 */
  readonly createdAt: number;
}

/** A proof made at random. */
export function newProof(): LoginProof {
  return { state: randomState(), nonce: randomNonce(), codeVerifier: randomPKCECodeVerifier() };
}
