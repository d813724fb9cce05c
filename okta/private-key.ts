import { createPrivateKey, type KeyObject, type webcrypto } from "node:crypto";
import { z } from "zod";
import { OktaError, withoutPayload } from "./errors.ts";

/** The private key of an app, and how it signs. */
export interface PrivateKey {
  readonly key: KeyObject;
  readonly alg: string;
  readonly kid: string | undefined;
}

/** What was to be a private key isn't one. The message never quotes it. */
export class PrivateKeyInvalidError extends OktaError {
  readonly code = "private-key-invalid";

  constructor(options?: ErrorOptions, message = NO_KEY) {
    super(message, options);
  }
}

const NO_KEY =
  "The private key has to be PEM, a JWK or a JWK set, of RSA or EC keys with their private part.";
/** The shortest RSA key that signs by RS256 and the like (RFC 7518, section 3.3). */
const LEAST_RSA_BITS = 2_048;

const EC_ALGORITHMS: Readonly<Record<string, string>> = {
  prime256v1: "ES256",
  secp384r1: "ES384",
  secp521r1: "ES512",
};
const CURVES: Readonly<Record<string, string>> = { ES256: "P-256", ES384: "P-384", ES512: "P-521" };
const RSA_ALGORITHMS: readonly string[] = ["RS256", "RS384", "RS512"];

const jwkSchema = z.looseObject({ kty: z.string(), kid: z.string().optional(), alg: z.string().optional() });
const jwkSetSchema = z.object({ keys: z.array(jwkSchema).nonempty().max(10) });
type JWK = z.infer<typeof jwkSchema>;

/**
 * Reads private keys: one as PEM (PKCS #8 or PKCS #1) or as a JWK, or several as PEM blocks or as a JWK set. The first is
 * the one to sign with; the others are for as long as Okta doesn't know it yet.
 * @throws PrivateKeyInvalidError
 */
export function readPrivateKeys(text: string): readonly [PrivateKey, ...PrivateKey[]] {
  try {
    const trimmed = text.trim();
    const [first, ...others] = trimmed.startsWith("{") ? jwksOf(JSON.parse(trimmed)) : pemBlocksOf(trimmed);
    if (first === undefined) throw new Error("there is no PEM block in it");
    return [read(first), ...others.map(read)];
  } catch (error) {
    if (error instanceof PrivateKeyInvalidError) throw error;
    throw new PrivateKeyInvalidError({ cause: withoutPayload(error) });
  }
}

/** A private key as Web Crypto has it, fit to sign with its algorithm and for nothing else. */
export function signingKey({ key, alg }: PrivateKey): webcrypto.CryptoKey {
  const namedCurve = CURVES[alg];
  const algorithm =
    namedCurve === undefined
      ? { name: "RSASSA-PKCS1-v1_5", hash: `SHA-${alg.slice(-3)}` }
      : { name: "ECDSA", namedCurve };
  return key.toCryptoKey(algorithm, false, ["sign"]);
}

/** @param json an object, since it begins like one */
function jwksOf(json: object): JWK[] {
  return "keys" in json ? jwkSetSchema.parse(json).keys : [jwkSchema.parse(json)];
}

function pemBlocksOf(text: string): string[] {
  return text.match(/-----BEGIN [^-]+-----[^-]*-----END [^-]+-----/g) ?? [];
}

function read(written: JWK | string): PrivateKey {
  const jwk = typeof written === "string" ? undefined : written;
  const key = jwk ? createPrivateKey({ key: jwk, format: "jwk" }) : createPrivateKey(String(written));
  const alg =
    key.asymmetricKeyType === "rsa"
      ? (RSA_ALGORITHMS.find((known) => known === jwk?.alg) ?? "RS256")
      : EC_ALGORITHMS[key.asymmetricKeyDetails?.namedCurve ?? ""];
  if (!alg) throw new Error("Okta takes RSA and EC keys");
  checkLength(key);
  const privateKey = { key, alg, kid: jwk?.kid };
  // Fails where the parts of an EC key don't belong together, which else shows when something is to be signed.
  signingKey(privateKey);
  return privateKey;
}

/** @throws PrivateKeyInvalidError for what would fail only when something is to be signed */
function checkLength({ asymmetricKeyDetails: { modulusLength } = {} }: KeyObject): void {
  if (modulusLength === undefined || modulusLength >= LEAST_RSA_BITS) return;
  const cause = new Error(`an RSA key of ${modulusLength} bits`);
  throw new PrivateKeyInvalidError(
    { cause },
    `The private key is an RSA key of ${modulusLength} bits, which is too short to sign with: make one of 2048 bits or ` +
      "more, add its public key to the app in Okta, and store it in the Secret.",
  );
}
