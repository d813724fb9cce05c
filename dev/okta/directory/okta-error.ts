import { randomId } from "./okta-ids.ts";

/** The body of every error that the Management API answers with (Okta: "Okta error codes and descriptions"). */
export interface OktaErrorBody {
  errorCode: string;
  errorSummary: string;
  errorLink: string;
  errorId: string;
  errorCauses: { errorSummary: string }[];
}

/** A refusal in Okta's terms. `code` is Okta's errorCode, `status` the HTTP status that goes with it. */
export class OktaError extends Error {
  readonly code: string;
  readonly status: number;
  readonly causes: readonly string[];
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    code: string,
    summary: string,
    { causes = [], headers = {} }: { causes?: string[]; headers?: Record<string, string> } = {},
  ) {
    super(summary);
    this.name = "OktaError";
    this.status = status;
    this.code = code;
    this.causes = causes;
    this.headers = headers;
  }

  body(): OktaErrorBody {
    return {
      errorCode: this.code,
      errorSummary: this.message,
      errorLink: this.code,
      errorId: randomId("oae"),
      errorCauses: this.causes.map((errorSummary) => ({ errorSummary })),
    };
  }
}

export const errors = {
  validation: (field: string, ...causes: string[]) =>
    new OktaError(400, "E0000001", `Api validation failed: ${field}`, { causes }),
  malformedBody: () => new OktaError(400, "E0000003", "The request body was not well-formed."),
  accessDenied: (headers: Record<string, string> = {}) =>
    new OktaError(403, "E0000006", "You do not have permission to perform the requested action", { headers }),
  notFound: (id: string, kind: "User" | "UserGroup" | "EventHook") =>
    new OktaError(404, "E0000007", `Not found: Resource not found: ${id} (${kind})`),
  noSuchPath: () => new OktaError(404, "E0000008", "The requested path was not found"),
  internal: () => new OktaError(500, "E0000009", "Internal Server Error"),
  invalidToken: (headers: Record<string, string> = {}) =>
    new OktaError(401, "E0000011", "Invalid token provided", { headers }),
  alreadyActive: () => new OktaError(403, "E0000016", "Activation failed because the user is already active"),
  invalidSearch: (why: string) =>
    new OktaError(400, "E0000031", "Invalid search criteria.", { causes: [why] }),
  invalidLogQuery: (why: string) => new OktaError(400, "E0000053", why),
  wrongStatus: () =>
    new OktaError(403, "E0000038", "This operation is not allowed in the user's current status."),
  rateLimited: () => new OktaError(429, "E0000047", "API call exceeded rate limit due to too many requests."),
  notForThisGroup: () =>
    new OktaError(403, "E0000006", "You do not have permission to perform the requested action", {
      causes: ["Only groups of the type OKTA_GROUP can be changed"],
    }),
} as const;
