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
import { FailedReadings, SharedReading } from "../shared-reading.ts";
import { IdTokenInvalidError, SigningKeysUnreachableError } from "./login-errors.ts";

/** The algorithms that are accepted: asymmetric ones only, so neither `none` nor a shared secret. */
export const ALGORITHMS = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
];

/** The keys themselves are jose's to check. */
const keySetSchema = z.object({ keys: z.array(z.custom<JWK>()).max(100) });

/** How long keys are used before they are read again. */
const MAX_AGE_MS = 300_000;
/** How long keys are still used while they can't be read. */
const STALE_MS = 3_600_000;
/** At most this often are keys read again because one is missing or doesn't fit, or because reading failed. */
const COOLDOWN_MS = 10_000;

interface Known {
  readonly keys: LocalJWKSet;
  readonly readAt: number;
}

/**
 * The keys that an issuer signs with (RFC 7517), read once and remembered for a while. A key that isn't among
 * them makes them read again, because issuers rotate; whoever asks at the same time shares one request.
 */
export class SigningKeys {
  readonly #url: string;
  readonly #http: Http;
  readonly #now: () => number;
  #known: Known | undefined;
  readonly #failures = new FailedReadings<SigningKeysUnreachableError>();
  readonly #reading = new SharedReading<Known>();

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
    const again = await this.findAnew(header);
    if (again) return again;
    throw new IdTokenInvalidError("key", { cause: found });
  }

  /**
   * The key that a token's header names, in keys that are read anew: the one that was found doesn't verify it, and
   * some issuers put a new key under an old id. Undefined when they have just been read, or have no such key.
   * @throws SigningKeysUnreachableError when the keys can't be read
   */
  async findAnew(header: JWSHeaderParameters): Promise<CryptoKey | undefined> {
    if (this.#known) {
      const failure = this.#failures.last;
      if (failure && this.#isRecent(failure.at)) throw failure.error;
      if (this.#isRecent(this.#known.readAt)) return undefined;
    }
    const found = await pick(await this.#read(), header);
    return found instanceof Error ? undefined : found;
  }

  /** What is known, unless it is time to read. While the keys can't be read, those that were good are for a while. */
  async #current(): Promise<Known> {
    const known = this.#known;
    if (!known) return this.#read();
    const age = this.#now() - known.readAt;
    if (age < MAX_AGE_MS) return known;
    const isUsable = age < STALE_MS;
    if (isUsable && this.#isRecent(this.#failures.last?.at)) return known;
    try {
      return await this.#read();
    } catch (error) {
      if (isUsable) return known;
      throw error;
    }
  }

  #isRecent(at: number | undefined): boolean {
    return at !== undefined && this.#now() - at < COOLDOWN_MS;
  }

  #read(): Promise<Known> {
    return this.#reading.read(() => this.#request());
  }

  async #request(): Promise<Known> {
    try {
      const answer = await this.#http.json(this.#url, {
        headers: { accept: "application/json, application/jwk-set+json" },
      });
      const { keys: published } = keySetSchema.parse(answer);
      const keys = createLocalJWKSet({ keys: published });
      // An issuer without keys has signed nothing: that is a fault of its own, and no word on the keys it had.
      if (!(await holdsUsable(published))) throw new Error("none of them verifies signatures");
      this.#known = { keys, readAt: this.#now() };
      this.#failures.succeeded();
      return this.#known;
    } catch (cause) {
      const error = new SigningKeysUnreachableError(
        cause instanceof OktaError ? cause : withoutPayload(cause),
      );
      this.#failures.failed(error, this.#now());
      throw error;
    }
  }
}

/** The one key that fits a header, or why there is none: other kinds, curves and purposes, or several. */
async function pick({ keys }: Pick<Known, "keys">, header: JWSHeaderParameters): Promise<CryptoKey | Error> {
  try {
    return await keys(header);
  } catch (error) {
    return withoutPayload(error);
  }
}

/** Whether a signature by one of the accepted algorithms could be verified with one of these. */
async function holdsUsable(published: readonly JWK[]): Promise<boolean> {
  for (const jwk of published) {
    const keys = createLocalJWKSet({ keys: [jwk] });
    for (const alg of ALGORITHMS) {
      const found = await pick({ keys }, { alg });
      if (!(found instanceof Error)) return true;
    }
  }
  return false;
}
