import { createHash } from "node:crypto";
import { compactVerify, decodeProtectedHeader, errors, type JWSHeaderParameters } from "jose";
import { CLOCK_TOLERANCE_S, type ClockDifference } from "../clocks.ts";
import { withoutPayload } from "../errors.ts";
import type { Claims } from "./claims.ts";
import { failedCheckError } from "./id-token-times.ts";
import { type IdTokenCheck, IdTokenInvalidError } from "./login-errors.ts";
import { ALGORITHMS, type SigningKeys } from "./signing-keys.ts";

/**
 * Verifies that the issuer signed a token.
 *
 * OpenID Connect lets a client of the code flow trust TLS instead (Core 1.0, section 3.1.3.7, item 6), and
 * openid-client does so unless told otherwise. Here the signature is always verified: whoever can answer for
 * the token endpoint (a proxy that opens TLS, a wrong host in a name server) could else be anybody.
 * @returns the algorithm that it is signed with
 * @throws IdTokenInvalidError, SigningKeysUnreachableError
 */
export async function verifyIssuerSignature(token: string, keys: SigningKeys): Promise<string> {
  try {
    return await verify(token, keys);
  } catch (error) {
    const check = failedCheck(error);
    throw check ? new IdTokenInvalidError(check, { cause: withoutPayload(error) }) : error;
  }
}

async function verify(token: string, keys: SigningKeys): Promise<string> {
  const options = { algorithms: ALGORITHMS };
  try {
    const find = (header: JWSHeaderParameters) => keys.find(header);
    return (await compactVerify(token, find, options)).protectedHeader.alg;
  } catch (error) {
    if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error;
    const anew = await keys.findAnew(decodeProtectedHeader(token));
    if (!anew) throw error;
    return (await compactVerify(token, anew, options)).protectedHeader.alg;
  }
}

/** Which check of jose's it was. Undefined: an error of our own. */
function failedCheck(error: unknown): IdTokenCheck | undefined {
  if (error instanceof errors.JWSSignatureVerificationFailed) return "signature";
  if (error instanceof errors.JOSEAlgNotAllowed) return "algorithm";
  if (error instanceof errors.JOSEError) return "format";
  // What jose throws for an RSA key of less than 2,048 bits (RFC 7518, section 3.3).
  return error instanceof TypeError ? "key" : undefined;
}

/**
 * What openid-client leaves out of OpenID Connect Core 1.0, section 3.1.3.7: a present `azp` has to be this
 * client (item 5), nothing may be issued in the future, and a subject has at most 255 characters (section 2).
 * @param clock how far Okta's clock is ahead of ours, where that is known
 * @throws IdTokenInvalidError
 */
export function checkIdTokenClaims(
  claims: Claims & { sub: string; iat: number },
  { clientID, nowS, clock }: { clientID: string; nowS: number; clock: ClockDifference | undefined },
): void {
  const fail = (check: IdTokenCheck): never => {
    throw failedCheckError(check, claims, { nowS, clock });
  };
  if (Object.hasOwn(claims, "azp") && claims.azp !== clientID) fail("authorized-party");
  if (claims.iat > nowS + CLOCK_TOLERANCE_S) fail("issued-at");
  if (typeof claims.auth_time === "number" && claims.auth_time > nowS + CLOCK_TOLERANCE_S) fail("auth-time");
  if (claims.sub === "" || claims.sub.length > 255) fail("subject");
}

/**
 * Checks that the access token is the one that the ID token came with, where it says so: `at_hash` is the left half of
 * its hash (OpenID Connect Core 1.0, sections 3.1.3.6 and 3.1.3.8).
 * @param alg the algorithm that the ID token is signed with
 * @throws IdTokenInvalidError
 */
export function checkAccessTokenHash({ at_hash: said }: Claims, accessToken: string, alg: string): void {
  if (said === undefined) return;
  const digest = createHash(hashOf(alg)).update(accessToken, "ascii").digest();
  if (said !== digest.subarray(0, digest.length / 2).toString("base64url"))
    throw new IdTokenInvalidError("access-token-hash");
}

/** The hash that belongs to a signature's algorithm: SHA-512 is Ed25519's own (RFC 8032, section 5.1). */
function hashOf(alg: string): string {
  return alg === "EdDSA" ? "sha512" : `sha${alg.slice(-3)}`;
}
