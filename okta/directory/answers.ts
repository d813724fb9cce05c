import { z } from "zod";
import type { OktaError } from "../errors.ts";
import { type HttpAnswer, parseJson } from "../http/answer.ts";
import { HttpConnectionError, HttpStatusError, HttpTimeoutError } from "../http/http-errors.ts";
import { retryAfter } from "../http/retry-after.ts";
import { oneLine } from "../one-line.ts";
import type { Authorizer } from "./credentials.ts";
import {
  type DirectoryError,
  DirectoryForbiddenError,
  DirectoryInvalidAnswerError,
  DirectoryNotFoundError,
  DirectoryRateLimitedError,
  DirectoryUnauthorizedError,
  DirectoryUnreachableError,
} from "./directory-errors.ts";
import type { Endpoint } from "./endpoints.ts";
import { isConcurrencyLimit } from "./rate-budget.ts";

/** Okta's own error object (Okta, "Error codes"). */
const oktaErrorSchema = z.object({ errorCode: z.string(), errorSummary: z.string().optional() });

/** "Not found: Resource not found" - the code that makes a 404 an answer about the resource. */
const NOT_FOUND = "E0000007";

/** The wait before the second try, ms. It doubles with each. */
const FIRST_BACKOFF_MS = 500;

/**
 * What a good answer says.
 * @throws DirectoryInvalidAnswerError
 */
export function understand<T>({ what }: Endpoint, answer: HttpAnswer, schema: z.ZodType<T>): T {
  let json: unknown;
  try {
    json = parseJson(answer);
  } catch (cause) {
    throw new DirectoryInvalidAnswerError(`${answer.where} answered with something that isn't JSON.`, {
      cause,
    });
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const field = parsed.error.issues[0]?.path.join(".") || "its top";
  throw new DirectoryInvalidAnswerError(`${what} lacks what Okta's API promises, at ${field}.`);
}

/** What an answer other than 200 means. */
export function refusal(
  endpoint: Endpoint,
  answer: HttpAnswer,
  attempt: number,
  authorizer: Authorizer,
): DirectoryError {
  const { status, where } = answer;
  if (status === 429)
    return rateLimited(isConcurrencyLimit(answer) ? undefined : retryAfter(answer), attempt);
  if (status >= 500)
    return new DirectoryUnreachableError(new HttpStatusError(where, status, retryAfter(answer)));
  if (status === 401) return new DirectoryUnauthorizedError(authorizer.advice(answer));
  if (status === 403) return new DirectoryForbiddenError(endpoint.scope, authorizer.adviceOn(endpoint.scope));
  const said = oktaError(answer);
  if (status === 404 && said?.errorCode === NOT_FOUND) return new DirectoryNotFoundError(endpoint.what);
  const summary = said ? ` (${oneLine(`${said.errorCode} ${said.errorSummary ?? ""}`)})` : "";
  const hint = said ? "" : " Is the directory's url that of an Okta org?";
  return new DirectoryInvalidAnswerError(
    `${where} answered with status ${status}${summary}.${hint}`,
    // What Okta itself refuses, whoever asked may have asked wrongly.
    said && status === 400 ? { cause: new HttpStatusError(where, status) } : {},
  );
}

/** An error from below, such as the token endpoint's, as one of the directory's. */
export function directoryError(error: OktaError, attempt: number): DirectoryError {
  if (
    error instanceof DirectoryUnreachableError ||
    error instanceof DirectoryUnauthorizedError ||
    error instanceof DirectoryForbiddenError ||
    error instanceof DirectoryInvalidAnswerError
  )
    return error;
  if (error instanceof HttpTimeoutError || error instanceof HttpConnectionError)
    return new DirectoryUnreachableError(error);
  if (error instanceof HttpStatusError) {
    if (error.status === 429) return rateLimited(error.retryAfterMs, attempt);
    if (error.status >= 500) return new DirectoryUnreachableError(error);
  }
  return new DirectoryInvalidAnswerError(error.message, { cause: error });
}

/** In how many ms a failed request is worth another try. Undefined: never. */
export function tryAgainMs(error: DirectoryError, attempt: number): number | undefined {
  if (error instanceof DirectoryRateLimitedError) return error.retryAfterMs;
  return error instanceof DirectoryUnreachableError ? backoff(attempt) : undefined;
}

/** @param toldMs as the answer says: "at once" is too soon, and the more so with each try */
function rateLimited(toldMs: number | undefined, attempt: number): DirectoryRateLimitedError {
  return new DirectoryRateLimitedError(Math.max(toldMs ?? backoff(attempt + 1), backoff(attempt)));
}

function backoff(attempt: number): number {
  return FIRST_BACKOFF_MS * 2 ** (attempt - 1);
}

function oktaError(answer: HttpAnswer): z.infer<typeof oktaErrorSchema> | undefined {
  try {
    return oktaErrorSchema.safeParse(parseJson(answer)).data;
  } catch {
    return undefined; // not Okta's
  }
}
