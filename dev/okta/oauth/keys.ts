import { createHash, createPublicKey, generateKeyPair, type JsonWebKey, type KeyObject } from "node:crypto";
import { promisify } from "node:util";

/** A key that tokens are signed with, and the id by which its public half is found at /keys. */
export interface SigningKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
}

const generate = promisify(generateKeyPair);
const kept = new Map<string, Promise<SigningKey>>();

/** A new RSA key of 2048 bits, as Okta uses for RS256. Takes some 100 ms. */
export async function newSigningKey(): Promise<SigningKey> {
  const { privateKey } = await generate("rsa", { modulusLength: 2048 });
  return signingKey(privateKey);
}

/** A signing key from one's own RSA private key; the id is its thumbprint (RFC 7638). */
function signingKey(privateKey: KeyObject): SigningKey {
  const { e, kty, n } = createPublicKey(privateKey).export({ format: "jwk" });
  const kid = createHash("sha256").update(JSON.stringify({ e, kty, n })).digest("base64url");
  return { kid, privateKey };
}

/** The process's key of this name, made on first use: stand-ins that come and go in tests share them. */
export function keptSigningKey(name: string): Promise<SigningKey> {
  const key = kept.get(name) ?? newSigningKey();
  kept.set(name, key);
  return key;
}

export function privateJwk({
  kid,
  privateKey,
}: SigningKey): JsonWebKey & { kid: string; alg: string; use: string } {
  return { ...privateKey.export({ format: "jwk" }), kid, alg: "RS256", use: "sig" };
}
