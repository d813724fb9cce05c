import test from "ava";
import { StoreError } from "../../../identity/index.ts";
import { ApiError, ConnectionError, ForbiddenError, InvalidError } from "../../../kubernetes/index.ts";
import {
  DirectoryForbiddenError,
  DirectoryNotFoundError,
  DirectoryRateLimitedError,
} from "../../../okta/directory/directory-errors.ts";
import {
  HttpConnectionError,
  HttpStatusError,
  HttpTimeoutError,
  NotJsonError,
  ResponseTooLargeError,
  UrlNotAllowedError,
} from "../../../okta/http/http-errors.ts";
import {
  AuthorizationFailedError,
  CallbackInvalidError,
  CodeRejectedError,
  DPoPRequiredError,
  IdTokenInvalidError,
  InvalidClientError,
  LoginDeniedError,
  LoginExpiredError,
  PolicyDeniedError,
  SettingsChangedError,
  SigningKeysUnreachableError,
  StateMismatchError,
  TokenEndpointUnreachableError,
  TokenResponseInvalidError,
} from "../../../okta/oidc/login-errors.ts";
import {
  SecretForbiddenError,
  SecretNotFoundError,
  SecretUnreadableError,
} from "../../../organizations/secret-values.ts";
import { RosterBusyError } from "../../../webhook/console/roster.ts";
import { groupsProblem, problemOf } from "../../../webhook/http/problem-of-error.ts";
import { CrossSiteError, RateLimitedError } from "../../../webhook/http/request-errors.ts";
import { NamespaceUnreadableError, UnknownOrganizationError } from "../../../webhook/organizations.ts";
import { ForeignSecretError, KeysUnavailableError } from "../../../webhook/sessions/session-keys.ts";
import { BusyError } from "../../../webhook/sign-in/concurrency-limit.ts";
import { organization } from "../../organizations/organization.ts";

const acme = organization("team/acme", "acme");
const WAY = { kind: "address", path: "/reports" } as const;

const again = { label: "Try again", href: "/login/acme?return_to=%2Freports" };
const anew = { ...again, label: "Start again" };
const refusal = new ForbiddenError("users is forbidden", { status: 403, reason: "Forbidden" });
const broken = new InvalidError("spec.email", { status: 422, reason: "Invalid" });
const away = new ConnectionError("refused", { sent: false });

/** What somebody gets to see: status, link, seconds to wait, and what the text and the advice have to say. */
type Seen = [status: number, link?: object | undefined, retryAfterS?: number | undefined, said?: RegExp];

const CASES: [Error | string, string, Seen][] = [
  [
    new NamespaceUnreadableError("no", "team"),
    "namespace-unreadable",
    [503, again, 10, /the namespace team\./],
  ],
  [
    new NamespaceUnreadableError("no"),
    "namespace-unreadable",
    [503, again, 10, /The log names the namespace/],
  ],
  [new BusyError(), "organization-busy", [503, again, 5, /More people are signing in/]],
  [new RosterBusyError(true), "users-busy", [429, undefined, 2]],
  [new RosterBusyError(false), "users-busy", [503, undefined, 2]],

  [new SecretNotFoundError("none"), "secret-not-found", [502, undefined, undefined, /CredentialsResolved/]],
  [new SecretForbiddenError("no"), "secret-forbidden", [502, undefined, undefined, /CredentialsResolved/]],
  [
    new SecretUnreadableError("no", { cause: refusal }),
    "secret-unreadable",
    [502, undefined, undefined, /CredentialsResolved/],
  ],
  [new SecretUnreadableError("no", { cause: away }), "secret-unreadable", [503, again, 10, /doesn't answer/]],

  [refusal, "forbidden", [503, undefined, undefined, /until somebody has mended it.*The log says/i]],
  [broken, "invalid", [503, undefined, undefined, /until somebody has mended it/]],
  [new StoreError("no", { cause: refusal }), "store-unavailable", [503, undefined, undefined, /mended it/]],
  [new StoreError("no", { cause: broken }), "store-unavailable", [503, undefined, undefined, /mended it/]],
  [new StoreError("no", { cause: away }), "store-unavailable", [503, again, 10, /doesn't answer/]],
  [new StoreError("no"), "store-unavailable", [503, again, 10]],
  [away, "connection-error", [503, again, 10]],
  [new ApiError("ill", { status: 500, reason: "Ill" }), "api-error", [503, again, 10]],
  [new KeysUnavailableError("not yet"), "session-keys-unavailable", [503, again, 10]],
  [
    new ForeignSecretError("theirs"),
    "session-secret-foreign",
    [503, undefined, undefined, /mended it: tell whoever .*--session-secret/],
  ],

  [new CrossSiteError(), "cross-site", [403, undefined, undefined, /not sent from a page of this site/]],
  [new TypeError("a mistake"), "internal", [500, anew, undefined, /It isn't you/]],
  ["not even an error", "internal", [500, anew]],

  [new StateMismatchError(), "state-mismatch", [400, anew, undefined, /wasn't started in this browser/]],
  [new CallbackInvalidError("no code"), "callback-invalid", [400, anew]],
  [new LoginExpiredError(), "login-expired", [400, anew, undefined, /took too long/]],
  [new CodeRejectedError("used"), "code-rejected", [400, anew, undefined, /took too long/]],
  [new SettingsChangedError(), "settings-changed", [400, anew, undefined, /settings were changed/]],
  [
    new LoginDeniedError("Not assigned."),
    "denied",
    [403, anew, undefined, /^Okta says: Not assigned\..*ask an admin/],
  ],
  [new LoginDeniedError("No"), "denied", [403, anew, undefined, /^Okta says: No\. If you/]],
  [new LoginDeniedError(undefined), "denied", [403, anew, undefined, /^Okta gave no reason\. If you/]],
  [new LoginDeniedError(""), "denied", [403, anew, undefined, /^Okta gave no reason\. If you/]],
  [
    new PolicyDeniedError("Policy evaluation failed"),
    "denied-by-policy",
    [403, anew, undefined, /^Okta says: Policy evaluation failed\. If you .*Organization team\/acme/],
  ],
  [
    new AuthorizationFailedError("invalid_scope", "What scope?"),
    "authorization-failed",
    [502, anew, undefined, /^Okta says invalid_scope: What scope\? For administrators: .*okta\.scopes/],
  ],
  [
    new AuthorizationFailedError("server_error", undefined),
    "authorization-failed",
    [502, anew, undefined, /^Okta says server_error\. For administrators: compare/],
  ],
  [
    new InvalidClientError({ clientID: "0oa1", authentication: "secret" }, undefined),
    "invalid-client",
    [502, undefined, undefined, /CredentialsResolved/],
  ],
  [new DPoPRequiredError("0oa1"), "dpop-required", [502, undefined, undefined, /CredentialsResolved/]],
  [new UrlNotAllowedError("http://x"), "url-not-allowed", [502, undefined, undefined, /IssuerDiscovered/]],

  [new HttpConnectionError("Okta", "no"), "connection", [502, again, 30, /Nobody can sign in with Okta/]],
  [new HttpStatusError("Okta", 500), "http-status", [502, again, 30]],
  [new HttpTimeoutError("Okta", 10), "timeout", [504, again, 30]],
  [
    new TokenEndpointUnreachableError(new HttpTimeoutError("Okta", 10)),
    "token-endpoint-unreachable",
    [504, again, 30],
  ],
  [
    new SigningKeysUnreachableError(new TokenEndpointUnreachableError(new HttpTimeoutError("Okta", 10))),
    "signing-keys-unreachable",
    [504, again, 30],
  ],
  [
    new SigningKeysUnreachableError(new HttpConnectionError("Okta", "no", { cause: new Error("no") })),
    "signing-keys-unreachable",
    [502, again, 30],
  ],

  [
    new IdTokenInvalidError("nonce"),
    "id-token-invalid",
    [502, anew, undefined, /the log says which check failed/],
  ],
  [
    new IdTokenInvalidError("expiry", { advice: "mend the clock." }),
    "id-token-invalid",
    [502, anew, undefined, /For administrators: mend the clock\.$/],
  ],
  [
    new TokenResponseInvalidError("x"),
    "token-response-invalid",
    [502, anew, undefined, /which check failed/],
  ],
  [new ResponseTooLargeError("Okta", 10), "too-large", [502, anew]],
  [new NotJsonError("Okta"), "not-json", [502, anew]],

  [new DirectoryNotFoundError("user"), "directory-unavailable", [503, again, 30, /directory doesn't answer/]],
  [new DirectoryForbiddenError("okta.users.read", "x"), "directory-unavailable", [503, again, 30]],
  [new DirectoryRateLimitedError(1), "directory-unavailable", [503, again, 30]],
];

test("whatever goes wrong, people are told whose fault it is, whether to try again and when, and where they start", (t) => {
  for (const [error, code, [status, link, retryAfterS, said = /./]] of CASES) {
    const what = `${error instanceof Error ? error.constructor.name : error} ${code} ${status}`;
    const problem = problemOf(error, acme, WAY);
    t.deepEqual(
      { ...problem, title: "", text: "", advice: "" },
      {
        ...{ status, code, organization: "acme", title: "", text: "", advice: "" },
        ...(link || "link" in problem ? { link } : {}),
        ...(retryAfterS === undefined ? {} : { retryAfterS }),
      },
      what,
    );
    t.not(problem.title, "", what);
    t.regex(`${problem.text} ${problem.advice ?? ""}`.trim(), said, what);
  }
});

test("what isn't any organization's is told without one", (t) => {
  t.like(problemOf(new UnknownOrganizationError("no"), undefined), {
    status: 404,
    code: "organization-not-found",
  });
  t.is(problemOf(new UnknownOrganizationError("no"), acme).organization, undefined);
  t.like(problemOf(new RateLimitedError(60), acme), { status: 429, code: "rate-limited", retryAfterS: 60 });
  t.regex(problemOf(new RateLimitedError(60), acme).text, /in 60 seconds/);
});

test("where the organization isn't known nobody is led to a sign-in, and none is named", (t) => {
  for (const error of [
    new NamespaceUnreadableError("no"),
    new StoreError("no"),
    new TypeError("a mistake"),
  ]) {
    const { link, organization } = problemOf(error, undefined);
    t.deepEqual([link, organization], [undefined, undefined], error.constructor.name);
  }
  t.deepEqual(problemOf(new BusyError(), undefined).link, { label: "Try again", href: "/" });
  t.is(problemOf(new CrossSiteError(), undefined).organization, undefined);
  t.like(problemOf(new StateMismatchError(), undefined), {
    organization: "the organization",
    link: { label: "Start again", href: "/" },
  });
});

test("who wanted to go nowhere in particular starts again without an address", (t) => {
  t.deepEqual(problemOf(new BusyError(), acme).link, { ...again, href: "/login/acme" });
});

test("on a page it is tried again there, and nowhere where a form was sent", (t) => {
  const errors = [new NamespaceUnreadableError("no"), new StoreError("no"), new TypeError("a mistake")];
  for (const error of errors) {
    const what = error.constructor.name;
    const at = (again: string | undefined) => problemOf(error, acme, undefined, { again }).link;
    const href = "/login/acme/users?role=viewer";
    t.deepEqual(at(href), { label: "Try again", href }, what);
    t.is(at(undefined), undefined, what);
  }
});

test("somebody whose groups can't be relied upon is told why, and what happens to their account", (t) => {
  const cases = [
    ["ClaimNotSetUp", "claim-not-set-up", 502, /didn't arrive.*GroupsClaimReceived/],
    ["ClaimLost", "claim-lost", 502, /didn't arrive.*GroupsClaimReceived/],
    ["ClaimInvalid", "claim-invalid", 502, /didn't arrive.*GroupsClaimReceived/],
    ["TooManyGroups", "too-many-groups", 502, /so many groups.*narrow/],
    ["DeactivationsHeld", "deactivations-held", 403, /no longer give access.*DeactivationsWithinLimit/],
    ["DirectoryUnavailable", "directory-unavailable", 503, /doesn't answer.*DirectoryReachable/],
  ] as const;
  for (const [reason, code, status, said] of cases) {
    const { text, advice, ...problem } = groupsProblem(reason, acme, WAY);
    t.like(problem, { status, code, organization: "acme", link: again }, reason);
    t.is(problem.retryAfterS, status === 503 ? 30 : undefined);
    t.regex(`${text} ${advice}`, said);
    t.regex(text, /Your account stays as it is|so your account stays as it is/);
  }
});
