import { randomUUID } from "node:crypto";
import { decodeJwt, SignJWT } from "jose";
import { z } from "zod";
import { clockAdvice, OktaClock } from "../clocks.ts";
import { first, type HttpAnswer, parseJson } from "../http/answer.ts";
import type { Http } from "../http/http.ts";
import { HttpStatusError } from "../http/http-errors.ts";
import { retryAfter } from "../http/retry-after.ts";
import { asSentence, oneLine } from "../one-line.ts";
import { type PrivateKey, PrivateKeyInvalidError, readPrivateKeys } from "../private-key.ts";
import type { Authorizer } from "./credentials.ts";
import {
  DirectoryForbiddenError,
  DirectoryInvalidAnswerError,
  DirectoryUnauthorizedError,
} from "./directory-errors.ts";
import { DPoPKey } from "./dpop.ts";
import { DIRECTORY_SCOPES, type DirectoryScope, LEAST_SCOPES, viewsFor } from "./endpoints.ts";

interface AccessToken {
  readonly value: string;
  readonly dpop: boolean;
  /** By the monotonic clock, ms */
  readonly renewAt: number;
  /** What Okta granted. */
  readonly scopes: ReadonlySet<string>;
  /** When a scope that is missing is asked for again. By the monotonic clock, ms */
  readonly askAgainAt: number;
}

/** How long a scope that Okta doesn't grant isn't asked for again. */
const ASK_AGAIN_MS = 5 * 60_000;

const tokenSchema = z.object({
  access_token: z.string().min(1),
  token_type: z.string(),
  expires_in: z.number().positive().catch(300),
  scope: z.string().optional(),
});
const tokenErrorSchema = z.object({ error: z.string(), error_description: z.string().optional() });

/**
 * Access tokens by client credentials: private_key_jwt (RFC 7523), and DPoP (RFC 9449) where the app requires
 * it, as new ones do. Whoever needs a token at the same time shares one request.
 */
export class ServiceApp implements Authorizer {
  readonly #clientID: string;
  /** The first signs; the others, where Okta doesn't know it yet. */
  readonly #keys: readonly PrivateKey[];
  readonly #http: Http;
  readonly #endpoint: URL;
  readonly #now: () => number;
  readonly #clock = new OktaClock();
  #token: AccessToken | undefined;
  #requesting: Promise<AccessToken> | undefined;
  #dpop: DPoPKey | undefined;

  constructor(
    { clientID, privateKey }: { clientID: string; privateKey: string },
    { url, http, now }: { url: URL; http: Http; now: () => number },
  ) {
    this.#now = now;
    this.#clientID = clientID;
    this.#keys = usableKeys(privateKey);
    this.#http = http;
    // The Management API takes tokens of the org authorization server only.
    this.#endpoint = new URL("/oauth2/v1/token", url);
  }

  async authorize(method: string, url: URL, scope: DirectoryScope): Promise<Record<string, string>> {
    const token = await this.#current(scope);
    if (!token.scopes.has(scope)) throw new DirectoryForbiddenError(scope, this.adviceOn(scope));
    const authorization = authorizationOf(token);
    if (!token.dpop || !this.#dpop) return { authorization };
    return { authorization, dpop: await this.#dpop.proof(method, url, token.value) };
  }

  rejected(answer: HttpAnswer, { authorization, dpop }: Record<string, string>): boolean {
    this.#dpop?.learnNonce(answer);
    if (wantsNonce(answer) && this.#dpop && dpop && this.#dpop.nonce !== nonceOf(dpop)) return true;
    // Of several that are refused at the same time, one renews the token, and the others take the new one.
    if (this.#token && authorization === authorizationOf(this.#token)) this.#token = undefined;
    return true;
  }

  /** A wrong clock makes every assertion and proof a wrong one, so that it is looked at before the key is blamed. */
  advice({ headers }: HttpAnswer): string {
    this.#clock.heard(first(headers.date), Date.now());
    return (
      clockAdvice(this.#clock.difference) ??
      "check the service app's clientID, and that its public key belongs to the private key in the Secret of privateKeyRef."
    );
  }

  adviceOn(scope: DirectoryScope): string {
    return toGrant(scope, viewsFor(scope));
  }

  async #current(scope: DirectoryScope): Promise<AccessToken> {
    const now = this.#now();
    if (
      this.#token &&
      now < this.#token.renewAt &&
      (this.#token.scopes.has(scope) || now < this.#token.askAgainAt)
    )
      return this.#token;
    this.#requesting ??= this.#request().finally(() => {
      this.#requesting = undefined;
    });
    this.#token = await this.#requesting;
    return this.#token;
  }

  async #request(): Promise<AccessToken> {
    let refusal: DirectoryUnauthorizedError | undefined;
    for (const key of this.#keys) {
      try {
        return await this.#requestWith(key);
      } catch (error) {
        if (!(error instanceof DirectoryUnauthorizedError)) throw error;
        refusal ??= error;
      }
    }
    throw refusal;
  }

  /** Okta refuses all scopes where one wasn't granted: an app that may not read the System Log still reads the others. */
  async #requestWith(key: PrivateKey): Promise<AccessToken> {
    try {
      return await this.#requestFor(DIRECTORY_SCOPES, key);
    } catch (error) {
      if (!(error instanceof DirectoryForbiddenError)) throw error;
      return await this.#requestFor(LEAST_SCOPES, key);
    }
  }

  async #requestFor(scopes: readonly DirectoryScope[], key: PrivateKey): Promise<AccessToken> {
    // Three answers at most: that DPoP is required, a nonce for it, and the token.
    for (let attempt = 0; attempt < 3; attempt++) {
      const answer = await this.#post(scopes, key);
      if (answer.status === 200) return understandToken(answer, scopes, this.#now());
      if (answer.status === 429 || answer.status >= 500 || answer.status < 400)
        throw new HttpStatusError(answer.where, answer.status, retryAfter(answer));
      const refusal = tokenErrorSchema.safeParse(jsonOrNothing(answer)).data;
      if (refusal?.error === "use_dpop_nonce" && this.#dpop?.learnNonce(answer)) continue;
      if (refusal?.error === "invalid_dpop_proof" && !this.#dpop) {
        this.#dpop = await DPoPKey.make();
        continue;
      }
      throw this.#refused(answer, refusal);
    }
    throw new DirectoryUnauthorizedError("its DPoP proof was refused three times.");
  }

  async #post(scopes: readonly DirectoryScope[], { key, alg, kid }: PrivateKey): Promise<HttpAnswer> {
    const assertion = await new SignJWT({})
      .setProtectedHeader({ alg, ...(kid === undefined ? {} : { kid }) })
      .setIssuer(this.#clientID)
      .setSubject(this.#clientID)
      .setAudience(this.#endpoint.href)
      .setIssuedAt()
      .setExpirationTime("5m")
      .setJti(randomUUID())
      .sign(key);
    return this.#http.request(this.#endpoint, {
      method: "POST",
      headers: {
        accept: "application/json",
        "content-type": "application/x-www-form-urlencoded",
        ...(this.#dpop ? { dpop: await this.#dpop.proof("POST", this.#endpoint) } : {}),
      },
      body: new URLSearchParams({
        grant_type: "client_credentials",
        scope: scopes.join(" "),
        client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        client_assertion: assertion,
      }).toString(),
    });
  }

  #refused(
    answer: HttpAnswer,
    refusal: z.infer<typeof tokenErrorSchema> | undefined,
  ): DirectoryUnauthorizedError | DirectoryForbiddenError | DirectoryInvalidAnswerError {
    if (!refusal)
      return new DirectoryInvalidAnswerError(`${answer.where} answered with status ${answer.status}.`);
    const said = asSentence(`Okta says ${oneLine(refusal.error_description ?? refusal.error)}`);
    if (refusal.error === "invalid_scope" || refusal.error === "consent_required") {
      const advice = toGrant(LEAST_SCOPES.join(" and "), "users and groups");
      return new DirectoryForbiddenError(LEAST_SCOPES.join(" "), `${advice} (${said})`);
    }
    return new DirectoryUnauthorizedError(`${this.advice(answer)} (${said})`);
  }
}

function toGrant(scope: string, views: string): string {
  return (
    `grant the scope ${scope} to the service app (Okta API Scopes) and give it an admin role that may view ` +
    `${views} (Admin roles), such as Read-only Administrator.`
  );
}

/** @throws DirectoryUnauthorizedError */
function usableKeys(privateKey: string): readonly PrivateKey[] {
  try {
    return readPrivateKeys(privateKey);
  } catch (error) {
    if (!(error instanceof PrivateKeyInvalidError)) throw error;
    throw new DirectoryUnauthorizedError(error.message, { cause: error });
  }
}

function authorizationOf({ dpop, value }: AccessToken): string {
  return `${dpop ? "DPoP" : "Bearer"} ${value}`;
}

function understandToken(answer: HttpAnswer, asked: readonly DirectoryScope[], now: number): AccessToken {
  const parsed = tokenSchema.safeParse(jsonOrNothing(answer));
  if (!parsed.success) throw new DirectoryInvalidAnswerError(`${answer.where} gave no access token.`);
  const { access_token: value, token_type: type, expires_in: lifetimeS, scope } = parsed.data;
  // Renewed a minute before its end, or half-way where it doesn't last two.
  const renewAt = now + 1000 * Math.max(lifetimeS - 60, lifetimeS / 2);
  return {
    value,
    dpop: type.toLowerCase() === "dpop",
    renewAt,
    // Left out where it is what was asked for (RFC 6749, section 5.1).
    scopes: new Set(scope === undefined ? asked : scope.split(" ")),
    askAgainAt: now + ASK_AGAIN_MS,
  };
}

function jsonOrNothing(answer: HttpAnswer): unknown {
  try {
    return parseJson(answer);
  } catch {
    return undefined; // judged by its absence
  }
}

function nonceOf(proof: string): unknown {
  return decodeJwt(proof).nonce;
}

function wantsNonce({ headers }: HttpAnswer): boolean {
  return /\buse_dpop_nonce\b/.test(first(headers["www-authenticate"]) ?? "");
}
