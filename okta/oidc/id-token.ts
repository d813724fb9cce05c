import { z } from "zod";
import type { Claims } from "./claims.ts";
import { IdTokenInvalidError } from "./login-errors.ts";
import { isAlgorithm, verifySignature } from "./signature.ts";
import type { SigningKeys } from "./signing-keys.ts";

/** How far Okta's clock and ours may differ, in seconds. */
export const CLOCK_TOLERANCE_S = 30;

const headerSchema = z.object({
  alg: z.string(),
  kid: z.string().optional(),
  crit: z.undefined().optional(),
});

/**
 * Verifies that the issuer signed a token.
 *
 * OpenID Connect lets a client of the code flow trust TLS instead (Core 1.0, section 3.1.3.7, item 6), and
 * openid-client does so unless told otherwise. Here the signature is always verified: whoever can answer for
 * the token endpoint (a proxy that opens TLS, a wrong host in a name server) could else be anybody.
 * @throws IdTokenInvalidError, SigningKeysUnreachableError
 */
export async function verifyIssuerSignature(token: string, keys: SigningKeys): Promise<void> {
  const [protectedHeader, payload, signature, ...rest] = token.split(".");
  if (protectedHeader === undefined || payload === undefined || signature === undefined || rest.length > 0)
    throw new IdTokenInvalidError("format");
  const { alg, kid } = readHeader(protectedHeader);
  if (!isAlgorithm(alg)) throw new IdTokenInvalidError("algorithm");
  const key = await keys.find(kid, alg);
  if (!verifySignature(alg, key, `${protectedHeader}.${payload}`, Buffer.from(signature, "base64url")))
    throw new IdTokenInvalidError("signature");
}

function readHeader(encoded: string): z.infer<typeof headerSchema> {
  try {
    return headerSchema.parse(JSON.parse(Buffer.from(encoded, "base64url").toString("utf8")));
  } catch (cause) {
    throw new IdTokenInvalidError("format", { cause });
  }
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
