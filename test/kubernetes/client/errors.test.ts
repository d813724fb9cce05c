import test from "ava";
import {
  AlreadyExistsError,
  ApiError,
  type ApiErrorInit,
  apiError,
  ConflictError,
  ConnectionError,
  ForbiddenError,
  GoneError,
  InvalidError,
  KubeConfigError,
  mayBeDone,
  NotFoundError,
  NotLeaderError,
  UnauthorizedError,
} from "../../../kubernetes/client/errors.ts";

const subject = "GET /api/v1/secrets/x";
const said = (status: number, body: unknown, about: Parameters<typeof apiError>[3] = {}) =>
  apiError(subject, status, body, about);

type ErrorClass = new (message: string, init: ApiErrorInit) => ApiError;

test("what the API server says of it makes its class, and without a word of it the status does", (t) => {
  const table: [status: number, reason: string, Class: ErrorClass, code: string][] = [
    [401, "Unauthorized", UnauthorizedError, "unauthorized"],
    [403, "Forbidden", ForbiddenError, "forbidden"],
    [404, "NotFound", NotFoundError, "not-found"],
    [409, "Conflict", ConflictError, "conflict"],
    [410, "Gone", GoneError, "gone"],
    [422, "Invalid", InvalidError, "invalid"],
    [429, "TooManyRequests", ApiError, "api-error"],
    [503, "ServiceUnavailable", ApiError, "api-error"],
    [504, "Timeout", ApiError, "api-error"],
    [418, "Unknown", ApiError, "api-error"],
  ];
  for (const [status, reason, Class, code] of table) {
    for (const body of [undefined, null, "<html>", {}, { reason: 7 }, { reason: "" }, { reason }]) {
      const error = said(status, body);
      t.is(error.constructor, Class, `${status} ${JSON.stringify(body)}`);
      t.like(error, { name: Class.name, code, status, reason, message: `${subject}: ${status} ${reason}` });
    }
  }
  t.is(said(409, { reason: "AlreadyExists" }).constructor, AlreadyExistsError);
  t.is(said(409, { reason: "AlreadyExists" }).code, "already-exists");
  t.is(said(410, { reason: "Expired" }).constructor, GoneError);
  t.is(said(200, { reason: "NotFound" }).constructor, NotFoundError, "the word counts more");
  // A reason that we don't know says less than the status.
  t.like(said(404, { reason: "Odd" }), { name: "NotFoundError", reason: "Odd" });
});

test("its message is what the API server says, not all of it where that is long", (t) => {
  const reason = "NotFound";
  t.is(said(404, { reason, message: "no such secret" }).message, `${subject}: 404 NotFound: no such secret`);
  t.is(said(404, { reason, message: { an: "object" } }).message, `${subject}: 404 NotFound`);
  t.is(said(404, { message: "x".repeat(5_000) }).message, `${subject}: 404 NotFound: ${"x".repeat(2_000)}`);
});

test("how long to wait stands in the header, or in the body", (t) => {
  const details = { retryAfterSeconds: 3 };
  t.is(said(429, {}).retryAfterMs, undefined);
  t.is(said(429, { details }).retryAfterMs, 3_000);
  t.is(said(429, { details }, { retryAfterMs: 50 }).retryAfterMs, 50);
  t.is(said(429, { details }, { retryAfterMs: 0 }).retryAfterMs, 0);
  for (const odd of [null, "3", { retryAfterSeconds: "3" }, { retryAfterSeconds: 0 }])
    t.is(said(429, { details: odd }).retryAfterMs, undefined, JSON.stringify(odd));
});

test("what may have been done is what has no answer, a broken one, or was sent before", (t) => {
  t.true(mayBeDone(new ConnectionError("lost", { sent: true })));
  t.false(mayBeDone(new ConnectionError("lost", { sent: false })));
  t.false(mayBeDone(said(499, {})));
  t.true(mayBeDone(said(500, {})));
  t.true(mayBeDone(said(503, {})));
  t.true(mayBeDone(new ApiError("not JSON", { status: 200, reason: "NotJSON" })));
  t.false(mayBeDone(said(300, {})));
  t.false(mayBeDone(said(400, {})));
  t.false(mayBeDone(said(409, {}, { repeated: false })));
  t.true(mayBeDone(said(409, {}, { repeated: true })));
  t.false(mayBeDone(new NotLeaderError("no")));
  t.false(mayBeDone(undefined));
});

test("errors that no API server sent have names, codes and causes, too", (t) => {
  const cause = new Error("refused");
  t.like(new ConnectionError("lost", { sent: true, cause }), {
    name: "ConnectionError",
    code: "connection-error",
    sent: true,
    cause,
  });
  t.like(new KubeConfigError("none"), { name: "KubeConfigError", code: "kubeconfig-error" });
  t.like(new NotLeaderError("no"), { name: "NotLeaderError", code: "not-leader", message: "no" });
});
