import { generateKeyPairSync, type KeyObject } from "node:crypto";
import test from "ava";
import { type OktaOptions, signIn, startOkta } from "../../dev/okta/index.ts";
import { Directory } from "../../okta/directory/directory.ts";
import type { ManagementApiOptions } from "../../okta/directory/management-api.ts";
import { Http } from "../../okta/http/http.ts";
import { Oidc, type OidcSettings } from "../../okta/oidc/oidc.ts";
import { LOOPBACK } from "./loopback.ts";
import { TestServer } from "./server.ts";

// Against a real OpenID provider and a Management API of Okta's shape.

const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const PRIVATE_PEM = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
const PUBLIC_PEM = publicKey.export({ type: "spki", format: "pem" }).toString();

const secret = (text: string) => ({ kind: "secret", secret: text }) as const;

async function scene(options: OktaOptions = {}) {
  const product = await TestServer.start();
  product.routes["/callback"] = () => ({ body: {} });
  const redirectURI = `${product.url}/callback`;
  const okta = await startOkta({
    groups: ["service_admin", "Portal_Admin", 'we"ird\\'],
    users: [
      {
        login: "ada@acme.example",
        password: "ada",
        firstName: "Ada",
        lastName: "Lovelace",
        groups: ["service_admin"],
      },
      { login: "eve@acme.example", password: "eve", emailVerified: false },
      { login: "sam@acme.example", groups: ["service_admin"], status: "SUSPENDED" },
    ],
    apps: [
      {
        clientId: "0oaLogin",
        clientSecret: "s3cret-of_the.client~",
        redirectUris: [redirectURI],
        postLogoutRedirectUris: [product.url],
        requirePkce: true,
        groupsClaim: { name: "groups" },
      },
      { clientId: "0oaService", type: "service", publicKeys: [PUBLIC_PEM] },
    ],
    ...options,
  });
  const http = new Http({ destinations: LOOPBACK });
  const oidc = new Oidc({ http });
  const settings = (server?: string): OidcSettings => ({
    issuer: okta.issuer(server),
    clientID: "0oaLogin",
    authentication: secret("s3cret-of_the.client~"),
    scopes: ["openid", "profile", "email", "groups"],
    claims: { groups: "groups", email: "email", name: "name" },
  });
  const login = async (username: string, wanted = settings("default")) => {
    const { url, transaction } = await oidc.startLogin(wanted, { redirectURI, returnTo: "/" });
    const { callback } = await signIn(okta, url, username);
    return await oidc.finishLogin(wanted, { callbackURL: callback?.url ?? "", transaction });
  };
  const directory = (
    credentials = { kind: "api-token", token: okta.apiToken } as const,
    options: Partial<ManagementApiOptions> = {},
  ) => new Directory({ url: okta.url, credentials, http, ...options });
  const serviceApp = () =>
    new Directory({
      url: okta.url,
      credentials: { kind: "service-app", clientID: "0oaService", privateKey: PRIVATE_PEM },
      http,
      maxWaitMs: 0,
    });
  const idOf = (username: string) => okta.directory.findUser(username)?.id ?? "";
  return {
    okta,
    oidc,
    settings,
    login,
    product,
    redirectURI,
    directory,
    serviceApp,
    idOf,
    async [Symbol.asyncDispose]() {
      await okta.stop();
      await http.close();
      await product[Symbol.asyncDispose]();
    },
  };
}

for (const server of ["default", undefined]) {
  test(`Ada signs in at the ${server ?? "org"} server`, async (t) => {
    await using s = await scene();
    const { person, groups } = await s.login("ada@acme.example", s.settings(server));
    t.deepEqual(person, {
      issuer: s.okta.issuer(server),
      subject: s.idOf("ada@acme.example"),
      email: "ada@acme.example",
      emailVerified: true,
      name: "Ada Lovelace",
    });
    t.is(groups.kind, "groups");
    if (groups.kind === "groups") t.true(groups.names.includes("service_admin"));
  });
}

test("a thin ID token is completed by userinfo", async (t) => {
  await using s = await scene();
  const app = {
    clientId: "0oaThin",
    clientSecret: "secret",
    redirectUris: [s.redirectURI],
    idToken: "thin" as const,
  };
  s.okta.saveApp({ ...app, groupsClaim: { name: "groups" } });
  const thin = { ...s.settings(), clientID: "0oaThin", authentication: secret("secret") };
  const { person, groups } = await s.login("ada@acme.example", thin);
  t.is(groups.kind, "groups");
  t.is(person.email, "ada@acme.example");
});

test("no groups may come as an empty claim, or as none", async (t) => {
  const groupsClaim = { filter: { type: "STARTS_WITH", value: "none" } } as const;
  for (const [emptyGroupsClaim, expected] of [
    ["empty", { kind: "groups", names: [] }],
    ["omit", { kind: "missing" }],
  ] as const) {
    await using s = await scene({ emptyGroupsClaim, authorizationServers: [{ id: "default", groupsClaim }] });
    t.deepEqual((await s.login("ada@acme.example")).groups, expected as never);
  }
});

test("an address that Okta hasn't verified isn't", async (t) => {
  await using s = await scene();
  t.false((await s.login("eve@acme.example")).person.emailVerified);
});

test("somebody to whom the app isn't assigned is refused in Okta's words", async (t) => {
  await using s = await scene();
  const app = {
    clientId: "0oaFew",
    clientSecret: "secret",
    redirectUris: [s.redirectURI],
    assignedGroups: ["Portal_Admin"],
  };
  s.okta.saveApp(app);
  const few = { ...s.settings("default"), clientID: "0oaFew", authentication: secret("secret") };
  await t.throwsAsync(s.login("ada@acme.example", few), { code: "denied", message: /not assigned/ });
});

test("an app that no access policy lets in is told from somebody who isn't assigned", async (t) => {
  await using s = await scene({ authorizationServers: [{ id: "default", allowedApps: [] }] });
  await t.throwsAsync(s.login("ada@acme.example"), { code: "denied-by-policy" });
  await t.notThrowsAsync(s.login("ada@acme.example", s.settings()), "the org server has none");
});

test("an app that requires DPoP is told", async (t) => {
  await using s = await scene();
  const app = {
    clientId: "0oaDPoP",
    clientSecret: "secret",
    redirectUris: [s.redirectURI],
    requireDpop: true,
  };
  s.okta.saveApp(app);
  const settings = { ...s.settings(), clientID: "0oaDPoP", authentication: secret("secret") };
  await t.throwsAsync(s.login("ada@acme.example", settings), { code: "dpop-required" });
});

test("a scope that the server doesn't know is named", async (t) => {
  await using s = await scene({ authorizationServers: [{ id: "default", scopes: [] }] });
  await t.throwsAsync(s.login("ada@acme.example"), { code: "authorization-failed", message: /scope/ });
});

test("a wrong client secret is noticed, at a sign-in and before", async (t) => {
  await using s = await scene();
  const wrong = { ...s.settings("default"), authentication: secret("wrong") };
  await t.throwsAsync(s.login("ada@acme.example", wrong), { code: "invalid-client" });
  await t.throwsAsync(s.oidc.checkClient(wrong, s.redirectURI), { code: "invalid-client" });
  await t.throwsAsync(s.oidc.checkClient({ ...wrong, clientID: "0oaNobody" }, s.redirectURI), {
    code: "invalid-client",
  });
  await t.notThrowsAsync(s.oidc.checkClient(s.settings("default"), s.redirectURI));
  await t.notThrowsAsync(s.oidc.checkClient(s.settings(), s.redirectURI));
});

for (const server of ["default", undefined]) {
  test(`an app may prove who it is by a private key at the ${server ?? "org"} server, and by two while keys rotate`, async (t) => {
    await using s = await scene();
    const app = { clientId: "0oaKey", redirectUris: [s.redirectURI], groupsClaim: {} };
    const by = (...keys: KeyObject[]): OidcSettings => ({
      ...s.settings(server),
      clientID: "0oaKey",
      authentication: {
        kind: "private-key",
        privateKey: JSON.stringify({ keys: keys.map((key) => key.export({ format: "jwk" })) }),
      },
    });
    const next = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const nextPEM = next.publicKey.export({ type: "spki", format: "pem" }).toString();
    for (const [publicKeys, settings] of [
      [[PUBLIC_PEM], by(privateKey)],
      [[PUBLIC_PEM], by(next.privateKey, privateKey)],
      [[PUBLIC_PEM, nextPEM], by(next.privateKey, privateKey)],
      [[nextPEM], by(next.privateKey)],
    ] as const) {
      s.okta.saveApp({ ...app, publicKeys: [...publicKeys] });
      await t.notThrowsAsync(s.login("ada@acme.example", settings));
      await t.notThrowsAsync(s.oidc.checkClient(settings, s.redirectURI));
    }
    const wrong = by(privateKey);
    await t.throwsAsync(s.login("ada@acme.example", wrong), { code: "invalid-client" });
    await t.throwsAsync(s.oidc.checkClient(wrong, s.redirectURI), { code: "invalid-client" });
  });
}

test("a public client signs people in by PKCE alone", async (t) => {
  await using s = await scene();
  s.okta.saveApp({ clientId: "0oaPublic", redirectUris: [s.redirectURI], groupsClaim: {} });
  const open = { ...s.settings("default"), clientID: "0oaPublic", authentication: { kind: "none" } } as const;
  await t.notThrowsAsync(s.login("ada@acme.example", open));
  await t.notThrowsAsync(s.oidc.checkClient(open, s.redirectURI));
  const confidential = { ...open, clientID: "0oaLogin" };
  await t.throwsAsync(s.oidc.checkClient(confidential, s.redirectURI), { code: "invalid-client" });
});

test("a server that names itself in its answers is held to it", async (t) => {
  await using s = await scene({ issuerParameter: true });
  await t.notThrowsAsync(s.login("ada@acme.example"));
});

test("a forged ID token of a real provider signs nobody in", async (t) => {
  await using s = await scene();
  s.okta.alterIdToken = () => ({ signWith: "other" });
  await t.throwsAsync(s.login("ada@acme.example"), { code: "id-token-invalid", message: /signature/ });
});

test("signing out ends the session at Okta", async (t) => {
  await using s = await scene();
  const { idToken } = await s.login("ada@acme.example");
  const back = { idTokenHint: idToken, postLogoutRedirectURI: s.product.url };
  const url = await s.oidc.endSessionURL(s.settings("default"), back);
  const answer = await fetch(url ?? "", { redirect: "manual" });
  t.is(answer.status, 302);
  t.is(answer.headers.get("location"), `${s.product.url}/`);
});

test("issuers that don't exist are told from those that do", async (t) => {
  await using s = await scene();
  await t.throwsAsync(s.oidc.discover(`${s.okta.url}/oauth2/aus9`), {
    code: "issuer-wrong",
    message: /no authorization server/,
  });
  await t.throwsAsync(s.oidc.discover(`${s.okta.url}/`), { code: "issuer-wrong", message: /slash/ });
  await using without = await scene({ authorizationServers: [] });
  const missing = without.oidc.discover(`${without.okta.url}/oauth2/default`);
  await t.throwsAsync(missing, { code: "issuer-wrong", message: /not every org has one called default/ });
});

for (const kind of ["directory", "serviceApp"] as const) {
  test(`the directory is read by ${kind === "directory" ? "an API token" : "a service app"}`, async (t) => {
    await using s = await scene();
    const directory = s[kind]();
    const id = s.idOf("sam@acme.example");
    t.like(await directory.user(id), { id, status: "SUSPENDED", email: "sam@acme.example" });
    t.is(await directory.user("00uNobody"), undefined);
    t.is(await directory.user("sam@acme.example"), undefined);
    const groups = await directory.userGroups(id);
    t.deepEqual(groups.map(({ name }) => name).sort(), ["Everyone", "service_admin"]);
    const group = groups.find(({ name }) => name === "service_admin");
    t.deepEqual(await directory.groupByID(group?.id ?? ""), { ...group, members: 2 } as never);
  });
}

test("groups are found by name: exactly, nearly, and whatever is in it", async (t) => {
  await using s = await scene();
  const find = (name: string) => s.directory().groupsByName(name);
  t.like(await find("service_admin"), { exact: { length: 1 }, near: { length: 0 } });
  t.like(await find("portal_admin "), {
    exact: { length: 0 },
    near: { length: 1, 0: { name: "Portal_Admin" } },
  });
  t.like(await find('we"ird\\'), { exact: { length: 1 } });
  t.like(await find("service"), { exact: { length: 0 }, near: { length: 0 } });
});

test("a long list comes whole, or not at all", async (t) => {
  const groups = Array.from({ length: 450 }, () => ({ name: "many", type: "APP_GROUP" as const }));
  await using s = await scene({ groups, users: [] });
  t.is((await s.directory().groupsByName("many")).exact.length, 450);
  const path = "groups";
  const circle = s.okta.misbehave({ fault: { kind: "next-link", url: "same" }, path });
  await t.throwsAsync(s.directory().groupsByName("many"), { message: /circle/ });
  circle.stop();
  s.okta.misbehave({ fault: { kind: "status", status: 403 }, path, skip: 2 });
  await t.throwsAsync(s.directory().groupsByName("many"), { code: "directory-forbidden" });
});

test("a service app may require DPoP", async (t) => {
  await using s = await scene();
  s.okta.saveApp({ clientId: "0oaService", type: "service", publicKeys: [PUBLIC_PEM], requireDpop: true });
  const directory = s.serviceApp();
  await t.notThrowsAsync(directory.check());
  t.is((await directory.user(s.idOf("ada@acme.example")))?.status, "ACTIVE");
});

test("a service app lacks a key, a scope or a role, and is told which", async (t) => {
  await using s = await scene();
  const app = { clientId: "0oaService", type: "service" as const, publicKeys: [PUBLIC_PEM] };
  const another = generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey.export({
    type: "spki",
    format: "pem",
  });
  s.okta.saveApp({ ...app, publicKeys: [another.toString()] });
  await t.throwsAsync(s.serviceApp().check(), { code: "directory-unauthorized" });
  s.okta.saveApp({ ...app, grantedScopes: ["okta.groups.read" as const] });
  await t.throwsAsync(s.serviceApp().check(), { code: "directory-forbidden", message: /okta\.users\.read/ });
  s.okta.saveApp({ ...app, adminRole: false });
  await t.throwsAsync(s.serviceApp().check(), { code: "directory-forbidden", message: /admin role/ });
});

test("a wrong API token is told", async (t) => {
  await using s = await scene();
  const directory = s.directory({ kind: "api-token", token: "wrong" as never });
  await t.throwsAsync(directory.check(), { code: "directory-unauthorized" });
});

test("half of Okta's requests are left to others, also by many who ask at once at the start", async (t) => {
  await using s = await scene({ rateLimits: { groups: 12 } });
  const directory = s.directory(undefined, { maxWaitMs: 30_000 });
  const asked = await Promise.allSettled(Array.from({ length: 30 }, () => directory.check()));
  t.is(asked.filter(({ status }) => status === "fulfilled").length, 6);
  t.is(s.okta.requests.management, 6);
});

test("people are read with what Okta has, whoever has used half of it", async (t) => {
  await using s = await scene({ rateLimits: { user: 20, other: 12 } });
  const id = s.idOf("ada@acme.example");
  for (let i = 0; i < 8; i++)
    await fetch(`${s.okta.url}/api/v1/users/${id}`, {
      headers: { authorization: `SSWS ${s.okta.apiToken}` },
    });
  // Nobody waits in line, which they do for so long only.
  const people = s.directory(undefined, { lane: "people", maxWaitMs: 0, maxConcurrent: 24 });
  const read = () => Promise.all([people.user(id), people.userGroups(id)]);
  const signIns = await Promise.allSettled(Array.from({ length: 12 }, read));
  t.deepEqual(new Set(signIns.map(({ status }) => status)), new Set(["fulfilled"]));
  await t.throwsAsync(read(), { code: "directory-rate-limited" }, "Okta itself would refuse");
  t.is(s.okta.requests.management, 8 + 2 * 12, "and isn't asked for that");
});
