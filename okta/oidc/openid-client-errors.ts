import { ResponseBodyError, WWWAuthenticateChallengeError } from "openid-client";
import { z } from "zod";
import type { ClockDifference } from "../clocks.ts";
import { OktaError, withoutPayload } from "../errors.ts";
import { HttpConnectionError, HttpStatusError, HttpTimeoutError } from "../http/http-errors.ts";
import { failedCheckError } from "./id-token-times.ts";
import {
  type AuthenticationKind,
  accessDenied,
  CodeRejectedError,
  DPoPRequiredError,
  type IdTokenCheck,
  InvalidClientError,
  TokenEndpointUnreachableError,
  TokenResponseInvalidError,
  UserInfoInvalidError,
  UserInfoUnreachableError,
} from "./login-errors.ts";

const CHECKS: ReadonlyMap<string, IdTokenCheck> = new Map<string, IdTokenCheck>([
  ["iss", "issuer"],
  ["aud", "audience"],
  ["azp", "authorized-party"],
  ["sub", "subject"],
  ["nonce", "nonce"],
  ["exp", "expiry"],
  ["iat", "issued-at"],
  ["nbf", "not-before"],
  ["auth_time", "auth-time"],
]);

const oauthErrorSchema = z.object({ error: z.string(), error_description: z.string().optional() });

/** Whose request it was, and what is known of the clocks: a wrong one looks like a wrong token. */
export interface TokenRequest {
  readonly clientID: string;
  readonly authentication: AuthenticationKind;
  /** s since 1970, by our clock */
  readonly nowS: number;
  /** How far Okta's clock is ahead of ours, by the answer. */
  readonly clock: ClockDifference | undefined;
}

/** What openid-client throws while it redeems a code and validates the ID token, as one of our own errors. */
export async function tokenError(error: unknown, request: TokenRequest): Promise<OktaError> {
  const own = ownError(error);
  if (own) {
    if (
      own instanceof HttpStatusError ||
      own instanceof HttpTimeoutError ||
      own instanceof HttpConnectionError
    )
      return new TokenEndpointUnreachableError(own);
    return new TokenResponseInvalidError(own.message, { cause: own });
  }
  // A 401 comes with a challenge where the client used HTTP Basic; what is wrong is in the body all the same.
  if (error instanceof WWWAuthenticateChallengeError) {
    return refused(await oauthError(error.response), error.status, request);
  }
  if (error instanceof ResponseBodyError) return refused(error, error.status, request);
  if (!(error instanceof Error))
    return new TokenResponseInvalidError("unknown", { cause: withoutPayload(error) });
  const status = unexpectedStatus(error);
  if (status !== undefined) return refused(undefined, status, request);
  const check = failedCheck(error);
  const cause = withoutPayload(error);
  return check
    ? failedCheckError(check, claimsOf(error), { ...request, cause })
    : new TokenResponseInvalidError(reason(error), { cause });
}

/** What openid-client throws while it reads userinfo. */
export function userInfoError(error: unknown): OktaError {
  const own = ownError(error);
  if (own) {
    if (
      own instanceof HttpStatusError ||
      own instanceof HttpTimeoutError ||
      own instanceof HttpConnectionError
    )
      return new UserInfoUnreachableError(own);
    return new UserInfoInvalidError(own.message, { cause: own });
  }
  if (error instanceof WWWAuthenticateChallengeError)
    return new UserInfoInvalidError(`status ${error.status}`, { cause: withoutPayload(error) });
  return new UserInfoInvalidError(error instanceof Error ? reason(error) : "unknown", {
    cause: withoutPayload(error),
  });
}

function refused(
  answer: { error?: string | undefined; error_description?: string | undefined } | undefined,
  status: number,
  request: TokenRequest,
): OktaError {
  const { error, error_description: description } = answer ?? {};
  if (error === "invalid_grant") return new CodeRejectedError(description);
  if (error === "access_denied") return accessDenied(description);
  // Okta misses the proof before it asks for a nonce.
  if (error === "invalid_dpop_proof" || error === "use_dpop_nonce")
    return new DPoPRequiredError(request.clientID);
  if (error === "invalid_client" || error === "unauthorized_client" || status === 401)
    return new InvalidClientError(request, description);
  return new TokenResponseInvalidError(
    `status ${status}${error ? `, ${error}` : ""}${description ? `: ${description}` : ""}`,
  );
}

async function oauthError(response: Response): Promise<z.infer<typeof oauthErrorSchema> | undefined> {
  try {
    return oauthErrorSchema.safeParse(await response.json()).data;
  } catch {
    return undefined; // no JSON: the status alone has to do
  }
}

/** Our own HTTP's error inside openid-client's. */
function ownError(error: unknown): OktaError | undefined {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof OktaError) return cause;
  }
  return undefined;
}

function unexpectedStatus(error: Error): number | undefined {
  return error.cause instanceof Response ? error.cause.status : undefined;
}

/** Which check of the ID token failed, if that was it. openid-client says so in the depths of `cause`. */
function failedCheck(error: Error): IdTokenCheck | undefined {
  const details = innermost(error).cause;
  if (typeof details === "object" && details !== null) {
    if ("claim" in details && typeof details.claim === "string") return CHECKS.get(details.claim) ?? "format";
    if ("header" in details) return "algorithm";
  }
  const message = reason(error);
  const claim = /(?:JWT|ID Token) "(\w+)"/.exec(message)?.[1];
  if (claim !== undefined) return CHECKS.get(claim) ?? "format";
  return /\bJW[TE]\b/.test(message) ? "format" : undefined;
}

/** The claims that failed a check, which openid-client hangs on its error. */
function claimsOf(error: Error): unknown {
  const details = innermost(error).cause;
  return typeof details === "object" && details !== null && "claims" in details ? details.claims : undefined;
}

function reason(error: Error): string {
  return innermost(error).message;
}

/** The error at the bottom, short of what a parser says: that quotes what it can't read, and nobody knows of what. */
function innermost(error: Error): Error {
  const { cause } = error;
  if (!(cause instanceof Error) || (isParsing(error) && !isParsing(cause))) return error;
  return innermost(cause);
}

function isParsing(error: Error): boolean {
  return "code" in error && error.code === "OAUTH_PARSE_ERROR";
}
