import { isRecord } from "./object.ts";

/** What every error of this folder extends: `code` is stable, `message` says what happened and what to do. */
export abstract class KubernetesError extends Error {
  abstract readonly code: string;
  override get name(): string {
    return this.constructor.name;
  }
}

/** No usable kubeconfig or credentials. */
export class KubeConfigError extends KubernetesError {
  readonly code = "kubeconfig-error";
}

/** The API server answered with an error. `reason` is its Status reason, such as "NotFound". */
export class ApiError extends KubernetesError {
  readonly code: string = "api-error";
  readonly status: number;
  readonly reason: string;
  /** How long the server asks us to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined;
  /** The request was sent before, without an answer: it may have been carried out then, and this be what comes of it. */
  readonly repeated: boolean;

  constructor(message: string, init: ApiErrorInit) {
    super(message);
    this.repeated = init.repeated === true;
    this.status = init.status;
    this.reason = init.reason;
    this.retryAfterMs = init.retryAfterMs;
  }
}

export interface ApiErrorInit {
  status: number;
  reason: string;
  retryAfterMs?: number | undefined;
  repeated?: boolean | undefined;
}

/** 401: the API server doesn't accept our credentials, not even fresh ones. */
export class UnauthorizedError extends ApiError {
  override readonly code = "unauthorized";
}

/** 403: RBAC doesn't allow it; the message names the verb and the resource to allow. */
export class ForbiddenError extends ApiError {
  override readonly code = "forbidden";
}

/** 404: the object isn't there, or the resource type isn't served (is its CRD installed?). */
export class NotFoundError extends ApiError {
  override readonly code = "not-found";
}

/** 409 Conflict: the object has changed since it was read. Read again and decide again. */
export class ConflictError extends ApiError {
  override readonly code = "conflict";
}

/** 409 AlreadyExists: there is an object of this name. After a lost connection it may be our own create that worked. */
export class AlreadyExistsError extends ApiError {
  override readonly code = "already-exists";
}

/** 410: the resourceVersion is too old. List again. */
export class GoneError extends ApiError {
  override readonly code = "gone";
}

/** 422: the object breaks a rule of its schema; the message says which. */
export class InvalidError extends ApiError {
  override readonly code = "invalid";
}

/** No answer from the API server. `sent` says whether it may have received the request. */
export class ConnectionError extends KubernetesError {
  readonly code = "connection-error";
  readonly sent: boolean;

  constructor(message: string, init: { sent: boolean; cause?: unknown }) {
    super(message, { cause: init.cause });
    this.sent = init.sent;
  }
}

/** This process isn't the leader (any more): it must not write. */
export class NotLeaderError extends KubernetesError {
  readonly code = "not-leader";
}

/** Whether something wasn't written for that reason, also where whoever writes has put it in words of their own. */
export function isNotLeader(error: unknown): boolean {
  return error instanceof NotLeaderError || (error instanceof Error && isNotLeader(error.cause));
}

/** Whether a write that has failed like this may have been carried out all the same. */
export function mayBeDone(error: unknown): boolean {
  if (error instanceof ConnectionError) return error.sent;
  // A success that couldn't be read is one all the same.
  return error instanceof ApiError && (error.repeated || error.status >= 500 || error.status < 300);
}

const byReason: Record<string, new (message: string, init: ApiErrorInit) => ApiError> = {
  Unauthorized: UnauthorizedError,
  Forbidden: ForbiddenError,
  NotFound: NotFoundError,
  Conflict: ConflictError,
  AlreadyExists: AlreadyExistsError,
  Gone: GoneError,
  Expired: GoneError,
  Invalid: InvalidError,
};

const reasonOfStatus: Record<number, string> = {
  401: "Unauthorized",
  403: "Forbidden",
  404: "NotFound",
  409: "Conflict",
  410: "Gone",
  422: "Invalid",
  429: "TooManyRequests",
  503: "ServiceUnavailable",
  504: "Timeout",
};

/**
 * The error for an answer of the API server.
 * @param subject what was asked, for the message: "GET /api/v1/secrets/x"
 * @param body the body, a metav1.Status if the API server itself answered, anything else if a proxy did
 * @param about `retryAfterMs` from the Retry-After header; `repeated`: it was sent before, without an answer
 */
export function apiError(
  subject: string,
  status: number,
  body: unknown,
  { retryAfterMs, repeated }: Pick<ApiErrorInit, "retryAfterMs" | "repeated"> = {},
): ApiError {
  const { reason, message, retryAfterSeconds } = readStatus(body);
  const knownReason = reason || (reasonOfStatus[status] ?? "Unknown");
  const Class = byReason[knownReason] ?? byReason[reasonOfStatus[status] ?? ""] ?? ApiError;
  const wait = retryAfterMs ?? (retryAfterSeconds ? retryAfterSeconds * 1000 : undefined);
  return new Class(`${subject}: ${status} ${knownReason}${message ? `: ${message}` : ""}`, {
    status,
    reason: knownReason,
    retryAfterMs: wait,
    repeated,
  });
}

function readStatus(body: unknown): { reason: string; message: string; retryAfterSeconds: number } {
  const { reason, message, details } = isRecord(body) ? body : {};
  const { retryAfterSeconds } = isRecord(details) ? details : {};
  return {
    reason: typeof reason === "string" ? reason : "",
    message: typeof message === "string" ? message.slice(0, 2000) : "",
    retryAfterSeconds: typeof retryAfterSeconds === "number" ? retryAfterSeconds : 0,
  };
}
