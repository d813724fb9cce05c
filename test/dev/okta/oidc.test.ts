import test from "ava";
import * as client from "openid-client";
import { type AppSeed, CookieJar, type OktaOptions, setStatus } from "../../../dev/okta/index.ts";
import { oktaFor, recordedOktaFor } from "./recorded-okta.ts";
import { authorize, callbackUrl, login, relyingParty, startCallback } from "./relying-party.ts";

const callback = await startCallback();
test.after.always(() => callback.stop());

const app: AppSeed = {
  clientId: "app",
  clientSecret: "secret",
  redirectUris: [callback.url],
  postLogoutRedirectUris: [`${callback.url}/bye`],
  groupsClaim: {},
};
const seed: OktaOptions = {
  groups: ["service_admin", "marketing"],
  users: [
    {
      login: "ada@acme.example",
      firstName: "Ada",
      lastName: "Lovelace",
      password: "pw",
      groups: ["service_admin"],
    },
    { login: "eve@acme.example", password: "pw", groups: ["marketing"], emailVerified: false },
  ],
  apps: [app],
};

test("somebody signs in at the org server, and the app learns who it is", async (t) => {
  const okta = await recordedOktaFor(t, seed);
  const { idToken, userinfo, tokens } = await login(okta, await relyingParty(okta), callback.url, "ada");

  t.like(idToken, {
    iss: okta.url,
    aud: "app",
    sub: okta.directory.user("ada").id,
    name: "Ada Lovelace",
    preferred_username: "ada@acme.example",
    email: "ada@acme.example",
    email_verified: true,
    groups: ["Everyone", "service_admin"],
    amr: ["pwd"],
    ver: 1,
  });
  t.regex(String(idToken.sub), /^00u[0-9A-Za-z]{17}$/);
  t.regex(String(idToken.jti), /^ID\./);
  t.is(typeof idToken.auth_time, "number");
  t.is(typeof idToken.at_hash, "string");
  t.like(userinfo, { sub: idToken.sub, given_name: "Ada", groups: ["Everyone", "service_admin"] });
  t.is(tokens.token_type, "bearer");
});

test("the org server sends groups only with the groups scope and the app's claim filter", async (t) => {
  const okta = await recordedOktaFor(t, seed);
  const config = await relyingParty(okta);

  const unasked = await login(okta, config, callback.url, "ada", { scope: "openid profile" });
  t.false("groups" in unasked.idToken || "groups" in unasked.userinfo);

  const { groupsClaim: _, ...unfiltered } = app;
  okta.saveApp(unfiltered);
  const unset = await login(okta, config, callback.url, "ada");
  t.false("groups" in unset.idToken || "groups" in unset.userinfo);
});

test("a thin ID token leaves groups and most claims to userinfo", async (t) => {
  const okta = await recordedOktaFor(t, { ...seed, apps: [{ ...app, idToken: "thin" }] });
  const { idToken, userinfo } = await login(okta, await relyingParty(okta), callback.url, "ada");
  t.like(idToken, {
    name: "Ada Lovelace",
    preferred_username: "ada@acme.example",
    email: "ada@acme.example",
  });
  t.false("groups" in idToken || "given_name" in idToken || "email_verified" in idToken);
  t.like(userinfo, { groups: ["Everyone", "service_admin"], given_name: "Ada", email_verified: true });
});

test("a custom server has a claim of its own name, and knows nothing of the app's filter", async (t) => {
  const okta = await recordedOktaFor(t, {
    ...seed,
    authorizationServers: [
      { id: "default", groupsClaim: { name: "teams", filter: { type: "STARTS_WITH", value: "service" } } },
    ],
  });
  const { idToken, userinfo } = await login(
    okta,
    await relyingParty(okta, { server: "default" }),
    callback.url,
    "ada",
  );
  t.is(idToken.iss, `${okta.url}/oauth2/default`);
  t.deepEqual(idToken.teams, ["service_admin"]);
  t.deepEqual(userinfo.teams, ["service_admin"]);
  t.false("groups" in idToken);
});

test("a custom server's claim may be for userinfo only, hang on a scope, and differ by app", async (t) => {
  const okta = await recordedOktaFor(t, {
    ...seed,
    authorizationServers: [
      { id: "default", scopes: ["groups"], groupsClaim: { inIdToken: "userinfo", scopes: ["groups"] } },
    ],
  });
  const config = await relyingParty(okta, { server: "default" });

  const asked = await login(okta, config, callback.url, "ada");
  t.false("groups" in asked.idToken);
  t.deepEqual(asked.userinfo.groups, ["Everyone", "service_admin"]);

  const unasked = await login(okta, config, callback.url, "ada", { scope: "openid email" });
  t.false("groups" in unasked.userinfo);

  okta.saveApp({ ...app, customClaims: { default: { name: "roles" } } });
  const own = await login(okta, config, callback.url, "ada");
  t.deepEqual(own.idToken.roles, ["Everyone", "service_admin"]);

  okta.saveApp({ ...app, customClaims: { default: null } });
  const none = await login(okta, config, callback.url, "ada");
  t.false("groups" in none.userinfo || "roles" in none.userinfo);
});

test("when the filter leaves nothing the claim is omitted, or empty where that is set", async (t) => {
  const filter = { type: "EQUALS", value: "service_admin" } as const;
  const okta = await recordedOktaFor(t, { ...seed, apps: [{ ...app, groupsClaim: { filter } }] });
  const config = await relyingParty(okta);

  const omitted = await login(okta, config, callback.url, "eve");
  t.false("groups" in omitted.idToken || "groups" in omitted.userinfo);

  okta.settings.emptyGroupsClaim = "empty";
  const empty = await login(okta, config, callback.url, "eve");
  t.deepEqual([empty.idToken.groups, empty.userinfo.groups], [[], []]);

  okta.saveApp({ ...app, groupsClaim: { filter, whenEmpty: "omit" } });
  const own = await login(okta, config, callback.url, "eve");
  t.false("groups" in own.idToken);
});

test("over 100 groups are cut off, or an error, or all there, as it is set", async (t) => {
  const many = Array.from({ length: 150 }, (_, index) => `team-${index}`);
  const okta = await recordedOktaFor(t, {
    ...seed,
    groups: many,
    users: [{ login: "max@acme.example", password: "pw", groups: many }],
  });
  const config = await relyingParty(okta);

  t.is((await login(okta, config, callback.url, "max")).idToken.groups?.toString().split(",").length, 100);

  okta.settings.manyGroups = "all";
  t.is((await login(okta, config, callback.url, "max")).idToken.groups?.toString().split(",").length, 151);

  okta.settings.manyGroups = "fail";
  const { journey } = await authorize(okta, config, callback.url, "max");
  t.like(Object.fromEntries(callbackUrl(journey).searchParams), {
    error: "server_error",
    error_description:
      "The groups claim matched too many groups and must be configured to match fewer groups.",
  });
});

test("a membership that changed is in the next token", async (t) => {
  const okta = await recordedOktaFor(t, seed);
  const config = await relyingParty(okta);
  const cookies = new CookieJar();
  await login(okta, config, callback.url, "ada", { cookies });
  okta.directory.removeFromGroup("service_admin", "ada");
  okta.directory.addToGroup("marketing", "ada");
  const { idToken } = await login(okta, config, callback.url, "ada", { cookies });
  t.deepEqual(idToken.groups, ["Everyone", "marketing"]);
});

test("an unknown scope is an error, also groups where a custom server has none", async (t) => {
  const okta = await recordedOktaFor(t, { ...seed, authorizationServers: [{ id: "default", scopes: [] }] });
  for (const [server, scope] of [
    ["org", "openid nonsense"],
    ["default", "openid groups"],
  ] as const) {
    const config = await relyingParty(okta, { server });
    const { journey } = await authorize(okta, config, callback.url, "ada", { scope });
    t.like(Object.fromEntries(callbackUrl(journey).searchParams), {
      error: "invalid_scope",
      error_description: "One or more scopes are not configured for the authorization server resource.",
    });
  }
});

test("no iss parameter comes with answers and errors, unless that is set", async (t) => {
  const okta = await oktaFor(t, seed);
  const config = await relyingParty(okta);
  const iss = async (scope: string) =>
    callbackUrl((await authorize(okta, config, callback.url, "ada", { scope })).journey).searchParams.get(
      "iss",
    );

  t.is(await iss("openid"), null);
  t.is(await iss("nonsense"), null);
  t.is(config.serverMetadata().authorization_response_iss_parameter_supported, undefined);

  okta.settings.issuerParameter = true;
  t.is(await iss("openid"), okta.url);
  t.is(await iss("nonsense"), okta.url);
  t.true((await relyingParty(okta)).serverMetadata().authorization_response_iss_parameter_supported);
});

test("one session serves both servers, and prompt=login asks again", async (t) => {
  const okta = await recordedOktaFor(t, seed);
  const cookies = new CookieJar();
  const asked = (visited: string[]) => visited.some((url) => url.includes("/signin/"));
  const org = await relyingParty(okta);

  const first = await login(okta, org, callback.url, "ada", { cookies });
  t.true(asked(first.journey.visited));
  const second = await login(okta, await relyingParty(okta, { server: "default" }), callback.url, "ada", {
    cookies,
  });
  t.false(asked(second.journey.visited));
  t.is(second.idToken.sub, first.idToken.sub);

  const again = await login(okta, org, callback.url, "ada", { cookies, parameters: { prompt: "login" } });
  t.true(asked(again.journey.visited));

  const other = await login(okta, org, callback.url, "eve", { cookies, parameters: { prompt: "login" } });
  t.is(other.idToken.sub, okta.directory.user("eve").id);
  t.false((await login(okta, org, callback.url, "ada", { cookies })).idToken.sub === first.idToken.sub);

  const silent = await authorize(okta, org, callback.url, "ada", { parameters: { prompt: "none" } });
  t.is(callbackUrl(silent.journey).searchParams.get("error"), "login_required");
});

test("whoever may not sign in is told so, and others are not told why", async (t) => {
  const okta = await recordedOktaFor(t, seed);
  const config = await relyingParty(okta);
  const refusals = {
    STAGED: "Unable to sign in",
    PROVISIONED: "Unable to sign in",
    SUSPENDED: "Unable to sign in",
    DEPROVISIONED: "Unable to sign in",
    LOCKED_OUT: "Your account is locked",
    PASSWORD_EXPIRED: "Your password has expired",
    RECOVERY: "Your account is being recovered",
  } as const;
  for (const [status, words] of Object.entries(refusals)) {
    setStatus(okta.directory, okta.directory.user("ada"), status as keyof typeof refusals);
    const { journey } = await authorize(okta, config, callback.url, "ada");
    t.is(journey.callback, undefined, status);
    t.is(journey.response.status, 401, status);
    t.true(journey.response.body.includes(words), status);
  }
  setStatus(okta.directory, okta.directory.user("ada"), "ACTIVE");
  const wrong = await authorize(okta, config, callback.url, "ada", { password: "wrong" });
  t.true(wrong.journey.response.body.includes("Unable to sign in"));
  const nobody = await authorize(okta, config, callback.url, "nobody", { password: "pw" });
  t.true(nobody.journey.response.body.includes("Unable to sign in"));
});

test("suspending somebody ends their session and their tokens", async (t) => {
  const okta = await recordedOktaFor(t, seed);
  const config = await relyingParty(okta);
  const cookies = new CookieJar();
  const { tokens, idToken } = await login(okta, config, callback.url, "ada", { cookies });
  setStatus(okta.directory, okta.directory.user("ada"), "SUSPENDED");

  await t.throwsAsync(client.fetchUserInfo(config, tokens.access_token, String(idToken.sub)), {
    instanceOf: client.WWWAuthenticateChallengeError,
  });
  const { journey } = await authorize(okta, config, callback.url, "ada", { cookies });
  t.is(journey.response.status, 401);
});

test("somebody who isn't assigned to the app is sent back with access_denied", async (t) => {
  const okta = await recordedOktaFor(t, { ...seed, apps: [{ ...app, assignedGroups: ["service_admin"] }] });
  const config = await relyingParty(okta);
  await t.notThrowsAsync(login(okta, config, callback.url, "ada"));
  const { journey } = await authorize(okta, config, callback.url, "eve");
  t.like(Object.fromEntries(callbackUrl(journey).searchParams), {
    error: "access_denied",
    error_description: "User is not assigned to the client application.",
  });
});

test("logout ends Okta's session and goes back with the state", async (t) => {
  const okta = await recordedOktaFor(t, seed);
  const config = await relyingParty(okta);
  const cookies = new CookieJar();
  const { tokens } = await login(okta, config, callback.url, "ada", { cookies });
  const url = client.buildEndSessionUrl(config, {
    id_token_hint: tokens.id_token ?? "",
    post_logout_redirect_uri: `${callback.url}/bye`,
    state: "abc",
  });
  // openid-client adds it; Okta's document doesn't know it.
  url.searchParams.delete("client_id");
  const headers = { cookie: cookies.header(url) ?? "" };

  const refused = await fetch(url.href.replace("bye", "elsewhere"), { headers, redirect: "manual" });
  t.is(refused.status, 400);

  const answer = await fetch(url, { headers, redirect: "manual" });
  t.is(answer.status, 302);
  t.is(answer.headers.get("location"), `${callback.url}/bye?state=abc`);
  const next = await login(okta, config, callback.url, "eve", { cookies });
  t.is(next.idToken.sub, okta.directory.user("eve").id);

  const stranger = await fetch(url, { headers: { cookie: cookies.header(url) ?? "" }, redirect: "manual" });
  t.is(stranger.status, 302);
  const still = await login(okta, config, callback.url, "ada", { cookies });
  t.is(still.idToken.sub, next.idToken.sub, "the token of somebody else ends nobody's session");
});

test("logout needs a token that the server has signed", async (t) => {
  const okta = await oktaFor(t, seed);
  const logout = (query: string) => fetch(`${okta.url}/oauth2/v1/logout${query}`, { redirect: "manual" });
  const { tokens } = await login(okta, await relyingParty(okta), callback.url, "ada");
  t.is((await logout("")).status, 400);
  t.is((await logout("?id_token_hint=a.b.c")).status, 400);
  t.is((await fetch(`${okta.issuer("default")}/v1/logout?id_token_hint=${tokens.id_token}`)).status, 400);
  const done = await logout(`?id_token_hint=${tokens.id_token}`);
  t.true((await done.text()).includes("You are signed out"));
});

test("codes are good once, at their server, for their app, with their verifier", async (t) => {
  const okta = await recordedOktaFor(t, { ...seed, apps: [app, { ...app, clientId: "other" }] });
  const config = await relyingParty(okta);
  const again = async () => await authorize(okta, config, callback.url, "ada");
  const refused = { code: "OAUTH_RESPONSE_BODY_ERROR", message: /./ };

  const { journey, checks } = await again();
  await client.authorizationCodeGrant(config, callbackUrl(journey), checks);
  const replay = await t.throwsAsync(
    client.authorizationCodeGrant(config, callbackUrl(journey), checks),
    refused,
  );
  t.like(replay, {
    error: "invalid_grant",
    error_description: "The authorization code is invalid or has expired.",
  });

  const second = await again();
  const custom = await relyingParty(okta, { server: "default" });
  await t.throwsAsync(
    client.authorizationCodeGrant(custom, callbackUrl(second.journey), second.checks),
    refused,
  );
  const other = await relyingParty(okta, { clientId: "other" });
  await t.throwsAsync(
    client.authorizationCodeGrant(other, callbackUrl(second.journey), second.checks),
    refused,
  );
  const wrong = { ...second.checks, pkceCodeVerifier: client.randomPKCECodeVerifier() };
  const pkce = await t.throwsAsync(
    client.authorizationCodeGrant(config, callbackUrl(second.journey), wrong),
    refused,
  );
  t.like(pkce, { error: "invalid_grant" });
});

test("apps prove themselves by secret in either way, by key, or by PKCE alone", async (t) => {
  const { publicKey, privateKey } = await crypto.subtle.generateKey(
    { name: "ECDSA", namedCurve: "P-256" },
    true,
    ["sign", "verify"],
  );
  const jwk: Record<string, unknown> = { ...(await crypto.subtle.exportKey("jwk", publicKey)) };
  const { clientSecret: _, ...secretless } = app;
  const okta = await recordedOktaFor(t, {
    ...seed,
    apps: [
      app,
      { ...secretless, clientId: "keyed", publicKeys: [jwk] },
      { ...secretless, clientId: "public" },
    ],
  });
  const atTokenEndpoint = {
    [client.modifyAssertion]: (_header: Record<string, unknown>, payload: Record<string, unknown>) => {
      payload.aud = `${okta.url}/oauth2/v1/token`;
    },
  };
  const good: [string, client.ClientAuth][] = [
    ["app", client.ClientSecretBasic("secret")],
    ["app", client.ClientSecretPost("secret")],
    ["keyed", client.PrivateKeyJwt(privateKey, atTokenEndpoint)],
    ["public", client.None()],
  ];
  for (const [clientId, auth] of good)
    await t.notThrowsAsync(
      login(okta, await relyingParty(okta, { clientId, auth }), callback.url, "ada"),
      clientId,
    );

  // openid-client takes the issuer for the audience, which Okta refuses.
  const config = await relyingParty(okta, { clientId: "keyed", auth: client.PrivateKeyJwt(privateKey) });
  const { journey, checks } = await authorize(okta, config, callback.url, "ada");
  t.like(await t.throwsAsync(client.authorizationCodeGrant(config, callbackUrl(journey), checks)), {
    error: "invalid_client",
    error_description:
      "The audience claim for client_assertion must be the endpoint invoked for the request.",
  });

  const wrong = await fetch(`${okta.url}/oauth2/v1/token`, {
    method: "POST",
    headers: { authorization: `Basic ${btoa("app:wrong")}` },
    body: new URLSearchParams({ grant_type: "authorization_code", code: "x", redirect_uri: callback.url }),
  });
  t.is(wrong.status, 401);
  t.deepEqual(await wrong.json(), {
    error: "invalid_client",
    error_description: "The client secret supplied for a confidential client is invalid.",
  });
});

test("a public client without PKCE is refused", async (t) => {
  const okta = await oktaFor(t, { ...seed, apps: [{ clientId: "app", redirectUris: [callback.url] }] });
  const url = new URL(`${okta.url}/oauth2/v1/authorize`);
  url.search = new URLSearchParams({
    client_id: "app",
    redirect_uri: callback.url,
    response_type: "code",
    scope: "openid",
    state: "s",
  }).toString();
  const answer = await fetch(url, { redirect: "manual" });
  t.is(new URL(answer.headers.get("location") ?? "").searchParams.get("error"), "invalid_request");
});

test("tokens can be looked into and revoked by the app that got them", async (t) => {
  const okta = await recordedOktaFor(t, { ...seed, apps: [app, { ...app, clientId: "other" }] });
  const config = await relyingParty(okta);
  const { tokens } = await login(okta, config, callback.url, "ada");
  t.like(await client.tokenIntrospection(config, tokens.access_token), {
    active: true,
    client_id: "app",
    username: "ada@acme.example",
    uid: okta.directory.user("ada").id,
  });
  const other = await relyingParty(okta, { clientId: "other" });
  t.false((await client.tokenIntrospection(other, tokens.access_token)).active);
  await client.tokenRevocation(config, tokens.access_token);
  t.false((await client.tokenIntrospection(config, tokens.access_token)).active);
});

test("a redirect URI that isn't registered gets a page, not a redirect", async (t) => {
  const okta = await recordedOktaFor(t, seed);
  const config = await relyingParty(okta);
  const { journey } = await authorize(okta, config, "http://evil.example/callback", "ada");
  t.is(journey.response.status, 400);
  t.regex(String(journey.response.headers["content-type"]), /text\/html/);
});

test("the sign-in page escapes what comes from outside and says what it is", async (t) => {
  const okta = await oktaFor(t, {
    ...seed,
    organization: "A & B <i>",
    apps: [{ ...app, label: '"><script>alert(1)</script>' }],
  });
  const config = await relyingParty(okta);
  const evil = `"><script>alert(2)</script>`;
  const { journey } = await authorize(okta, config, callback.url, evil, {
    password: "x",
    parameters: { login_hint: evil },
  });
  t.is(journey.response.status, 401);
  t.false(journey.response.body.includes("<script"));
  t.true(journey.response.body.includes("&lt;script&gt;alert(2)"));
  t.true(journey.response.body.includes("A stand-in for Okta"));
  t.regex(String(journey.response.headers["content-security-policy"]), /default-src 'none'/);

  const page = await fetch(journey.response.url);
  t.is(page.status, 400, "without its cookie the page is no use to anybody");
});
