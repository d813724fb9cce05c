import { inspect } from "node:util";
import test from "ava";
import {
  AuthorizationFailedError,
  LoginDeniedError,
  TokenResponseInvalidError,
} from "../../../okta/oidc/login-errors.ts";
import { TestProvider } from "./provider.ts";
import { Login, REDIRECT_URI } from "./sign-in.ts";

const TOKEN = "/oauth2/default/v1/token";
const USERINFO = "/oauth2/default/v1/userinfo";
const request = { redirectURI: REDIRECT_URI, returnTo: "/home" };

test("a sign-in says who it is and in which groups", async (t) => {
  await using login = await Login.start();
  const { person, groups, returnTo } = await login.signIn();
  t.deepEqual(person, {
    issuer: login.provider.issuer,
    subject: "00u1",
    email: "ada@example.com",
    emailVerified: true,
    name: "Ada",
  });
  t.deepEqual(groups, { kind: "groups", names: ["service_admin"] });
  t.is(returnTo, "/home");
  t.is(login.provider.server.callsTo(USERINFO).length, 0, "userinfo isn't asked for what the ID token says");
});

test("the browser is sent to Okta with PKCE, a state and a nonce", async (t) => {
  await using login = await Login.start();
  const started = { ...request, prompt: "login" } as const;
  const { url, transaction } = await login.oidc.startLogin(
    { ...login.settings, scopes: ["groups"] },
    started,
  );
  t.true(url.startsWith(`${login.provider.issuer}/v1/authorize?`));
  const asked = Object.fromEntries(new URL(url).searchParams);
  t.like(asked, {
    client_id: TestProvider.clientID,
    response_type: "code",
    redirect_uri: REDIRECT_URI,
    scope: "openid groups",
    state: transaction.state,
    nonce: transaction.nonce,
    code_challenge_method: "S256",
    prompt: "login",
  });
  t.false(url.includes(transaction.codeVerifier));
  t.false(url.includes(TestProvider.clientSecret));
});

test("no two sign-ins share a state, a nonce or a verifier", async (t) => {
  await using login = await Login.start();
  const started = await Promise.all([1, 2].map(() => login.oidc.startLogin(login.settings, request)));
  const secrets = started.flatMap(({ transaction: { state, nonce, codeVerifier } }) => [
    state,
    nonce,
    codeVerifier,
  ]);
  t.is(new Set(secrets).size, 6);
});

test("whoever brings a state, a nonce and a verifier finishes with them", async (t) => {
  await using login = await Login.start();
  const proof = { state: "mine", nonce: "my-nonce", codeVerifier: "v".repeat(43) };
  const { url, transaction } = await login.oidc.startLogin(login.settings, { ...request, proof });
  t.like(transaction, proof);
  t.like(Object.fromEntries(new URL(url).searchParams), { state: "mine", nonce: "my-nonce" });
  const callbackURL = login.provider.authorize(url, REDIRECT_URI);
  t.is((await login.oidc.finishLogin(login.settings, { callbackURL, transaction })).returnTo, "/home");
});

test("the code goes to Okta with its verifier and the client's secret, once", async (t) => {
  await using login = await Login.start();
  await login.signIn();
  const [call, ...more] = login.provider.server.callsTo(TOKEN);
  t.is(more.length, 0);
  t.is(call?.form.get("redirect_uri"), REDIRECT_URI);
  t.is(call?.form.get("code_verifier")?.length, 43);
  const basic = Buffer.from(call?.headers.authorization?.replace("Basic ", "") ?? "", "base64").toString();
  t.is(basic, `${TestProvider.clientID}:${TestProvider.clientSecret}`);
  t.false(call?.form.has("client_secret"), "Okta refuses credentials that come twice");
});

test("an issuer that takes the secret in the body only gets it there", async (t) => {
  await using login = await Login.start();
  login.provider.metadata = { token_endpoint_auth_methods_supported: ["client_secret_post"] };
  await login.signIn();
  const [call] = login.provider.server.callsTo(TOKEN);
  t.is(call?.form.get("client_secret"), TestProvider.clientSecret);
  t.is(call?.headers.authorization, undefined);
});

test("ten sign-ins read metadata and keys once", async (t) => {
  await using login = await Login.start();
  await Promise.all(Array.from({ length: 10 }, () => login.signIn()));
  const { server } = login.provider;
  t.is(server.callsTo("/oauth2/default/.well-known/openid-configuration").length, 1);
  t.is(server.callsTo("/oauth2/default/v1/keys").length, 1);
});

test("a groups claim that isn't in the ID token is read from userinfo", async (t) => {
  await using login = await Login.start();
  login.provider.forgery = { claims: { groups: undefined } };
  login.provider.userInfo = { sub: "00u1", groups: ["portal_admin"] };
  t.like(await login.signIn(), { groups: { kind: "groups", names: ["portal_admin"] } });
  t.is(login.provider.server.callsTo(USERINFO)[0]?.headers.authorization, "Bearer access-token-1");
});

test("a groups claim that is nowhere is missing, not empty", async (t) => {
  await using login = await Login.start();
  login.provider.forgery = { claims: { groups: undefined } };
  t.deepEqual((await login.signIn()).groups, { kind: "missing" });
});

test("a groups claim of the wrong kind is refused, whatever userinfo says", async (t) => {
  await using login = await Login.start();
  login.provider.forgery = { claims: { groups: "service_admin" } };
  login.provider.userInfo = { sub: "00u1", groups: ["service_admin"] };
  t.is((await login.signIn()).groups.kind, "invalid");
});

test("userinfo about somebody else isn't believed", async (t) => {
  await using login = await Login.start();
  login.provider.forgery = { claims: { groups: undefined } };
  login.provider.userInfo = { sub: "00u2", groups: ["service_admin"] };
  await t.throwsAsync(login.signIn(), { code: "userinfo-invalid" });
});

for (const [what, status] of [
  ["down", 503],
  ["busy", 429],
] as const) {
  test(`a userinfo endpoint that is ${what} isn't an answer without groups`, async (t) => {
    await using login = await Login.start();
    login.provider.forgery = { claims: { groups: undefined } };
    login.provider.server.routes[USERINFO] = () => ({ status });
    await t.throwsAsync(login.signIn(), { code: "userinfo-unreachable" });
  });
}

test("a userinfo endpoint that refuses the token isn't an answer without groups", async (t) => {
  await using login = await Login.start();
  login.provider.forgery = { claims: { groups: undefined } };
  const headers = { "www-authenticate": 'Bearer error="invalid_token"' };
  login.provider.server.routes[USERINFO] = () => ({ status: 401, headers });
  await t.throwsAsync(login.signIn(), { code: "userinfo-invalid" });
});

for (const [what, answer, code] of [
  ["is down", { status: 503 }, "userinfo-unreachable"],
  ["refuses the token", { status: 401 }, "userinfo-invalid"],
  ["is about somebody else", { body: { sub: "00u2", email: "eve@example.com" } }, "userinfo-invalid"],
] as const) {
  test(`a userinfo endpoint that ${what} stops nobody where only an address is missing`, async (t) => {
    await using login = await Login.start();
    login.provider.forgery = { claims: { email: undefined } };
    login.provider.server.routes[USERINFO] = () => answer;
    const { person, groups, unread } = await login.signIn();
    t.deepEqual(groups, { kind: "groups", names: ["service_admin"] });
    t.is(person.email, undefined);
    t.false(person.emailVerified);
    t.is(unread?.code, code);
  });
}

test("an address from userinfo isn't vouched for by the ID token, nor the other way round", async (t) => {
  await using login = await Login.start();
  login.provider.forgery = { claims: { email: undefined, email_verified: true } };
  login.provider.userInfo = { sub: "00u1", email: "ada@example.com", email_verified: false };
  t.like((await login.signIn()).person, { email: "ada@example.com", emailVerified: false });
  login.provider.forgery = { claims: { email_verified: undefined, groups: undefined } };
  login.provider.userInfo = { sub: "00u1", email: "eve@example.com", email_verified: true };
  t.like((await login.signIn()).person, { email: "ada@example.com", emailVerified: false });
});

test("the callback may be told by its path", async (t) => {
  await using login = await Login.start();
  const { url, transaction } = await login.oidc.startLogin(login.settings, request);
  const { pathname, search } = new URL(login.provider.authorize(url, REDIRECT_URI));
  const callbackURL = `${pathname}${search}`;
  await t.notThrowsAsync(login.oidc.finishLogin(login.settings, { callbackURL, transaction }));
  await t.throwsAsync(login.oidc.finishLogin(login.settings, { callbackURL: "", transaction }), {
    code: "state-mismatch",
  });
});

for (const [what, change] of [
  ["client", { clientID: "0oa2" }],
  ["issuer", { issuer: "https://another.okta.com" }],
] as const) {
  test(`a person who was at Okta while the ${what} was changed starts again`, async (t) => {
    await using login = await Login.start();
    const { url, transaction } = await login.oidc.startLogin(login.settings, request);
    const callbackURL = login.provider.authorize(url, REDIRECT_URI);
    const changed = { ...login.settings, ...change };
    await t.throwsAsync(login.oidc.finishLogin(changed, { callbackURL, transaction }), {
      code: "settings-changed",
    });
  });
}

test("where clocks are apart, it is the clock that is named, and not the person who took too long", async (t) => {
  await using login = await Login.start();
  const { url, transaction } = await login.oidc.startLogin(login.settings, request);
  const callbackURL = login.provider.authorize(url, REDIRECT_URI);
  login.ahead = -120_000;
  await t.throwsAsync(login.oidc.finishLogin(login.settings, { callbackURL, transaction }), {
    code: "id-token-invalid",
    message: /clock here is 1[12]\d seconds behind Okta's/,
  });
});

test("a refusal by Okta is told in Okta's words, on one line", async (t) => {
  await using login = await Login.start();
  const callback = (url: URL) =>
    answered(url, {
      error: "access_denied",
      error_description: "User is not assigned\r\n to the client \u202Eapplication.",
    });
  const error = await t.throwsAsync(login.signIn({ callback }), { instanceOf: LoginDeniedError });
  t.is(error.description, "User is not assigned to the client application.");
});

test("a refusal by an access policy isn't one of the person alone", async (t) => {
  await using login = await Login.start();
  const error_description =
    "Policy evaluation failed for this request, please check the policy configurations.";
  const refusal = { error: "access_denied", error_description };
  const atAuthorize = login.signIn({ callback: (url) => answered(url, refusal) });
  await t.throwsAsync(atAuthorize, { code: "denied-by-policy", message: /Access Policies in Okta/ });
  login.provider.server.routes[TOKEN] = () => ({ status: 400, body: refusal });
  await t.throwsAsync(login.signIn(), { code: "denied-by-policy" });
  login.provider.server.routes[TOKEN] = () => ({ status: 400, body: { error: "access_denied" } });
  await t.throwsAsync(login.signIn(), { code: "denied" });
});

test("an app that requires DPoP is called that", async (t) => {
  await using login = await Login.start();
  for (const error of ["invalid_dpop_proof", "use_dpop_nonce"]) {
    login.provider.server.routes[TOKEN] = () => ({ status: 400, body: { error } });
    await t.throwsAsync(login.signIn(), { code: "dpop-required", message: /0oa1 requires DPoP/ });
  }
});

test("another error of the authorization endpoint is told by its name", async (t) => {
  await using login = await Login.start();
  const callback = (url: URL) =>
    answered(url, { error: "invalid_scope", error_description: "groups isn't configured" });
  const error = await t.throwsAsync(login.signIn({ callback }), { instanceOf: AuthorizationFailedError });
  t.is(error.error, "invalid_scope");
});

test("an error with another browser's state is nobody's", async (t) => {
  await using login = await Login.start();
  const callback = (url: URL) => answered(url, { error: "access_denied", state: "of-another-browser" });
  await t.throwsAsync(login.signIn({ callback }), { code: "state-mismatch" });
});

for (const [what, change] of [
  ["no code", (url: URL) => answered(url, {})],
  ["two codes", (url: URL) => appended(url, "code", "another")],
  ["two states", (url: URL) => appended(url, "state", "another")],
  [
    "two issuers",
    (url: URL) => appended(appended(url, "iss", "https://a.example.com"), "iss", "https://b.example.com"),
  ],
] as const) {
  test(`a callback with ${what} is refused`, async (t) => {
    await using login = await Login.start();
    await t.throwsAsync(login.signIn({ callback: change }), { code: "callback-invalid" });
  });
}

for (const [what, headers] of [
  ["", {}],
  [", told with a challenge", { "www-authenticate": 'Basic realm="okta"' }],
] as const) {
  test(`a wrong client secret is called that${what}`, async (t) => {
    await using login = await Login.start();
    const body = {
      error: "invalid_client",
      error_description: "The client secret supplied for a confidential client is invalid.",
    };
    login.provider.server.routes[TOKEN] = () => ({ status: 401, headers, body });
    const error = await t.throwsAsync(login.signIn(), { code: "invalid-client" });
    t.regex(error.message, /0oa1.*client secret supplied.*clientSecretRef/s);
  });
}

for (const [what, answer] of [
  ["a 401 without a word", { status: 401 }],
  ["a grant that the app may not use", { status: 400, body: { error: "unauthorized_client" } }],
] as const) {
  test(`${what} is the client's fault`, async (t) => {
    await using login = await Login.start();
    login.provider.server.routes[TOKEN] = () => answer;
    await t.throwsAsync(login.signIn(), { code: "invalid-client" });
  });
}

for (const [what, answer] of [
  ["down", { status: 503 }],
  ["busy", { status: 429 }],
  ["redirecting", { status: 302, headers: { location: "https://evil.example.com/" } }],
] as const) {
  test(`a token endpoint that is ${what} is unreachable`, async (t) => {
    await using login = await Login.start();
    login.provider.server.routes[TOKEN] = () => answer;
    await t.throwsAsync(login.signIn(), { code: "token-endpoint-unreachable" });
  });
}

for (const [what, answer] of [
  ["a page", { headers: { "content-type": "text/html" }, body: "<html>" }],
  ["nothing", { headers: { "content-type": "application/json" }, body: "" }],
  ["a list", { body: [] }],
  ["no ID token", { body: { access_token: "a", token_type: "Bearer" } }],
  ["an unknown error", { status: 400, body: { error: "something_else" } }],
  ["more than a mebibyte", { body: { access_token: "a".repeat(1_100_000) } }],
] as const) {
  test(`a token endpoint that answers with ${what} is refused`, async (t) => {
    await using login = await Login.start();
    login.provider.server.routes[TOKEN] = () => answer;
    await t.throwsAsync(login.signIn(), { instanceOf: TokenResponseInvalidError });
  });
}

test("no secret, token or code is in an error, however deep one looks", async (t) => {
  await using login = await Login.start();
  const { provider } = login;
  const errors: unknown[] = [];
  const attempt = async () => errors.push(await t.throwsAsync(login.signIn()));
  provider.forgery = { claims: { aud: "0oa2" } };
  await attempt();
  provider.forgery = { claims: { nonce: "another" } };
  await attempt();
  provider.forgery = { claims: { groups: undefined } };
  provider.userInfo = { sub: "00u2", secret: "userinfo-secret" };
  await attempt();
  provider.server.routes[TOKEN] = () => ({ status: 401, body: { error: "invalid_client" } });
  await attempt();
  provider.server.routes[TOKEN] = () => ({
    body: { access_token: "access-token-2", token_type: "Bearer", id_token: 7 },
  });
  await attempt();
  provider.server.routes[TOKEN] = () => undefined;
  await login.http.close();
  await attempt();
  const shown = errors.map((error) => inspect(error, { depth: 20, showHidden: true })).join("\n");
  for (const secret of [TestProvider.clientSecret, "access-token", "eyJ", "code-", "userinfo-secret"])
    t.false(shown.includes(secret), `${secret} is shown in ${shown}`);
});

test("signing out leads to Okta, and from there back", async (t) => {
  await using login = await Login.start();
  const { idToken } = await login.signIn();
  const back = { idTokenHint: idToken, postLogoutRedirectURI: "https://login.example.com/bye", state: "s" };
  const url = new URL((await login.oidc.endSessionURL(login.settings, back)) ?? "");
  t.is(`${url.origin}${url.pathname}`, `${login.provider.issuer}/v1/logout`);
  t.deepEqual(Object.fromEntries(url.searchParams), {
    post_logout_redirect_uri: back.postLogoutRedirectURI,
    id_token_hint: idToken,
    state: "s",
    client_id: TestProvider.clientID,
  });
});

test("an issuer that knows no signing out has no URL for it", async (t) => {
  await using login = await Login.start();
  login.provider.metadata = { end_session_endpoint: undefined };
  t.is(
    await login.oidc.endSessionURL(login.settings, { postLogoutRedirectURI: "https://x.example.com" }),
    undefined,
  );
});

test("a client is known to be accepted when only the code is refused", async (t) => {
  await using login = await Login.start();
  await t.notThrowsAsync(login.oidc.checkClient(login.settings, REDIRECT_URI));
  login.provider.server.routes[TOKEN] = () => ({ status: 401, body: { error: "invalid_client" } });
  await t.throwsAsync(login.oidc.checkClient(login.settings, REDIRECT_URI), { code: "invalid-client" });
  login.provider.server.routes[TOKEN] = () => ({ status: 503 });
  await t.throwsAsync(login.oidc.checkClient(login.settings, REDIRECT_URI), {
    code: "token-endpoint-unreachable",
  });
});

function answered(url: URL, parameters: Record<string, string>): URL {
  url.searchParams.delete("code");
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return url;
}

function appended(url: URL, name: string, value: string): URL {
  url.searchParams.append(name, value);
  return url;
}
