import { createPrivateKey, type KeyObject } from "node:crypto";
import { z } from "zod";
import { withoutPayload } from "../errors.ts";
import { DirectoryUnauthorizedError } from "./directory-errors.ts";

/** The private key of a service app, and how it signs. */
export interface PrivateKey {
  readonly key: KeyObject;
  readonly alg: string;
  readonly kid: string | undefined;
}

const EC_ALGORITHMS: Readonly<Record<string, string>> = {
  prime256v1: "ES256",
  secp384r1: "ES384",
  secp521r1: "ES512",
};
const jwkSchema = z.looseObject({ kty: z.string(), kid: z.string().optional() });

/**
 * Reads a private key: PEM (PKCS #8 or PKCS #1), or a JWK as JSON.
 * @throws DirectoryUnauthorizedError, which never quotes the key
 */
export function readPrivateKey(text: string): PrivateKey {
  try {
    const trimmed = text.trim();
    const jwk = trimmed.startsWith("{") ? jwkSchema.parse(JSON.parse(trimmed)) : undefined;
    const key = jwk ? createPrivateKey({ key: jwk, format: "jwk" }) : createPrivateKey(trimmed);
    const alg =
      key.asymmetricKeyType === "rsa" ? "RS256" : EC_ALGORITHMS[key.asymmetricKeyDetails?.namedCurve ?? ""];
    if (!alg) throw new Error("Okta takes RSA and EC keys");
    return { key, alg, kid: jwk?.kid };
  } catch (error) {
    // A JSON parser quotes what it can't read: the message of an error here may hold part of the key.
    const cause = error instanceof SyntaxError ? new Error("not JSON") : withoutPayload(error);
    throw new DirectoryUnauthorizedError("the private key has to be PEM or a JWK of an RSA or EC key.", {
      cause,
    });
  }
}
