import test from "ava";
import {
  AuthorizationFailedError,
  accessDenied,
  CodeRejectedError,
  IdTokenInvalidError,
  InvalidClientError,
  IssuerMixUpError,
  LoginDeniedError,
  PolicyDeniedError,
  SigningKeysUnreachableError,
  TokenEndpointUnreachableError,
  UserInfoUnreachableError,
} from "../../../okta/oidc/login-errors.ts";

const ODD = "two\r\n lines";

test("a refusal says what Okta says of it, on one line, and nothing where it says nothing", (t) => {
  const denied = accessDenied(ODD);
  t.true(denied instanceof LoginDeniedError);
  t.is(denied.message, "Okta refused the sign-in: two lines");
  t.is(denied.description, "two lines");
  for (const [description, said] of [
    [undefined, undefined],
    ["", ""],
  ] as const) {
    const bare = accessDenied(description);
    t.is(bare.message, "Okta refused the sign-in.");
    t.is(bare.description, said);
  }
});

test("a refusal by a policy is one, however it is written", (t) => {
  for (const description of ["Policy evaluation failed for this request.", "POLICY EVALUATION FAILED"]) {
    const denied = accessDenied(description);
    t.true(denied instanceof PolicyDeniedError);
    t.is(denied.description, description);
    t.regex(denied.message, /refused the sign-in: [^.]*\. No rule .* Access Policies in Okta\.$/);
  }
  t.true(accessDenied("The policy says no.") instanceof LoginDeniedError);
});

test("another error is told by its name, and a scope that isn't there with what to do", (t) => {
  const failed = new AuthorizationFailedError("server_error", ODD);
  t.is(failed.message, "Okta reported server_error: two lines.");
  t.is(failed.description, "two lines");
  t.is(
    new AuthorizationFailedError("server_error", "Try again.").message,
    "Okta reported server_error: Try again.",
  );
  for (const nothing of [undefined, ""])
    t.is(new AuthorizationFailedError("server_error", nothing).message, "Okta reported server_error.");
  t.is(new AuthorizationFailedError("server_error", undefined).description, undefined);
  const scope = new AuthorizationFailedError("invalid_scope", "groups");
  t.regex(
    scope.message,
    /^Okta reported invalid_scope: groups\. Leave out of the Organization's okta\.scopes/,
  );
  t.is(new AuthorizationFailedError("x".repeat(61), undefined).error, `${"x".repeat(59)}…`);
});

test("a client that isn't taken is told with how it authenticated, and a wrong clock where it signed", (t) => {
  const clock = { aheadS: -3_600, by: "Date" } as const;
  const of = (authentication: "secret" | "private-key" | "none", description?: string) =>
    new InvalidClientError({ clientID: "0oa1", authentication, clock }, description).message;
  t.is(
    of("secret"),
    "Okta doesn't accept client 0oa1 with this client secret. Check clientID and the Secret of clientSecretRef.",
  );
  t.regex(of("secret", ODD), /client secret \(two lines\)\. Check/);
  t.regex(of("private-key"), /with this private key\. The clock here is 3600 seconds ahead/);
  t.regex(of("none"), /as a public client\. Check clientID.*publicClient\.$/);
  const agreeing = {
    clientID: "0oa1",
    authentication: "private-key",
    clock: { aheadS: 1, by: "Date" },
  } as const;
  t.regex(
    new InvalidClientError(agreeing, undefined).message,
    /private key\. Check .*privateKeyRef among its keys\.$/,
  );
  t.is(new InvalidClientError(agreeing, undefined).clientID, "0oa1");
});

test("a code, an ID token and a server that aren't taken are told with what is known", (t) => {
  t.regex(new CodeRejectedError("used").message, /any more \(used\)\. Start again/);
  t.regex(new CodeRejectedError(undefined).message, /any more\. Start again/);
  t.regex(
    new IssuerMixUpError("https://acme.okta.com").message,
    /doesn't come from https:\/\/acme\.okta\.com\./,
  );
  t.is(new IdTokenInvalidError("nonce").message, "The ID token isn't valid (nonce). Nobody was signed in.");
  const cause = new Error("why");
  const told = new IdTokenInvalidError("expiry", { what: "it ended", advice: "Set the clock.", cause });
  t.is(told.message, "The ID token isn't valid (expiry: it ended). Nobody was signed in. Set the clock.");
  t.is(told.advice, "Set the clock.");
  t.is(told.cause, cause);
});

test("what can't be reached is told with why", (t) => {
  const cause = new Error("nobody listens there");
  for (const made of [TokenEndpointUnreachableError, SigningKeysUnreachableError, UserInfoUnreachableError]) {
    const error = new made(cause);
    t.regex(error.message, /: nobody listens there$/);
    t.is(error.cause, cause);
  }
});
