import type { Caller } from "./caller.ts";

interface About {
  readonly code: string;
  readonly status: number;
  readonly title: string;
  /** What happened and what to do. */
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly retryAfterS?: number;
}

/** Why a program isn't told what it asked for. Nothing in it is secret. */
export class ApiRefusal extends Error {
  readonly code: string;
  readonly status: number;
  readonly title: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly retryAfterS: number | undefined;
  /** Of a question that isn't understood, which parameter it is. */
  readonly parameter: string | undefined;

  constructor({ code, status, title, message, headers = {}, retryAfterS }: About, parameter?: string) {
    super(message);
    this.code = code;
    this.status = status;
    this.title = title;
    this.headers = headers;
    this.retryAfterS = retryAfterS;
    this.parameter = parameter;
  }
}

/** 401: nobody can say who asks. */
export class UnknownCallerError extends ApiRefusal {
  constructor(code: string, message: string, isToken = false) {
    // RFC 6750, section 3.1: an error is named where a token was sent, and else isn't.
    const challenge = `Bearer realm="okta-role-operator"${isToken ? ', error="invalid_token"' : ""}`;
    super({
      code,
      status: 401,
      title: "Nobody can say who asks",
      message,
      headers: { "WWW-Authenticate": challenge },
    });
  }
}

/** 403: known, and not allowed. */
export class NotAllowedError extends ApiRefusal {
  constructor(code: string, message: string) {
    super({ code, status: 403, title: "This isn't yours to read", message });
  }
}

/** 404 */
export class NotThereError extends ApiRefusal {
  constructor(code: "organization-not-found" | "user-not-found" | "not-found", message: string) {
    super({ code, status: 404, title: "There is no such thing", message });
  }
}

/** 400: a parameter of the query isn't understood. Nothing is overlooked: a misspelt filter would show too much. */
export class ParameterError extends ApiRefusal {
  constructor(parameter: string, message: string, code = "parameter-misunderstood") {
    super({ code, status: 400, title: "This question isn't understood", message }, parameter);
  }
}

/** 405 */
export class MethodNotAllowedError extends ApiRefusal {
  constructor() {
    super({
      code: "method-not-allowed",
      status: 405,
      title: "There is nothing to change here",
      message: "This API is read with GET. What people hold is changed in Okta, and by OktaRoleMappings.",
      headers: { Allow: "GET, HEAD" },
    });
  }
}

/** 429 */
export class TooManyRequestsError extends ApiRefusal {
  constructor(caller: Caller, requestsPerMinute: number, retryAfterS: number) {
    super({
      code: "rate-limited",
      status: 429,
      title: "Too many requests",
      message: `The ${caller.name} has sent more than ${requestsPerMinute} requests in a minute. Ask again in ${retryAfterS} seconds.`,
      retryAfterS,
    });
  }
}

/** 429: so many that the API server isn't asked about more. */
export class TooManyUnknownTokensError extends ApiRefusal {
  constructor(refusedPerMinute: number) {
    super({
      code: "rate-limited",
      status: 429,
      title: "Too many requests",
      message:
        `Of your address's tokens that no known key of this cluster has signed, ${refusedPerMinute} weren't accepted within a ` +
        "minute. Ask again in a minute, with a token that is.",
      retryAfterS: 60,
    });
  }
}

/** 503: this replica can't say, which is not the same as that there is nothing. */
export class CannotSayError extends ApiRefusal {
  constructor(
    code: string,
    message: string,
    { cause, retryAfterS = 5 }: { cause?: unknown; retryAfterS?: number } = {},
  ) {
    super({ code, status: 503, title: "Nobody can say at the moment", message, retryAfterS });
    if (cause !== undefined) this.cause = cause;
  }
}
