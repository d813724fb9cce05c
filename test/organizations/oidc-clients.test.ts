import { generateKeyPairSync, randomUUID } from "node:crypto";
import test, { type ExecutionContext } from "ava";
import type { Organization } from "../../crds/types.ts";
import { keyOf } from "../../kubernetes/index.ts";
import { OidcClients, readAuthentication } from "../../organizations/oidc-clients.ts";
import { clusterOfFile } from "../cluster-of-file.ts";
import { TestProvider } from "../okta/oidc/provider.ts";
import { Login, REDIRECT_URI } from "../okta/oidc/sign-in.ts";
import { organization } from "./organization.ts";
import { SecretsUnderTest } from "./secrets-under-test.ts";

const TOKEN = "/oauth2/default/v1/token";
const shared = clusterOfFile(test);

/** Okta, which takes one client with this secret, and an organization whose Secret holds "first". */
async function scene(t: ExecutionContext, accepted = "first") {
  const login = await Login.start();
  t.teardown(() => login[Symbol.asyncDispose]());
  const { server, issuer } = login.provider;
  const redeem = server.routes[TOKEN];
  const sent: string[] = [];
  server.routes[TOKEN] = (call) => {
    const [, basic = ""] = (call.headers.authorization ?? "").split(" ");
    const [, secret = ""] = Buffer.from(basic, "base64").toString().split(":");
    sent.push(secret);
    return secret === accepted ? redeem?.(call) : { status: 401, body: { error: "invalid_client" } };
  };

  const secrets = new SecretsUnderTest(shared());
  const name = `okta-${randomUUID()}`;
  const store = (secret: string) => secrets.write(name, { secret });
  await store("first");
  const made = organization(`${shared().cluster.namespace}/acme`, "acme");
  const clientSecretRef = { name, key: "secret" };
  const okta = { ...made.spec.okta, issuer, clientSecretRef, scopes: ["profile"] };
  const acme: Organization = { ...made, spec: { ...made.spec, okta } };

  const clients = new OidcClients({ secrets: secrets.values, oidc: login.oidc });
  const start = () => clients.startLogin(acme, { redirectURI: REDIRECT_URI, returnTo: "/home" });
  /** Somebody signs in, and meanwhile something happens. */
  const signIn = async (meanwhile: () => unknown = () => {}) => {
    const { url, transaction } = await start();
    await meanwhile();
    const callbackURL = login.provider.authorize(url, REDIRECT_URI);
    return clients.finishLogin(acme, { callbackURL, transaction });
  };
  return { acme, clients, secrets, store, sent, start, signIn, issuer, http: login.http };
}

test("however much others read, and from wherever, somebody signs in; not where their own organization reads so much", async (t) => {
  const { signIn, http, acme, issuer } = await scene(t);
  const half = 24 * 1024 * 1024;
  {
    using others = http.room.share(new URL(issuer).host);
    t.true(others.take(half));
    await t.notThrowsAsync(signIn());
  }
  using its = http.room.share(keyOf(acme));
  t.true(its.take(0.75 * half));
  await t.throwsAsync(signIn(), { message: /no memory for more/ });
});

test("somebody signs in by the organization's client, with its secret, scopes and claims", async (t) => {
  const { start, signIn, sent, issuer } = await scene(t);
  const { url } = await start();
  t.true(url.startsWith(`${issuer}/v1/authorize?`));
  const asked = new URL(url).searchParams;
  t.is(asked.get("client_id"), "0oa1");
  t.is(asked.get("redirect_uri"), REDIRECT_URI);
  t.is(asked.get("scope"), "openid profile");
  t.like(await signIn(), {
    person: { subject: "00u1", email: "ada@example.com", name: "Ada" },
    groups: { kind: "groups" },
    returnTo: "/home",
  });
  t.deepEqual(sent, ["first"]);
});

test("a secret that was replaced meanwhile is read again when Okta refuses the one before, once", async (t) => {
  const { store, signIn, sent } = await scene(t, "second");
  t.like(await signIn(() => store("second")), { person: { subject: "00u1" } });
  t.deepEqual(sent, ["first", "second"]);
  const twice = await scene(t, "third");
  await t.throwsAsync(
    twice.signIn(() => twice.store("second")),
    { code: "invalid-client" },
  );
  t.deepEqual(twice.sent, ["first", "second"]);
});

test("a secret that is still the same isn't sent again, and other errors are no reason to read it", async (t) => {
  const { signIn, sent, secrets } = await scene(t, "second");
  await t.throwsAsync(signIn(), { code: "invalid-client" });
  t.deepEqual(sent, ["first"]);
  t.is(secrets.reads, 2);
  const other = await scene(t);
  const { transaction } = await other.start();
  const callbackURL = `${REDIRECT_URI}?code=nobodys&state=${transaction.state}`;
  await t.throwsAsync(other.clients.finishLogin(other.acme, { callbackURL, transaction }), {
    code: "code-rejected",
  });
  t.is(other.secrets.reads, 1);
});

test("a client authenticates with its key, else with its secret, else not at all", async (t) => {
  const { acme, secrets } = await scene(t);
  const pem = (): string =>
    String(
      generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ type: "pkcs8", format: "pem" }),
    ).trim();
  const { clientSecretRef, ...rest } = acme.spec.okta;
  const oktaWith = (more: Partial<typeof acme.spec.okta>): Organization => ({
    ...acme,
    spec: { ...acme.spec, okta: { ...rest, ...more } },
  });
  const read = (more: Partial<typeof acme.spec.okta>, options?: { fresh: boolean }) =>
    readAuthentication(secrets.values, oktaWith(more), options);

  const name = `key-${randomUUID()}`;
  const [first, second] = [pem(), pem()];
  await secrets.write(name, { pem: first });
  const privateKeyRef = { name, key: "pem" };
  t.deepEqual(await read({ privateKeyRef }), { kind: "private-key", privateKey: first });
  t.is((await read({ privateKeyRef, ...(clientSecretRef && { clientSecretRef }) })).kind, "private-key");
  t.deepEqual(await readAuthentication(secrets.values, acme), { kind: "secret", secret: "first" });
  t.deepEqual(await read({}), { kind: "none" });
  await secrets.write(name, { pem: second });
  t.deepEqual(await read({ privateKeyRef }, { fresh: true }), { kind: "private-key", privateKey: second });
});

test("a session ends at the organization's own issuer", async (t) => {
  const { acme, clients, issuer } = await scene(t);
  const url = await clients.endSessionURL(acme, { postLogoutRedirectURI: "https://login.example.com/" });
  const { origin, pathname, searchParams } = new URL(url ?? "");
  t.is(`${origin}${pathname}`, `${issuer}/v1/logout`);
  t.is(searchParams.get("post_logout_redirect_uri"), "https://login.example.com/");
  t.is(searchParams.get("client_id"), TestProvider.clientID);
});
