import { constants, type KeyObject, verify } from "node:crypto";

/** How a JWS algorithm is verified (RFC 7518, section 3; RFC 8037). */
interface Verification {
  readonly hash: string | null;
  readonly keyType: "rsa" | "ec" | "ed25519";
  readonly curve?: string;
  readonly pss?: true;
}

/** The algorithms that are accepted: asymmetric ones only, so neither `none` nor a shared secret. */
const ALGORITHMS = {
  RS256: { hash: "sha256", keyType: "rsa" },
  RS384: { hash: "sha384", keyType: "rsa" },
  RS512: { hash: "sha512", keyType: "rsa" },
  PS256: { hash: "sha256", keyType: "rsa", pss: true },
  PS384: { hash: "sha384", keyType: "rsa", pss: true },
  PS512: { hash: "sha512", keyType: "rsa", pss: true },
  ES256: { hash: "sha256", keyType: "ec", curve: "prime256v1" },
  ES384: { hash: "sha384", keyType: "ec", curve: "secp384r1" },
  ES512: { hash: "sha512", keyType: "ec", curve: "secp521r1" },
  EdDSA: { hash: null, keyType: "ed25519" },
} as const satisfies Record<string, Verification>;

export type Algorithm = keyof typeof ALGORITHMS;

/** Shortest RSA key that is believed (RFC 7518, section 3.3). */
const MIN_RSA_BITS = 2048;

export function isAlgorithm(alg: unknown): alg is Algorithm {
  return typeof alg === "string" && Object.hasOwn(ALGORITHMS, alg);
}

/** Whether a key may verify this algorithm: its type, its curve, its length and what the issuer says it is for. */
export function keyFits(
  { key, alg }: { key: KeyObject; alg: string | undefined },
  algorithm: Algorithm,
): boolean {
  const wanted: Verification = ALGORITHMS[algorithm];
  if (alg !== undefined && alg !== algorithm) return false;
  if (key.asymmetricKeyType !== wanted.keyType) return false;
  if (wanted.keyType === "rsa") return (key.asymmetricKeyDetails?.modulusLength ?? 0) >= MIN_RSA_BITS;
  return wanted.curve === undefined || key.asymmetricKeyDetails?.namedCurve === wanted.curve;
}

/**
 * Verifies a JWS signature, by node:crypto on this thread: keys stay parsed, and nothing waits in the pool of
 * threads that look-ups of host names use as well.
 */
export function verifySignature(
  algorithm: Algorithm,
  key: KeyObject,
  signed: string,
  signature: Buffer,
): boolean {
  const { hash, pss }: Verification = ALGORITHMS[algorithm];
  return verify(
    hash,
    Buffer.from(signed, "ascii"),
    pss
      ? { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
      : { key, dsaEncoding: "ieee-p1363" },
    signature,
  );
}
