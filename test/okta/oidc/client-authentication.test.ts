import { generateKeyPairSync, type KeyObject } from "node:crypto";
import test from "ava";
import { decodeJwt, decodeProtectedHeader, errors, jwtVerify } from "jose";
import {
  type ClientAuthentication,
  clientAuthentications,
} from "../../../okta/oidc/client-authentication.ts";
import { InvalidClientError } from "../../../okta/oidc/login-errors.ts";
import type { Call } from "../server.ts";
import { TestProvider } from "./provider.ts";
import { Login, REDIRECT_URI } from "./sign-in.ts";

const TOKEN = "/oauth2/default/v1/token";
const REFUSAL = {
  status: 401,
  body: { error: "invalid_client", error_description: "The client_assertion signature is invalid." },
};
const [known, unknown] = [0, 1].map(() => generateKeyPairSync("rsa", { modulusLength: 2048 })) as [
  { publicKey: KeyObject; privateKey: KeyObject },
  { publicKey: KeyObject; privateKey: KeyObject },
];

/** A client of a provider that takes assertions by one key only, and no other proof. */
async function start(authentication: ClientAuthentication) {
  const login = await Login.start();
  const { routes } = login.provider.server;
  const redeem = routes[TOKEN];
  routes[TOKEN] = async (call) => ((await isBy(known.publicKey, call)) ? redeem?.(call) : REFUSAL);
  const settings = { ...login.settings, authentication };
  return Object.assign(login, {
    signInBy: () => login.signIn({ settings }),
    check: () => login.oidc.checkClient(settings, REDIRECT_URI),
    calls: () => login.provider.server.callsTo(TOKEN),
  });
}

async function isBy(publicKey: KeyObject, { form }: Call): Promise<boolean> {
  try {
    await jwtVerify(form.get("client_assertion") ?? "", publicKey);
    return true;
  } catch (error) {
    if (error instanceof errors.JOSEError) return false;
    throw error;
  }
}

function byKeys(...keys: KeyObject[]): ClientAuthentication {
  const set = keys.map((key, index) => ({ ...key.export({ format: "jwk" }), kid: `key-${index}` }));
  return { kind: "private-key", privateKey: JSON.stringify({ keys: set }) };
}

test("an app proves who it is by an assertion for this very endpoint, and sends no secret", async (t) => {
  await using login = await start(byKeys(known.privateKey));
  await login.signInBy();
  const [call, ...more] = login.calls();
  t.is(more.length, 0);
  const { form, headers } = call ?? {};
  t.is(headers?.authorization, undefined);
  t.is(form?.get("client_secret"), null);
  t.is(form?.get("client_id"), TestProvider.clientID);
  t.is(form?.get("client_assertion_type"), "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
  const assertion = form?.get("client_assertion") ?? "";
  const { payload } = await jwtVerify(assertion, known.publicKey, {
    issuer: TestProvider.clientID,
    subject: TestProvider.clientID,
    audience: `${login.provider.issuer}/v1/token`,
  });
  t.is(typeof payload.aud, "string", "Okta takes one audience");
  t.truthy(payload.jti);
  t.true((payload.exp ?? Number.NaN) - (payload.iat ?? 0) <= 3600);
  t.deepEqual(decodeProtectedHeader(assertion), { alg: "RS256", kid: "key-0" });
});

test("no two assertions are the same", async (t) => {
  await using login = await start(byKeys(known.privateKey));
  await login.signInBy();
  await login.signInBy();
  const sent = login.calls().map(({ form }) => form.get("client_assertion"));
  t.is(new Set(sent).size, 2);
});

test("where Okta doesn't know the first key yet, the next one signs", async (t) => {
  await using login = await start(byKeys(unknown.privateKey, known.privateKey));
  await t.notThrowsAsync(login.signInBy());
  await t.notThrowsAsync(login.check());
});

test("where Okta knows none of the keys, the first is what it is told of", async (t) => {
  await using login = await start(byKeys(unknown.privateKey, unknown.privateKey));
  for (const ask of [login.signInBy, login.check]) {
    const error = await t.throwsAsync(ask(), { instanceOf: InvalidClientError });
    t.regex(error.message, /0oa1 with this private key.*signature is invalid.*privateKeyRef/s);
  }
});

test("a key isn't tried where it isn't the key that is refused", async (t) => {
  await using login = await start(byKeys(known.privateKey, unknown.privateKey));
  login.provider.server.routes[TOKEN] = () => ({ status: 503 });
  await t.throwsAsync(login.signInBy(), { code: "token-endpoint-unreachable" });
  t.is(login.calls().length, 1);
});

test("a wrong clock is named, and not the key", async (t) => {
  await using login = await start(byKeys(known.privateKey));
  const headers = { date: new Date(Date.now() - 3_600_000).toUTCString() };
  login.provider.server.routes[TOKEN] = () => ({ ...REFUSAL, headers });
  const error = await t.throwsAsync(login.signInBy(), { instanceOf: InvalidClientError });
  t.regex(error.message, /clock here is 3\d{3} seconds ahead of Okta's/);
  t.notRegex(error.message, /privateKeyRef/);
});

test("what isn't a private key is called that, and nothing is sent", async (t) => {
  await using login = await start({ kind: "private-key", privateKey: "a-client-secret-by-mistake" });
  for (const ask of [login.signInBy, login.check])
    await t.throwsAsync(ask(), { code: "private-key-invalid", message: /^(?!.*mistake)/ });
  t.is(login.calls().length, 0);
});

test("a public client sends its name and its verifier, and nothing else to prove it", async (t) => {
  await using login = await Login.start();
  await login.signIn({ settings: { ...login.settings, authentication: { kind: "none" } } });
  const [call] = login.provider.server.callsTo(TOKEN);
  t.is(call?.form.get("client_id"), TestProvider.clientID);
  t.is(call?.form.get("code_verifier")?.length, 43);
  t.is(call?.form.get("client_assertion"), null);
  t.is(call?.form.get("client_secret"), null);
  t.is(call?.headers.authorization, undefined);
});

test("an app that isn't a public one is called that", async (t) => {
  await using login = await start({ kind: "none" });
  const error = await t.throwsAsync(login.check(), { instanceOf: InvalidClientError });
  t.regex(error.message, /as a public client.*publicClient/s);
});

/** What each of a client's proofs puts on a request. */
async function proofs(authentication: ClientAuthentication, methods?: string[]) {
  const metadata = {
    issuer: "https://acme.okta.com",
    authorization_endpoint: "https://acme.okta.com/authorize",
    token_endpoint: "https://acme.okta.com/token",
    jwks_uri: "https://acme.okta.com/keys",
    ...(methods ? { token_endpoint_auth_methods_supported: methods } : {}),
  };
  const sent: { form: Record<string, string>; basic: string | undefined }[] = [];
  for (const prove of clientAuthentications(authentication, metadata, "id:1")) {
    const [form, headers] = [new URLSearchParams(), new Headers()];
    await prove(metadata, { client_id: "id:1" }, form, headers);
    const [scheme, credentials] = (headers.get("authorization") ?? "").split(" ");
    const basic = scheme === "Basic" ? Buffer.from(credentials ?? "", "base64").toString() : undefined;
    sent.push({ form: Object.fromEntries(form), basic });
  }
  return sent;
}

test("a secret is sent by HTTP Basic, and in the body only to a server that takes it there and not otherwise", async (t) => {
  const authentication = { kind: "secret", secret: "s3cret/?" } as const;
  const byBasic = [{ form: {}, basic: "id%3A1:s3cret%2F%3F" }];
  const inBody = [{ form: { client_id: "id:1", client_secret: "s3cret/?" }, basic: undefined }];
  for (const [methods, sent] of [
    [undefined, byBasic],
    [[], byBasic],
    [["client_secret_basic"], byBasic],
    [["client_secret_basic", "client_secret_post"], byBasic],
    [["private_key_jwt"], byBasic],
    [["client_secret_post"], inBody],
    [["private_key_jwt", "client_secret_post"], inBody],
  ] as const)
    t.deepEqual(await proofs(authentication, methods && [...methods]), sent, String(methods));
});

test("each key proves it for itself, with its id where it has one; without proof there is just the name", async (t) => {
  const ec = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ format: "jwk" });
  const privateKey = JSON.stringify({ keys: [{ ...ec, kid: "key-7" }, ec] });
  const assertions = (await proofs({ kind: "private-key", privateKey })).map(
    ({ form }) => form.client_assertion ?? "",
  );
  t.deepEqual(assertions.map(decodeProtectedHeader), [{ alg: "ES256", kid: "key-7" }, { alg: "ES256" }]);
  for (const assertion of assertions) t.is(decodeJwt(assertion).aud, "https://acme.okta.com/token");
  t.deepEqual(await proofs({ kind: "none" }), [{ form: { client_id: "id:1" }, basic: undefined }]);
});
