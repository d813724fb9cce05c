import test from "ava";
import { Oidc } from "../../../okta/oidc/oidc.ts";
import { TestProvider } from "./provider.ts";
import { Login, REDIRECT_URI } from "./sign-in.ts";

const BASE = "/oauth2/default";
const request = { redirectURI: REDIRECT_URI, returnTo: "/home" };

test("it reads issuers by itself where it is given none, from memory unless asked not to", async (t) => {
  await using login = await Login.start();
  const { issuer, server } = login.provider;
  const oidc = new Oidc({ http: login.http });
  const known = await oidc.discover(issuer);
  t.is(known.metadata.issuer, issuer);
  t.is(await oidc.discover(issuer), known);
  t.not(await oidc.discover(issuer, { fresh: true }), known);
  t.is(server.calls.length, 2);
  await t.notThrowsAsync(oidc.startLogin(login.settings, request));
});

test("nobody is asked to authenticate anew unless that is wanted", async (t) => {
  await using login = await Login.start();
  const { url } = await login.oidc.startLogin(login.settings, request);
  t.deepEqual([...new URL(url).searchParams.keys()].sort(), [
    "client_id",
    "code_challenge",
    "code_challenge_method",
    "nonce",
    "redirect_uri",
    "response_type",
    "scope",
    "state",
  ]);
  t.is(new URL(url).searchParams.get("scope"), "openid profile email groups", "each scope once");
});

test("a person may take a quarter of an hour, to the millisecond; who takes longer starts again", async (t) => {
  await using login = await Login.start();
  let now = Date.now();
  const oidc = new Oidc({ http: login.http, now: () => now });
  const { transaction } = await oidc.startLogin(login.settings, request);
  const finish = () => oidc.finishLogin(login.settings, { callbackURL: "", transaction });
  now += 15 * 60_000;
  await t.throwsAsync(finish(), { code: "state-mismatch" });
  now += 1;
  await t.throwsAsync(finish(), { code: "login-expired" });
  t.deepEqual(login.provider.server.callsTo(`${BASE}/v1/token`), []);
});

test("groups of the ID token count, whatever userinfo says beside the address that it was asked for", async (t) => {
  await using login = await Login.start();
  login.provider.forgery = { claims: { email: undefined } };
  login.provider.userInfo = { sub: "00u1", email: "ada@example.com", groups: ["portal_admin"] };
  const { groups, person } = await login.signIn();
  t.deepEqual(groups, { kind: "groups", names: ["service_admin"] });
  t.is(person.email, "ada@example.com");
});

test("userinfo isn't asked where the issuer has none, nor for an address that nobody asked for", async (t) => {
  await using login = await Login.start();
  const asked = () => login.provider.server.callsTo(`${BASE}/v1/userinfo`).length;
  login.provider.forgery = { claims: { email: undefined } };
  const { unread } = await login.signIn({ settings: { ...login.settings, scopes: ["groups"] } });
  t.is(unread, undefined);
  t.is(asked(), 0);
  login.provider.forgery = { claims: { groups: undefined } };
  login.provider.metadata = { userinfo_endpoint: undefined };
  await login.oidc.discover(login.provider.issuer, { fresh: true });
  t.deepEqual((await login.signIn()).groups, { kind: "missing" });
  t.is(asked(), 0);
});

test("signing out says no more than is known", async (t) => {
  await using login = await Login.start();
  const back = { postLogoutRedirectURI: "https://login.example.com/bye" };
  const url = new URL((await login.oidc.endSessionURL(login.settings, back)) ?? "");
  t.deepEqual(Object.fromEntries(url.searchParams), {
    post_logout_redirect_uri: back.postLogoutRedirectURI,
    client_id: TestProvider.clientID,
  });
});

test("whether a client is accepted is asked with a code that nobody was given, and everything that belongs to one", async (t) => {
  await using login = await Login.start();
  await login.oidc.checkClient(login.settings, REDIRECT_URI);
  const [call] = login.provider.server.callsTo(`${BASE}/v1/token`);
  const { code, code_verifier, ...form } = Object.fromEntries(call?.form ?? []);
  t.like(form, { grant_type: "authorization_code", redirect_uri: REDIRECT_URI });
  t.truthy(code);
  t.regex(code_verifier ?? "", /^[\w.~-]{43,128}$/, "RFC 7636, section 4.1");
});
