import { createHash, randomUUID } from "node:crypto";
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from "jose";
import { first, type HttpAnswer } from "../http/answer.ts";

/** A key that access tokens are bound to, and the proofs of having it (DPoP, RFC 9449). It is never stored. */
export class DPoPKey {
  readonly #privateKey: CryptoKey;
  readonly #publicJWK: JWK;
  /** The last nonce that the server gave (section 8). */
  #nonce: string | undefined;

  private constructor(privateKey: CryptoKey, publicJWK: JWK) {
    this.#privateKey = privateKey;
    this.#publicJWK = publicJWK;
  }

  static async make(): Promise<DPoPKey> {
    const { privateKey, publicKey } = await generateKeyPair("ES256");
    return new DPoPKey(privateKey, await exportJWK(publicKey));
  }

  get nonce(): string | undefined {
    return this.#nonce;
  }

  /** A proof for one request (section 4.2), bound to the access token where one is sent along. */
  async proof(method: string, url: URL, accessToken?: string): Promise<string> {
    return await new SignJWT({
      htm: method,
      htu: `${url.origin}${url.pathname}`,
      ...(this.#nonce === undefined ? {} : { nonce: this.#nonce }),
      ...(accessToken === undefined
        ? {}
        : { ath: createHash("sha256").update(accessToken).digest("base64url") }),
    })
      .setProtectedHeader({ typ: "dpop+jwt", alg: "ES256", jwk: this.#publicJWK })
      .setIssuedAt()
      .setJti(randomUUID())
      .sign(this.#privateKey);
  }

  /** Takes the nonce out of an answer. True when there was a new one. */
  learnNonce({ headers }: HttpAnswer): boolean {
    const nonce = first(headers["dpop-nonce"]);
    if (nonce === undefined || nonce === this.#nonce) return false;
    this.#nonce = nonce;
    return true;
  }
}
