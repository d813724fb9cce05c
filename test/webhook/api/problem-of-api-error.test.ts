import test from "ava";
import { StoreError } from "../../../identity/index.ts";
import { ConnectionError, ForbiddenError, InvalidError } from "../../../kubernetes/index.ts";
import { problemOfApiError } from "../../../webhook/api/problem-of-api-error.ts";
import {
  type ApiRefusal,
  CannotSayError,
  MethodNotAllowedError,
  NotAllowedError,
  NotThereError,
  ParameterError,
  TooManyRequestsError,
  UnknownCallerError,
} from "../../../webhook/api/refusals.ts";
import { RosterBusyError } from "../../../webhook/console/roster.ts";
import { RequestError } from "../../../webhook/http/request-errors.ts";
import { NamespaceUnreadableError } from "../../../webhook/organizations.ts";
import { serviceAccount } from "./a-service-account.ts";

const caller = serviceAccount();

const REFUSALS: [
  refusal: ApiRefusal,
  problem: [status: number, code: string, retryAfterS?: number | undefined, parameter?: string],
  headers: object,
][] = [
  [
    new UnknownCallerError("no-credentials", "Send one."),
    [401, "no-credentials"],
    { "WWW-Authenticate": 'Bearer realm="okta-role-operator"' },
  ],
  [
    new UnknownCallerError("token-not-valid", "No.", true),
    [401, "token-not-valid"],
    { "WWW-Authenticate": 'Bearer realm="okta-role-operator", error="invalid_token"' },
  ],
  [new NotAllowedError("right-missing", "No."), [403, "right-missing"], {}],
  [new NotThereError("user-not-found", "None."), [404, "user-not-found"], {}],
  [new ParameterError("sort", "sort is one."), [400, "parameter-misunderstood", undefined, "sort"], {}],
  [new ParameterError("cursor", "No.", "cursor-invalid"), [400, "cursor-invalid", undefined, "cursor"], {}],
  [new MethodNotAllowedError(), [405, "method-not-allowed"], { Allow: "GET, HEAD" }],
  [new TooManyRequestsError(caller, 600, 7), [429, "rate-limited", 7], {}],
  [new CannotSayError("stale", "Not now."), [503, "stale", 5], {}],
  [new CannotSayError("busy", "Not now.", { retryAfterS: 60 }), [503, "busy", 60], {}],
];

test("a refusal is told as it is: status, code, what is said, when to ask again, and which parameter", (t) => {
  for (const [refusal, [status, code, retryAfterS, parameter], headers] of REFUSALS) {
    const { title, message: text } = refusal;
    t.not(title, "");
    t.deepEqual(problemOfApiError(refusal), { status, code, title, text, retryAfterS, parameter });
    t.deepEqual(refusal.headers, headers);
  }
  t.is(
    new TooManyRequestsError(caller, 600, 7).message,
    "The service account team/reports has sent more than 600 requests in a minute. Ask again in 7 seconds.",
  );
  const cause = new Error("away");
  t.is(new CannotSayError("kubernetes-unavailable", "No.", { cause }).cause, cause);
  t.false("cause" in new CannotSayError("stale", "Not now."));
});

const refused = (code: string) =>
  new RequestError({ code, status: 413, title: "Too much", message: "That is too much." });
const missing = new ForbiddenError("secret detail", { status: 403, reason: "Forbidden" });
const unruly = new InvalidError("secret detail", { status: 422, reason: "Invalid" });
const away = new ConnectionError("secret detail", { sent: false });

const OTHERS: [
  what: string,
  error: unknown,
  problem: [status: number, code: string, retryAfterS?: number],
  said: RegExp,
][] = [
  ["a cursor of another list", refused("cursor-invalid"), [400, "cursor-invalid"], /send nextCursor/],
  ["what is wrong with a request", refused("too-large"), [413, "too-large"], /^That is too much\.$/],
  [
    "an unreadable namespace",
    new NamespaceUnreadableError("secret detail"),
    [503, "namespace-unreadable", 10],
    /stored/,
  ],
  ["one caller's searches", new RosterBusyError(true), [429, "users-busy", 2], /of your searches/],
  ["everybody's searches", new RosterBusyError(false), [503, "users-busy", 2], /are being looked up/],
  [
    "a silent store",
    new StoreError("secret detail", { cause: away }),
    [503, "store-unavailable", 10],
    /doesn't answer/,
  ],
  ["a silent API server", away, [503, "connection-error", 10], /doesn't answer/],
  ["what this service may not do", missing, [503, "forbidden"], /refuses this, and will until somebody/],
  ["what breaks a rule", unruly, [503, "invalid"], /refuses this, and will until somebody/],
  [
    "a store that may not do it",
    new StoreError("secret detail", { cause: missing }),
    [503, "forbidden"],
    /refuses this/,
  ],
  [
    "a store in which it breaks a rule",
    new StoreError("secret detail", { cause: unruly }),
    [503, "invalid"],
    /refuses this/,
  ],
  ["a mistake", new TypeError("secret detail"), [500, "internal"], /It isn't your question/],
  ["not even an error", "secret detail", [500, "internal"], /It isn't your question/],
];

test("of any error a program is told whose fault it is and when to ask again, and nothing of what the error says of itself", (t) => {
  for (const [what, error, [status, code, retryAfterS], said] of OTHERS) {
    const problem = problemOfApiError(error);
    t.deepEqual([problem.status, problem.code, problem.retryAfterS], [status, code, retryAfterS], what);
    t.regex(problem.text, said, what);
    t.not(problem.title, "", what);
    t.false(JSON.stringify(problem).includes("secret detail"), what);
  }
  t.regex(problemOfApiError(missing).advice ?? "", /^For administrators: the log says what was refused/);
  t.like(problemOfApiError(refused("cursor-invalid")), { parameter: "cursor" });
  t.is(problemOfApiError(refused("too-large")).title, "Too much");
  t.is(problemOfApiError(refused("too-large")).parameter, undefined);
  t.regex(
    problemOfApiError(new NamespaceUnreadableError("no")).advice ?? "",
    /A missing Role or RoleBinding/,
  );
});
