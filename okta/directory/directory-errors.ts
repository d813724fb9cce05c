import { OktaError } from "../errors.ts";

/** How a read of the directory can fail. None of these ever means "there is nothing". */
export type DirectoryError =
  | DirectoryUnreachableError
  | DirectoryUnauthorizedError
  | DirectoryForbiddenError
  | DirectoryRateLimitedError
  | DirectoryNotFoundError
  | DirectoryCursorError
  | DirectoryInvalidAnswerError;

/** The directory doesn't answer, or isn't well. Try again. */
export class DirectoryUnreachableError extends OktaError {
  readonly code = "directory-unreachable";

  constructor(cause: Error) {
    super(`Okta's directory can't be read now: ${cause.message}`, { cause });
  }
}

/** Okta doesn't know the API token or the service app's key. */
export class DirectoryUnauthorizedError extends OktaError {
  readonly code = "directory-unauthorized";

  constructor(advice: string, options?: ErrorOptions) {
    super(`Okta doesn't accept the directory's credentials: ${advice}`, options);
  }
}

/** The credentials are good and may not do this. */
export class DirectoryForbiddenError extends OktaError {
  readonly code = "directory-forbidden";
  /** The OAuth scope that the call needs. */
  readonly scope: string;

  constructor(scope: string, advice: string, options?: ErrorOptions) {
    super(`Okta doesn't let these credentials read this: ${advice}`, options);
    this.scope = scope;
  }
}

/** The rate limit, or the half of it that this product takes, is used up. Read again after `retryAfterMs`. */
export class DirectoryRateLimitedError extends OktaError {
  readonly code = "directory-rate-limited";
  readonly retryAfterMs: number;

  constructor(retryAfterMs: number) {
    super("Okta's rate limit leaves no room for this now; it is read again as soon as there is some.");
    this.retryAfterMs = retryAfterMs;
  }
}

/** Okta shows no such user or group to these credentials: it isn't there, or they aren't allowed to see it. */
export class DirectoryNotFoundError extends OktaError {
  readonly code = "directory-not-found";

  constructor(what: string) {
    super(`Okta has no ${what}.`);
  }
}

/** Okta can't go on from where the System Log was read to. What happened since has to be found by reading everything. */
export class DirectoryCursorError extends OktaError {
  readonly code = "directory-cursor";

  constructor(options?: ErrorOptions) {
    super("Okta doesn't know any more where its System Log was read to; everything is read anew.", options);
  }
}

/** The answer isn't what Okta's API promises. Nothing is taken from it. */
export class DirectoryInvalidAnswerError extends OktaError {
  readonly code = "directory-invalid-answer";

  constructor(why: string, options?: ErrorOptions) {
    super(`The directory's answer can't be used: ${why}`, options);
  }
}

/** What was read; undefined where Okta doesn't show it to these credentials. Every other failure stays one. */
export async function orUndefined<T>(read: Promise<T>): Promise<T | undefined> {
  try {
    return await read;
  } catch (error) {
    if (error instanceof DirectoryNotFoundError) return undefined;
    throw error;
  }
}

/** What the System Log says; false where the credentials may not read it. Every other failure stays one. */
export async function falseWhereForbidden(asked: Promise<boolean>): Promise<boolean> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof DirectoryForbiddenError) return false;
    throw error;
  }
}
