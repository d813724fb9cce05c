import { z } from "zod";
import type { OktaError } from "../errors.ts";
import { type HttpAnswer, parseJson } from "../http/answer.ts";
import {
  HttpConnectionError,
  HttpStatusError,
  HttpTimeoutError,
  ResponseTooLargeError,
} from "../http/http-errors.ts";
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

/** The most that a list holds where none of its pages says how many it asks for (Okta, "List all groups", `limit`). */
export const MOST_WITHOUT_LIMIT = 10_000;
/**
 * The most values of an answer, however short: each takes room and time of everybody's. A page of Okta's with a thousand
 * events has a quarter of that.
 */
const MOST_VALUES = 400_000;
/** What to look at where an answer can't be Okta's. */
export const IS_IT_OKTA = "Is the directory's url that of an Okta org?";

/**
 * What a good answer says.
 * @param most how many there may be where it is a list: as many as were asked for
 * @throws DirectoryInvalidAnswerError
 */
export function understand<T>(
  { what }: Endpoint,
  answer: HttpAnswer,
  schema: z.ZodType<T>,
  most = MOST_WITHOUT_LIMIT,
): T {
  if (hasMoreValuesThan(MOST_VALUES, answer.body)) {
    const cause = new ResponseTooLargeError(answer.where, MOST_VALUES, "values");
    throw new DirectoryInvalidAnswerError(`${cause.message} ${IS_IT_OKTA}`, { cause });
  }
  let json: unknown;
  try {
    json = parseJson(answer);
  } catch (cause) {
    throw new DirectoryInvalidAnswerError(`${answer.where} answered with something that isn't JSON.`, {
      cause,
    });
  }
  // Before anybody looks at each of them.
  if (Array.isArray(json) && json.length > most)
    throw new DirectoryInvalidAnswerError(
      `${answer.where} answered with a page of more than ${most} entries, which is more than it was asked for. ${IS_IT_OKTA}`,
    );
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const field = parsed.error.issues[0]?.path.join(".") || "its top";
  throw new DirectoryInvalidAnswerError(`${what} lacks what Okta's API promises, at ${field}.`);
}

/** Without reading them, which takes sixty times as long: each but the first of a list or an object follows a comma. */
function hasMoreValuesThan(most: number, json: Buffer): boolean {
  let values = 0;
  for (let i = 0; i < json.length && values <= most; i++) {
    const byte = json[i];
    if (byte === COMMA || byte === BRACKET || byte === BRACE) values++;
  }
  return values > most;
}
const [COMMA, BRACKET, BRACE] = [0x2c, 0x5b, 0x7b];

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
  const hint = said ? "" : ` ${IS_IT_OKTA}`;
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
