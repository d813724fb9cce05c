import { compactVerify, createLocalJWKSet, errors, type JWK, type LocalJWKSet } from "jose";
import type { Logger } from "pino";
import { z } from "zod";
import type { Client } from "../../kubernetes/index.ts";

/** Algorithms of the API server's signing keys (kube-apiserver, --service-account-signing-key-file). */
const ALGORITHMS = ["RS256", "ES256", "ES384", "ES512"];

/** The keys themselves are jose's to check. */
const keySet = z.object({ keys: z.array(z.custom<JWK>()).max(100) });

/** How long keys are used before they are read again. */
const MAX_AGE_MS = 300_000;
/** Somebody waits for it. */
const READ_TIMEOUT_MS = 3_000;
/** At most this often are they read because one is missing, or because reading failed. */
const COOLDOWN_MS = 2_000;

export interface ServiceAccountKeysOptions {
  readonly client: Pick<Client, "serviceAccountKeys">;
  readonly log: Logger;
  /** A clock that never goes back, ms. */
  readonly now?: () => number;
}

/**
 * The keys that service accounts' tokens are signed with. With them a forged token is known as one here, at the price of
 * looking at it: it is asked about nowhere, and holds nobody up who has a true one.
 */
export class ServiceAccountKeys {
  readonly #options: ServiceAccountKeysOptions;
  readonly #now: () => number;
  #keys: LocalJWKSet | undefined;
  #readAt = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | undefined;
  #isFailing = false;

  constructor(options: ServiceAccountKeysOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  /**
   * Whether the cluster has signed a token. "unknown" where that can't be told: the keys can't be read, or it names one
   * that isn't among them, as when the API servers have just got a new one.
   */
  async verify(token: string): Promise<"signed" | "forged" | "unknown"> {
    if (!this.#keys || this.#now() - this.#readAt >= MAX_AGE_MS) await this.#readAgain();
    const first = await this.#try(token);
    if (first !== "unknown") return first;
    await this.#readAgain();
    return this.#try(token);
  }

  async #try(token: string): Promise<"signed" | "forged" | "unknown"> {
    if (!this.#keys) return "unknown";
    try {
      await compactVerify(token, this.#keys, { algorithms: ALGORITHMS });
      return "signed";
    } catch (error) {
      const isNotKnown =
        error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys;
      return isNotKnown ? "unknown" : "forged";
    }
  }

  /** Callers share one reading. What is known stays in use while it fails. */
  #readAgain(): Promise<void> {
    if (!this.#reading && this.#now() - this.#readAt < COOLDOWN_MS) return Promise.resolve();
    this.#reading ??= this.#read().finally(() => {
      this.#readAt = this.#now();
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #read(): Promise<void> {
    const { client, log } = this.#options;
    try {
      const answer = await client.serviceAccountKeys({ signal: AbortSignal.timeout(READ_TIMEOUT_MS) });
      this.#keys = createLocalJWKSet(keySet.parse(answer));
      this.#isFailing = false;
    } catch (error) {
      // Whatever it is: then each token is asked about, as without these keys.
      if (!this.#isFailing)
        log.warn({ err: error }, "The keys of service accounts' tokens could not be read.");
      this.#isFailing = true;
    }
  }
}
