import {
  type CryptoKey,
  createLocalJWKSet,
  type JWK,
  type JWSHeaderParameters,
  type LocalJWKSet,
} from "jose";
import { z } from "zod";
import { OktaError, withoutPayload } from "../errors.ts";
import type { Http } from "../http/http.ts";
import { IdTokenInvalidError, SigningKeysUnreachableError } from "./login-errors.ts";

/** The keys themselves are jose's to check. */
const keySetSchema = z.object({ keys: z.array(z.custom<JWK>()).max(100) });

/** How long keys are used before they are read again. */
const MAX_AGE_MS = 300_000;
/** How long keys are still used while they can't be read. */
const STALE_MS = 3_600_000;
/** At most this often are keys read again because one is missing. */
const COOLDOWN_MS = 10_000;

/**
 * The keys that an issuer signs with (RFC 7517), read once and remembered for a while. A key that isn't among
 * them makes them read again, because issuers rotate; whoever asks at the same time shares one request.
 */
export class SigningKeys {
  readonly #url: string;
  readonly #http: Http;
  readonly #now: () => number;
  #known: { keys: LocalJWKSet; readAt: number } | undefined;
  #reading: Promise<LocalJWKSet> | undefined;

  /**
   * @param url the issuer's `jwks_uri`
   * @param now a clock that never goes back, ms
   */
  constructor({ url, http, now }: { url: string; http: Http; now: () => number }) {
    this.#url = url;
    this.#http = http;
    this.#now = now;
  }

  /**
   * The key that a token's header names. Without a `kid` there has to be exactly one that fits.
   * @throws SigningKeysUnreachableError when the keys can't be read
   * @throws IdTokenInvalidError (`key`) when the issuer has no such key
   */
  async find(header: JWSHeaderParameters): Promise<CryptoKey> {
    const found = await pick(await this.#current(), header);
    if (!(found instanceof Error)) return found;
    if (this.#known && this.#now() - this.#known.readAt < COOLDOWN_MS)
      throw new IdTokenInvalidError("key", { cause: found });
    const again = await pick(await this.#read(), header);
    if (again instanceof Error) throw new IdTokenInvalidError("key", { cause: again });
    return again;
  }

  async #current(): Promise<LocalJWKSet> {
    const known = this.#known;
    if (known && this.#now() - known.readAt < MAX_AGE_MS) return known.keys;
    try {
      return await this.#read();
    } catch (error) {
      if (known && this.#now() - known.readAt < STALE_MS) return known.keys;
      throw error;
    }
  }

  #read(): Promise<LocalJWKSet> {
    this.#reading ??= this.#request().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #request(): Promise<LocalJWKSet> {
    try {
      const answer = await this.#http.json(this.#url, {
        headers: { accept: "application/json, application/jwk-set+json" },
      });
      const keys = createLocalJWKSet(keySetSchema.parse(answer));
      this.#known = { keys, readAt: this.#now() };
      return keys;
    } catch (error) {
      throw new SigningKeysUnreachableError(error instanceof OktaError ? error : withoutPayload(error));
    }
  }
}

/** The one key that fits a header, or why there is none: other kinds, curves and purposes, or several. */
async function pick(keys: LocalJWKSet, header: JWSHeaderParameters): Promise<CryptoKey | Error> {
  try {
    return await keys(header);
  } catch (error) {
    return withoutPayload(error);
  }
}
