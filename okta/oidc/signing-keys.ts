import { createPublicKey, type KeyObject } from "node:crypto";
import { z } from "zod";
import { OktaError, withoutPayload } from "../errors.ts";
import type { Http } from "../http/http.ts";
import { IdTokenInvalidError, SigningKeysUnreachableError } from "./login-errors.ts";
import { type Algorithm, keyFits } from "./signature.ts";

const keySetSchema = z.object({ keys: z.array(z.record(z.string(), z.unknown())).max(100) });
const keySchema = z.object({
  kty: z.string(),
  kid: z.string().optional(),
  alg: z.string().optional(),
  use: z.string().optional(),
  key_ops: z.array(z.string()).optional(),
});

/** A public key of an issuer. */
export interface SigningKey {
  readonly kid: string | undefined;
  /** The only algorithm that the key is for, where the issuer says so. */
  readonly alg: string | undefined;
  readonly key: KeyObject;
}

export interface SigningKeysOptions {
  /** The issuer's `jwks_uri`. */
  url: string;
  http: Http;
  /** How long keys are used before they are read again. ms, default 5 min */
  maxAgeMs?: number;
  /** How long keys are still used while they can't be read. ms, default 1 h */
  staleMs?: number;
  /** At most this often are keys read again because one is missing. ms, default 10 s */
  cooldownMs?: number;
  now?: () => number;
}

/**
 * The keys that an issuer signs with (RFC 7517), read once and remembered for a while. A key that isn't among
 * them makes them read again, because issuers rotate; whoever asks at the same time shares one request.
 */
export class SigningKeys {
  readonly #options: Required<SigningKeysOptions>;
  #known: { keys: SigningKey[]; readAt: number } | undefined;
  #reading: Promise<SigningKey[]> | undefined;

  constructor(options: SigningKeysOptions) {
    this.#options = {
      maxAgeMs: 300_000,
      staleMs: 3_600_000,
      cooldownMs: 10_000,
      now: () => performance.now(),
      ...options,
    };
  }

  /**
   * The key that a token names. Without a `kid` there has to be exactly one that fits.
   * @throws SigningKeysUnreachableError when the keys can't be read
   * @throws IdTokenInvalidError (`key`) when the issuer has no such key
   */
  async find(kid: string | undefined, alg: Algorithm): Promise<KeyObject> {
    const found = pick(await this.#current(), kid, alg);
    if (found) return found.key;
    const { now, cooldownMs } = this.#options;
    if (this.#known && now() - this.#known.readAt < cooldownMs) throw new IdTokenInvalidError("key");
    const again = pick(await this.#read(), kid, alg);
    if (!again) throw new IdTokenInvalidError("key");
    return again.key;
  }

  async #current(): Promise<SigningKey[]> {
    const { now, maxAgeMs, staleMs } = this.#options;
    const known = this.#known;
    if (known && now() - known.readAt < maxAgeMs) return known.keys;
    try {
      return await this.#read();
    } catch (error) {
      if (known && now() - known.readAt < staleMs) return known.keys;
      throw error;
    }
  }

  #read(): Promise<SigningKey[]> {
    this.#reading ??= this.#request().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #request(): Promise<SigningKey[]> {
    const { http, url, now } = this.#options;
    try {
      const { keys } = keySetSchema.parse(
        await http.json(url, { headers: { accept: "application/json, application/jwk-set+json" } }),
      );
      const usable = keys.map(toSigningKey).filter((key) => key !== undefined);
      this.#known = { keys: usable, readAt: now() };
      return usable;
    } catch (error) {
      throw new SigningKeysUnreachableError(error instanceof OktaError ? error : withoutPayload(error));
    }
  }
}

function pick(keys: SigningKey[], kid: string | undefined, alg: Algorithm): SigningKey | undefined {
  const fitting = keys.filter((key) => (kid === undefined || key.kid === kid) && keyFits(key, alg));
  return fitting.length === 1 ? fitting[0] : undefined;
}

/** Undefined for keys of other kinds or purposes: a key set may hold some (RFC 7517, section 5). */
function toSigningKey(jwk: Record<string, unknown>): SigningKey | undefined {
  const parsed = keySchema.safeParse(jwk);
  if (!parsed.success) return undefined;
  const { kid, alg, use, key_ops } = parsed.data;
  if (use !== undefined && use !== "sig") return undefined;
  if (key_ops && !key_ops.includes("verify")) return undefined;
  try {
    return { kid, alg, key: createPublicKey({ key: jwk, format: "jwk" }) };
  } catch {
    return undefined; // of a kind that this runtime doesn't know
  }
}
