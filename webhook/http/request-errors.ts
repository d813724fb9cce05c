/** The request itself is wrong. The message is for whoever sent it, and repeats nothing of it. */
export class RequestError extends Error {
  readonly code: string;
  readonly status: number;
  readonly title: string;

  constructor({
    code,
    status,
    title,
    message,
  }: { code: string; status: number; title: string; message: string }) {
    super(message);
    this.code = code;
    this.status = status;
    this.title = title;
  }
}

/** A form that wasn't sent from one of our own pages (cross-site request forgery). */
export class CrossSiteError extends RequestError {
  constructor() {
    super({
      code: "cross-site",
      status: 403,
      title: "This request came from elsewhere",
      message:
        "It was not sent from a page of this site, so nothing was done. Open the page here and try again.",
    });
  }
}

/** One address sends too much. */
export class RateLimitedError extends Error {
  readonly code = "rate-limited";
  readonly retryAfterS: number;

  constructor(retryAfterS: number) {
    super("Too many requests from one address.");
    this.retryAfterS = retryAfterS;
  }
}

/**
 * What express and its parsers find wrong with a request: 400, 413, 415. Their errors may be shown (`expose`, of
 * http-errors), or are of an address that can't be decoded. An answer that we got has a status as well: not meant here.
 */
export function bodyError(error: unknown): RequestError | undefined {
  if (!(error instanceof Error) || !("status" in error) || typeof error.status !== "number") return undefined;
  if (!(error instanceof URIError || ("expose" in error && error.expose === true))) return undefined;
  return new RequestError({
    code: "request-invalid",
    status: error.status,
    title: "This request can't be understood",
    message: "It is too large, or not in a form that is expected here.",
  });
}
