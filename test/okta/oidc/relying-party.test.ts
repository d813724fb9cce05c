import { createHash } from "node:crypto";
import test from "ava";
import { UnsecuredJWT } from "jose";
import { IdTokenInvalidError } from "../../../okta/oidc/login-errors.ts";
import { type Forgery, TestProvider, testKey } from "./provider.ts";
import { Login, REDIRECT_URI } from "./sign-in.ts";

// The cases of the OpenID Foundation's conformance suite for relying parties, basic profile, and a few more.

const another = await testKey("key-1");
const unknown = await testKey("key-2");
const symmetric = new TextEncoder().encode("s3cret-of_the.client");
const now = () => Math.floor(Date.now() / 1000);

/** A forged ID token, and the check that it must not pass. */
function refused(
  what: string,
  check: IdTokenInvalidError["check"],
  forgery: Forgery | ((login: Login) => Forgery),
): void {
  test(`no session for ${what}`, async (t) => {
    await using login = await Login.start();
    login.provider.forgery = typeof forgery === "function" ? forgery(login) : forgery;
    const error = await t.throwsAsync(login.signIn(), { instanceOf: IdTokenInvalidError });
    t.is(error.check, check);
  });
}

test("a subject may have 255 characters", async (t) => {
  await using login = await Login.start();
  login.provider.forgery = { claims: { sub: "x".repeat(255) } };
  t.is((await login.signIn()).person.subject.length, 255);
});

test("a good ID token signs in", async (t) => {
  await using login = await Login.start();
  t.is((await login.signIn()).person.subject, "00u1");
});

refused("a signature by another key of the same id", "signature", { key: another });
refused("a signature over something else", "signature", {
  token: (token) => withPayload(token, { sub: "00u-admin" }),
});
refused("an empty signature", "signature", { token: (token) => token.replace(/[^.]*$/, "") });
refused("alg none", "algorithm", { token: unsigned });
refused("alg None", "algorithm", { token: (token) => withHeader(token, { alg: "None" }) });
refused("a signature with the client secret", "algorithm", {
  key: { kid: "key-1", alg: "HS256", privateKey: symmetric, jwk: {} },
});
refused("another algorithm than the issuer's", "algorithm", {
  token: (token) => withHeader(token, { alg: "PS256" }),
});
refused("a critical header that nobody knows", "algorithm", {
  token: (token) => withHeader(token, { crit: ["exp"] }),
});
refused("a key that the issuer doesn't have", "key", { key: unknown });
refused("another issuer", "issuer", { claims: { iss: "https://evil.example.com" } });
refused("the org server's issuer", "issuer", ({ provider }) => ({ claims: { iss: provider.server.url } }));
refused("no issuer", "issuer", { claims: { iss: undefined } });
refused("another audience", "audience", { claims: { aud: "0oa2" } });
refused("a list of other audiences", "audience", { claims: { aud: ["0oa2", "0oa3"] } });
refused("no audience", "audience", { claims: { aud: undefined } });
refused("several audiences and no azp", "audience", { claims: { aud: ["0oa1", "0oa2"] } });
refused("several audiences and another's azp", "authorized-party", {
  claims: { aud: ["0oa1", "0oa2"], azp: "0oa2" },
});
refused("one audience and another's azp", "authorized-party", { claims: { azp: "0oa2" } });
refused("another nonce", "nonce", { claims: { nonce: "of-another-sign-in" } });
refused("no nonce", "nonce", { claims: { nonce: undefined } });
refused("an expired token", "expiry", { claims: { exp: now() - 120 } });
refused("no expiry", "expiry", { claims: { exp: undefined } });
refused("an expiry that isn't a number", "expiry", { claims: { exp: "never" } });
refused("a token from the future", "issued-at", { claims: { iat: now() + 3600, exp: now() + 7200 } });
refused("no iat", "issued-at", { claims: { iat: undefined } });
refused("a token that isn't valid yet", "not-before", { claims: { nbf: now() + 3600 } });
refused("no subject", "subject", { claims: { sub: undefined } });
refused("an empty subject", "subject", { claims: { sub: "" } });
refused("a subject that is too long", "subject", { claims: { sub: "x".repeat(256) } });
refused("a subject that isn't text", "subject", { claims: { sub: 1 } });
refused("the hash of another access token", "access-token-hash", {
  claims: { at_hash: atHash("sha256", "access-token-2") },
});
refused("a hash of the access token that is empty", "access-token-hash", { claims: { at_hash: "" } });
refused("a hash of the access token that isn't text", "access-token-hash", { claims: { at_hash: null } });
refused("something that isn't a token", "format", { token: () => "not-a-token" });
refused("an encrypted token", "format", { token: () => "a.b.c.d.e" });

test("no session for alg none or a shared secret, even when the issuer says it uses them", async (t) => {
  await using login = await Login.start();
  const { provider } = login;
  provider.metadata = { id_token_signing_alg_values_supported: ["none", "HS256", "RS256"] };
  const secret = { kid: "key-1", alg: "HS256", privateKey: symmetric, jwk: {} };
  for (const forgery of [{ token: unsigned }, { key: secret }]) {
    provider.forgery = forgery;
    const error = await t.throwsAsync(login.signIn(), { instanceOf: IdTokenInvalidError });
    t.is(error.check, "algorithm");
  }
});

for (const [alg, hash] of [
  ["RS256", "sha256"],
  ["ES384", "sha384"],
  ["PS512", "sha512"],
  ["EdDSA", "sha512"],
] as const) {
  test(`an ID token by ${alg} may name its access token`, async (t) => {
    await using login = await Login.start();
    const key = await testKey("key-3", alg);
    login.provider.metadata = { id_token_signing_alg_values_supported: [alg] };
    login.provider.published = [key.jwk];
    login.provider.forgery = { key, claims: { at_hash: atHash(hash, TestProvider.accessToken) } };
    await t.notThrowsAsync(login.signIn());
    login.provider.forgery = { key, claims: { at_hash: atHash(hash, "access-token-2") } };
    await t.throwsAsync(login.signIn(), { code: "id-token-invalid", message: /access-token-hash/ });
  });
}

const HOUR = 3_600;
/** An hour, as a slow machine may count it. */
const AN_HOUR = "(35[5-9]\\d|36[0-4]\\d) seconds";

for (const [claim, forged, words, where] of [
  ["iat", () => ({ iat: now() + HOUR, exp: now() + 2 * HOUR }), "issued-at: it was issued", "behind"],
  ["exp", () => ({ iat: now() - 2 * HOUR, exp: now() - HOUR }), "expiry: it ended", "ahead of"],
  ["nbf", () => ({ nbf: now() + HOUR }), "not-before: it begins in", "behind"],
  ["auth_time", () => ({ auth_time: now() + HOUR }), "auth-time: its auth_time is", "behind"],
] as const) {
  test(`${claim} says by how much it fails, and that the clocks agree where they do`, async (t) => {
    await using login = await Login.start();
    login.provider.forgery = { claims: forged() };
    const error = await t.throwsAsync(login.signIn(), { instanceOf: IdTokenInvalidError });
    t.regex(error.message, new RegExp(`${words} ${AN_HOUR}`));
    t.regex(error.advice ?? "", /clock and the one here agree/);
  });

  test(`${claim} that fails for a clock's sake says which, by the Date of Okta's answer`, async (t) => {
    await using login = await Login.start();
    login.provider.forgery = { claims: forged() };
    const theirs = Date.now() + (where === "behind" ? HOUR : -HOUR) * 1000;
    login.provider.headers = { date: new Date(theirs).toUTCString() };
    const error = await t.throwsAsync(login.signIn(), { instanceOf: IdTokenInvalidError });
    t.regex(
      error.advice ?? "",
      new RegExp(`^The clock here is ${AN_HOUR} ${where} Okta's, by the Date of Okta's answer: set`),
    );
    t.true(error.message.includes(error.advice ?? "none"));
  });
}

test("without a Date the token's own iat tells of a wrong clock", async (t) => {
  await using login = await Login.start();
  login.provider.headers = { date: "" };
  login.provider.forgery = { claims: { iat: now() - HOUR, exp: now() - HOUR / 2 } };
  const error = await t.throwsAsync(login.signIn(), { instanceOf: IdTokenInvalidError });
  t.regex(error.advice ?? "", new RegExp(`^The clock here is ${AN_HOUR} ahead of Okta's, by the iat`));
});

test("clocks may differ by half a minute", async (t) => {
  await using login = await Login.start();
  login.provider.forgery = { claims: { iat: now() + 20, auth_time: now() + 20, exp: now() - 20 } };
  await t.notThrowsAsync(login.signIn());
});

test("a token without kid is verified by the only key that fits", async (t) => {
  await using login = await Login.start();
  login.provider.forgery = { withoutKid: true };
  await t.notThrowsAsync(login.signIn());
});

test("no session for a token without kid when two keys would fit", async (t) => {
  await using login = await Login.start();
  login.provider.published.push(unknown.jwk);
  login.provider.forgery = { withoutKid: true };
  const error = await t.throwsAsync(login.signIn(), { instanceOf: IdTokenInvalidError });
  t.is(error.check, "key");
});

test("no session for the state of another browser", async (t) => {
  await using login = await Login.start();
  const stolen = login.signIn({ callback: (url) => withParameter(url, "state", "of-another-browser") });
  await t.throwsAsync(stolen, { code: "state-mismatch" });
  t.is(login.provider.server.callsTo("/oauth2/default/v1/token").length, 0, "the code isn't even redeemed");
});

test("no session without a state", async (t) => {
  await using login = await Login.start();
  await t.throwsAsync(login.signIn({ callback: (url) => withParameter(url, "state", undefined) }), {
    code: "state-mismatch",
  });
});

test("no session for a callback that is replayed", async (t) => {
  await using login = await Login.start();
  const { url, transaction } = await login.oidc.startLogin(login.settings, {
    redirectURI: REDIRECT_URI,
    returnTo: "/",
  });
  const callbackURL = login.provider.authorize(url, REDIRECT_URI);
  await login.oidc.finishLogin(login.settings, { callbackURL, transaction });
  await t.throwsAsync(login.oidc.finishLogin(login.settings, { callbackURL, transaction }), {
    code: "code-rejected",
  });
});

test("no session for an answer of another server that names itself", async (t) => {
  await using login = await Login.start();
  const mixedUp = login.signIn({ callback: (url) => withParameter(url, "iss", "https://evil.example.com") });
  await t.throwsAsync(mixedUp, { code: "issuer-mix-up" });
  t.is(login.provider.server.callsTo("/oauth2/default/v1/token").length, 0, "the code isn't sent anywhere");
});

test("no session without the iss parameter when the server promises it", async (t) => {
  await using login = await Login.start();
  login.provider.metadata = { authorization_response_iss_parameter_supported: true };
  await t.throwsAsync(login.signIn(), { code: "issuer-mix-up" });
  await t.notThrowsAsync(
    login.signIn({ callback: (url) => withParameter(url, "iss", login.provider.issuer) }),
  );
});

test("no session for a code of another sign-in of the same browser", async (t) => {
  await using login = await Login.start();
  const start = () => login.oidc.startLogin(login.settings, { redirectURI: REDIRECT_URI, returnTo: "/" });
  const [mine, injected] = [await start(), await start()];
  const code = new URL(login.provider.authorize(injected.url, REDIRECT_URI)).searchParams.get("code") ?? "";
  const answer = new URL(login.provider.authorize(mine.url, REDIRECT_URI));
  const { href: callbackURL } = withParameter(answer, "code", code);
  const error = await t.throwsAsync(
    login.oidc.finishLogin(login.settings, { callbackURL, transaction: mine.transaction }),
    { instanceOf: IdTokenInvalidError },
  );
  t.is(error.check, "nonce");
});

function atHash(hash: string, accessToken: string): string {
  const digest = createHash(hash).update(accessToken).digest();
  return digest.subarray(0, digest.length / 2).toString("base64url");
}

function unsigned(token: string): string {
  return new UnsecuredJWT(payloadOf(token)).encode();
}

function withParameter(url: URL, name: string, value: string | undefined): URL {
  if (value === undefined) url.searchParams.delete(name);
  else url.searchParams.set(name, value);
  return url;
}

function payloadOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());
}

function withPayload(token: string, claims: Record<string, unknown>): string {
  const [header, , signature] = token.split(".");
  return [header, encode({ ...payloadOf(token), ...claims }), signature].join(".");
}

function withHeader(token: string, change: Record<string, unknown>): string {
  const [header = "", payload, signature] = token.split(".");
  const parsed = JSON.parse(Buffer.from(header, "base64url").toString());
  return [encode({ ...parsed, ...change }), payload, signature].join(".");
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}
