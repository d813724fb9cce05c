import { inspect } from "node:util";
import test from "ava";
import * as client from "openid-client";
import type { OktaError } from "../../../okta/errors.ts";
import {
  HttpConnectionError,
  HttpStatusError,
  HttpTimeoutError,
  ResponseTooLargeError,
} from "../../../okta/http/http-errors.ts";
import { IdTokenInvalidError } from "../../../okta/oidc/login-errors.ts";
import { type TokenRequest, tokenError, userInfoError } from "../../../okta/oidc/openid-client-errors.ts";

const ISSUER = "https://acme.okta.com";
const nowS = Math.floor(Date.now() / 1000);
const request: TokenRequest = {
  clientID: "0oa1",
  authentication: "secret",
  nowS,
  clock: { aheadS: 0, by: "Date" },
};

/** openid-client, to whom this is answered. */
function configured(answer: Response | Error): client.Configuration {
  const endpoints = { token_endpoint: `${ISSUER}/token`, userinfo_endpoint: `${ISSUER}/userinfo` };
  const made = new client.Configuration({ issuer: ISSUER, ...endpoints }, "0oa1", undefined, client.None());
  made[client.customFetch] = async () => {
    if (answer instanceof Error) throw answer;
    return answer;
  };
  return made;
}

/** What becomes of an answer of the token endpoint. */
async function signingIn(answer: Response | Error): Promise<OktaError | undefined> {
  try {
    const callback = new URL("https://login.example.com/callback?code=c&state=s");
    const checks = { expectedState: "s", expectedNonce: "n", pkceCodeVerifier: "v".repeat(43) };
    await client.authorizationCodeGrant(configured(answer), callback, { ...checks, idTokenExpected: true });
    return undefined;
  } catch (error) {
    return tokenError(error, request);
  }
}

/** What becomes of an answer of the userinfo endpoint. */
async function readingUserInfo(answer: Response | Error): Promise<OktaError | undefined> {
  try {
    await client.fetchUserInfo(configured(answer), "access-token-1", "00u1");
    return undefined;
  } catch (error) {
    return userInfoError(error);
  }
}

function json(body: unknown, init: ResponseInit = {}): Response {
  return Response.json(body, init);
}

function halfJson(body: string): Response {
  return new Response(body, { headers: { "content-type": "application/json" } });
}

function tokens(id_token: unknown): Response {
  return json({ access_token: "access-token-1", token_type: "Bearer", id_token });
}

/** A token that nobody signed: openid-client looks at what it says. */
function idToken(change: Record<string, unknown> = {}, header: object = { alg: "RS256" }): string {
  const good = { iss: ISSUER, sub: "00u1", aud: "0oa1", iat: nowS, exp: nowS + 3_600, nonce: "n" };
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString("base64url");
  return `${encode(header)}.${encode({ ...good, ...change })}.c2lnbmF0dXJl`;
}

/** Failures of our own HTTP, and whether the endpoint is what can't be used then. */
const OWN: [error: Error, unreachable: boolean][] = [
  [new HttpStatusError("https://acme.okta.com/x", 503), true],
  [new HttpTimeoutError("https://acme.okta.com/x", 10), true],
  [new HttpConnectionError("https://acme.okta.com/x", "nobody listens there"), true],
  [new ResponseTooLargeError("https://acme.okta.com/x", 10), false],
];

test("an endpoint that can't be used is told apart from one that says something unusable", async (t) => {
  for (const [cause, unreachable] of OWN) {
    const token = await signingIn(cause);
    t.is(token?.code, unreachable ? "token-endpoint-unreachable" : "token-response-invalid", cause.name);
    const userInfo = await readingUserInfo(cause);
    t.is(userInfo?.code, unreachable ? "userinfo-unreachable" : "userinfo-invalid", cause.name);
    for (const error of [token, userInfo]) {
      t.is(error?.cause, cause);
      t.true(error?.message.includes(cause.message));
    }
  }
});

test("what the token endpoint says of a refusal decides whose fault it is", async (t) => {
  const said = (error: string, status = 400) => json({ error, error_description: "In words" }, { status });
  const cases: [answer: Response, code: string, words: RegExp][] = [
    [said("invalid_grant"), "code-rejected", /any more \(In words\)\. Start/],
    [json({ error: "invalid_grant" }, { status: 400 }), "code-rejected", /any more\. Start/],
    [said("access_denied"), "denied", /refused the sign-in: In words/],
    [said("invalid_dpop_proof"), "dpop-required", /0oa1 requires DPoP/],
    [said("use_dpop_nonce"), "dpop-required", /0oa1 requires DPoP/],
    [said("invalid_client"), "invalid-client", /0oa1 with this client secret \(In words\)/],
    [said("unauthorized_client"), "invalid-client", /0oa1 with this client secret \(In words\)/],
    [said("server_is_tired", 401), "invalid-client", /\(In words\)/],
    [new Response(null, { status: 401 }), "invalid-client", /with this client secret\. Check/],
    [said("server_is_tired"), "token-response-invalid", /: status 400, server_is_tired: In words\.$/],
    [json({ error: "tired" }, { status: 400 }), "token-response-invalid", /: status 400, tired\.$/],
    [new Response(null, { status: 418 }), "token-response-invalid", /: status 418\.$/],
    [new Response("<html>", { status: 200 }), "token-response-invalid", /: status 200\.$/],
  ];
  for (const [answer, code, words] of cases) {
    const error = await signingIn(answer);
    t.is(error?.code, code, String(words));
    t.regex(error?.message ?? "", words);
  }
});

test("a challenge doesn't hide what is said beside it", async (t) => {
  const headers = { "www-authenticate": 'Basic realm="okta"' };
  const challenged = (body: string, status = 401) => signingIn(new Response(body, { status, headers }));
  const described = JSON.stringify({ error: "invalid_client", error_description: "In words" });
  t.regex((await challenged(described))?.message ?? "", /with this client secret \(In words\)/);
  t.is((await challenged('{"error":"invalid_grant"}', 400))?.code, "code-rejected");
  for (const unusable of ["<html>", "[]", '{"error":7}', "null"]) {
    const error = await challenged(unusable);
    t.is(error?.code, "invalid-client", unusable);
    t.notRegex(error?.message ?? "", /\(/);
  }
  t.regex((await challenged("<html>", 400))?.message ?? "", /: status 400\.$/);
});

/** What an ID token says or lacks, and the check that it fails. */
const FORGED: [change: Record<string, unknown>, check: IdTokenInvalidError["check"]][] = [
  [{ iss: "https://evil.example.com" }, "issuer"],
  [{ iss: undefined }, "issuer"],
  [{ aud: "0oa2" }, "audience"],
  [{ aud: 7 }, "audience"],
  [{ aud: ["0oa1", "0oa2"] }, "audience"],
  [{ aud: ["0oa1", "0oa2"], azp: "0oa2" }, "authorized-party"],
  [{ sub: 7 }, "subject"],
  [{ sub: undefined }, "subject"],
  [{ nonce: "of-another-sign-in" }, "nonce"],
  [{ nonce: undefined }, "nonce"],
  [{ exp: nowS - 90 }, "expiry"],
  [{ exp: "never" }, "expiry"],
  [{ iat: "now" }, "issued-at"],
  [{ nbf: nowS + 90 }, "not-before"],
  [{ nbf: "later" }, "not-before"],
  [{ auth_time: "earlier" }, "auth-time"],
];

test("each check of an ID token is told by its name", async (t) => {
  for (const [change, check] of FORGED) {
    const error = await signingIn(tokens(idToken(change)));
    t.is(error instanceof IdTokenInvalidError && error.check, check, JSON.stringify(change));
    t.true(error?.cause instanceof Error);
    t.notRegex(inspect(error, { depth: 20, showHidden: true }), /eyJ|access-token/);
  }
  t.is(await signingIn(tokens(idToken())), undefined, "a good one fails none");
});

test("a time that is wrong is told by how much", async (t) => {
  const ended = await signingIn(tokens(idToken({ exp: nowS - 90 })));
  t.regex(ended?.message ?? "", /it ended 90 seconds ago.*clock and the one here agree/);
  const begins = await signingIn(tokens(idToken({ nbf: nowS + 900 })));
  t.regex(begins?.message ?? "", /it begins in 900 seconds/);
});

test("what is no token, or is signed in a way that isn't taken, is told so", async (t) => {
  for (const [token, check] of [
    ["not-a-token", "format"],
    ["a.b.c.d.e", "format"],
    ["a.b.c", "format"],
    ["eyJ.eyJ.eyJ", "format"],
    [idToken().replace(/\.[^.]+\./, ".eyJ."), "format"],
    [idToken({}, { alg: "RS256", crit: ["exp"] }), "algorithm"],
    [idToken({}, { alg: "HS256" }), "algorithm"],
    [idToken({}, { alg: "none" }), "algorithm"],
  ] as const) {
    const error = await signingIn(tokens(token));
    t.is(error instanceof IdTokenInvalidError && error.check, check, token);
    t.notRegex(inspect(error, { depth: 20, showHidden: true }), /eyJ|{"/);
  }
});

test("an answer without what is needed isn't called a wrong token", async (t) => {
  for (const [answer, words] of [
    [tokens(undefined), /"id_token" property/],
    [tokens(7), /"id_token" property/],
    [json({ token_type: "Bearer", id_token: idToken() }), /"access_token" property/],
    [json({ access_token: "access-token-1", token_type: "magic", id_token: idToken() }), /token_type/],
    [halfJson('{"access_token": eyJ}'), /failed to parse "response" body as JSON/],
  ] as const) {
    const error = await signingIn(answer);
    t.is(error?.code, "token-response-invalid", String(words));
    t.regex(error?.message ?? "", words);
    t.true(error?.cause instanceof Error);
    t.notRegex(inspect(error, { depth: 20, showHidden: true }), /eyJ|access-token/);
  }
});

test("a check that openid-client may come to have is still one of the ID token", async (t) => {
  for (const cause of [
    new Error("failed", { cause: { claim: "unheard_of" } }),
    new Error('unexpected JWT "unheard_of" claim value'),
    new Error('unexpected ID Token "unheard_of" claim value'),
  ]) {
    const error = await tokenError(new Error("wrapped", { cause }), request);
    t.is(error instanceof IdTokenInvalidError && error.check, "format", cause.message);
  }
  for (const cause of [new Error("JWTs"), new Error("failed", { cause: { claim: 7 } })])
    t.is((await tokenError(cause, request)).code, "token-response-invalid", cause.message);
});

test("whatever is thrown becomes an error of ours", async (t) => {
  for (const thrown of ["eyJ", null, undefined]) {
    for (const error of [await tokenError(thrown, request), userInfoError(thrown)]) {
      t.regex(error.message, /something unexpected: unknown\.$/);
      t.true(error.cause instanceof Error);
    }
  }
  t.is((await tokenError(new Error("x", { cause: null }), request)).code, "token-response-invalid");
  t.is((await tokenError(new Error('JWT "exp"', { cause: null }), request)).code, "id-token-invalid");
  t.regex(userInfoError(new Error("outer", { cause: new Error("inner") })).message, /: inner\.$/);
});

test("what is wrong with userinfo is told", async (t) => {
  const headers = { "www-authenticate": 'Bearer error="invalid_token"' };
  for (const [answer, words] of [
    [new Response(null, { status: 401, headers }), /: status 401\.$/],
    [new Response(null, { status: 403 }), /: unexpected HTTP response status code\.$/],
    [json({ sub: "00u2", secret: "eyJ" }), /"sub" property value\.$/],
    [json([]), /object/],
  ] as const) {
    const error = await readingUserInfo(answer);
    t.is(error?.code, "userinfo-invalid", String(words));
    t.regex(error?.message ?? "", words);
    t.true(error?.cause instanceof Error);
    t.notRegex(inspect(error, { depth: 20, showHidden: true }), /eyJ|access-token/);
  }
  t.is(await readingUserInfo(json({ sub: "00u1" })), undefined);
});
