import { createECDH, createPrivateKey, type KeyObject } from "node:crypto";

/** A key by which applications are told who somebody is: they check it by its public half. */
export interface AssertionKey {
  /** Of P-256, for ES256. */
  readonly signing: KeyObject;
  /** The public half as a JSON Web Key (RFC 7517). */
  readonly jwk: Readonly<Record<string, string>>;
}

/** Bytes to make a key of: 16 more than it has, so that none is likelier than another. */
export const SEED_BYTES = 48;

/** n of P-256 (FIPS 186-4, D.1.2.3). */
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/**
 * The key that follows from these bytes (FIPS 186-5, A.2.1), so that replicas who share a secret share the key, too,
 * without storing anything more.
 */
export function assertionKey(id: string, seed: Buffer): AssertionKey {
  const scalar = (BigInt(`0x${seed.toString("hex")}`) % (ORDER - 1n)) + 1n;
  const d = Buffer.from(scalar.toString(16).padStart(64, "0"), "hex");
  const ecdh = createECDH("prime256v1");
  ecdh.setPrivateKey(d);
  const point = ecdh.getPublicKey(); // 4, x, y
  const x = point.toString("base64url", 1, 33);
  const y = point.toString("base64url", 33);
  const curve = { kty: "EC", crv: "P-256", x, y };
  return {
    signing: createPrivateKey({ format: "jwk", key: { ...curve, d: d.toString("base64url") } }),
    jwk: { ...curve, kid: id, use: "sig", alg: "ES256" },
  };
}
