import { OktaError } from "../errors.ts";
import { oneLine } from "../one-line.ts";
import { NoRoomError } from "../room.ts";

/** What a request to Okta can end in before anybody looks at the answer's meaning. */
export type HttpError =
  | UrlNotAllowedError
  | HostNotListedError
  | HttpTimeoutError
  | HttpConnectionError
  | ResponseTooLargeError
  | HttpStatusError
  | NotJsonError;

/** Only https is spoken, and plain http with this machine itself, where that may be called. */
export class UrlNotAllowedError extends OktaError {
  readonly code = "url-not-allowed";

  /** @param loopback whether this machine may be called at all */
  constructor(where: string, { loopback = false }: { loopback?: boolean } = {}) {
    super(`${where} isn't allowed: use https${loopback ? " (plain http is for loopback hosts only)" : ""}.`);
  }
}

/** Which hosts may be called is listed, and this one isn't among them. */
export class HostNotListedError extends OktaError {
  readonly code = "host-not-listed";

  constructor(host: string) {
    super(
      `${oneLine(host, 100)} isn't one of the hosts that organizations may use here: whoever runs this operator lists them.`,
    );
  }
}

/** The answer didn't come, or didn't end, in time. */
export class HttpTimeoutError extends OktaError {
  readonly code = "timeout";

  constructor(where: string, timeoutMs: number, options?: ErrorOptions) {
    super(`${where} didn't answer within ${timeoutMs} ms.`, options);
  }
}

/** No answer: the name doesn't resolve, nobody listens, TLS fails, the connection broke, or there was no room for it. */
export class HttpConnectionError extends OktaError {
  readonly code = "connection";

  constructor(where: string, why: string, options?: ErrorOptions) {
    super(
      `${where} can't be ${options?.cause instanceof NoRoomError ? "read" : "reached"}: ${why}.`,
      options,
    );
  }
}

/** The answer is longer than anything that is expected there. */
export class ResponseTooLargeError extends OktaError {
  readonly code = "too-large";

  constructor(where: string, most: number, unit: "bytes" | "values" = "bytes") {
    super(`${where} answered with more than ${most} ${unit}.`);
  }
}

/** An answer with a status that means failure, or a redirect: redirects are never followed. */
export class HttpStatusError extends OktaError {
  readonly code = "http-status";
  readonly status: number;
  /** From Retry-After or X-Rate-Limit-Reset, in ms from now. */
  readonly retryAfterMs: number | undefined;

  constructor(where: string, status: number, retryAfterMs?: number) {
    super(`${where} answered with status ${status}.`);
    this.status = status;
    this.retryAfterMs = retryAfterMs;
  }
}

/** The answer was to be JSON. */
export class NotJsonError extends OktaError {
  readonly code = "not-json";

  constructor(where: string, options?: ErrorOptions) {
    super(`${where} answered with something that isn't JSON.`, options);
  }
}
