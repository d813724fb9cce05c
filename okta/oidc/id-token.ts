import { compactVerify, decodeProtectedHeader, errors, type JWSHeaderParameters } from "jose";
import { withoutPayload } from "../errors.ts";
import type { Claims } from "./claims.ts";
import { type IdTokenCheck, IdTokenInvalidError } from "./login-errors.ts";
import { ALGORITHMS, type SigningKeys } from "./signing-keys.ts";

/** How far Okta's clock and ours may differ, in seconds. */
export const CLOCK_TOLERANCE_S = 30;

/**
 * Verifies that the issuer signed a token.
 *
 * OpenID Connect lets a client of the code flow trust TLS instead (Core 1.0, section 3.1.3.7, item 6), and
 * openid-client does so unless told otherwise. Here the signature is always verified: whoever can answer for
 * the token endpoint (a proxy that opens TLS, a wrong host in a name server) could else be anybody.
 * @throws IdTokenInvalidError, SigningKeysUnreachableError
 */
export async function verifyIssuerSignature(token: string, keys: SigningKeys): Promise<void> {
  try {
    await verify(token, keys);
  } catch (error) {
    const check = failedCheck(error);
    throw check ? new IdTokenInvalidError(check, { cause: withoutPayload(error) }) : error;
  }
}

async function verify(token: string, keys: SigningKeys): Promise<void> {
  const options = { algorithms: ALGORITHMS };
  try {
    await compactVerify(token, (header: JWSHeaderParameters) => keys.find(header), options);
  } catch (error) {
    if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error;
    const anew = await keys.findAnew(decodeProtectedHeader(token));
    if (!anew) throw error;
    await compactVerify(token, anew, options);
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
 * @throws IdTokenInvalidError
 */
export function checkIdTokenClaims(
  claims: Claims & { sub: string; iat: number },
  { clientID, nowS }: { clientID: string; nowS: number },
): void {
  if (Object.hasOwn(claims, "azp") && claims.azp !== clientID)
    throw new IdTokenInvalidError("authorized-party");
  if (claims.iat > nowS + CLOCK_TOLERANCE_S) throw new IdTokenInvalidError("issued-at");
  if (typeof claims.auth_time === "number" && claims.auth_time > nowS + CLOCK_TOLERANCE_S)
    throw new IdTokenInvalidError("auth-time");
  if (claims.sub === "" || claims.sub.length > 255) throw new IdTokenInvalidError("subject");
}
