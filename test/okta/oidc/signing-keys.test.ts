import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import test from "ava";
import { IdTokenInvalidError } from "../../../okta/oidc/login-errors.ts";
import { testKey } from "./provider.ts";
import { Login } from "./sign-in.ts";

const KEYS = "/oauth2/default/v1/keys";
const rotated = await testKey("key-2");
const sameID = await testKey("key-1");

for (const alg of [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
]) {
  test(`${alg} is verified, and forging it noticed`, async (t) => {
    await using login = await Login.start();
    const [key, forged] = await Promise.all([testKey("key-3", alg), testKey("key-3", alg)]);
    login.provider.metadata = { id_token_signing_alg_values_supported: [alg] };
    login.provider.published = [key.jwk];
    login.provider.forgery = { key };
    await t.notThrowsAsync(login.signIn());
    login.provider.forgery = { key: forged };
    const error = await t.throwsAsync(login.signIn(), { instanceOf: IdTokenInvalidError });
    t.is(error.check, "signature");
  });
}

test("keys that Okta rotates are read again, at once", async (t) => {
  await using login = await Login.start();
  await login.signIn();
  login.provider.published = [rotated.jwk];
  login.provider.forgery = { key: rotated };
  login.ahead = 11_000;
  await Promise.all([login.signIn(), login.signIn(), login.signIn()]);
  t.is(login.provider.server.callsTo(KEYS).length, 2);
});

test("a new key under the old id is read at once, too", async (t) => {
  await using login = await Login.start();
  await login.signIn();
  login.provider.published = [sameID.jwk];
  login.provider.forgery = { key: sameID };
  login.ahead = 11_000;
  await t.notThrowsAsync(login.signIn());
  t.is(login.provider.server.callsTo(KEYS).length, 2);
});

test("forged signatures don't make us ask for keys over and over", async (t) => {
  await using login = await Login.start();
  await login.signIn();
  login.provider.forgery = { key: sameID };
  login.ahead = 11_000;
  for (let i = 0; i < 5; i++) await t.throwsAsync(login.signIn(), { message: /\(signature\)/ });
  t.is(login.provider.server.callsTo(KEYS).length, 2);
});

test("tokens with made-up key ids don't make us ask for keys over and over", async (t) => {
  await using login = await Login.start();
  login.provider.forgery = { key: rotated };
  for (let i = 0; i < 5; i++) await t.throwsAsync(login.signIn(), { code: "id-token-invalid" });
  t.is(login.provider.server.callsTo(KEYS).length, 1);
});

test("a key that Okta has withdrawn is no longer believed after five minutes", async (t) => {
  await using login = await Login.start();
  await login.signIn();
  login.provider.published = [rotated.jwk];
  login.ahead = 5 * 60_000 + 1;
  await t.throwsAsync(login.signIn(), { code: "id-token-invalid" });
});

test("keys that can't be read for a moment don't stop sign-ins", async (t) => {
  await using login = await Login.start();
  await login.signIn();
  const { routes } = login.provider.server;
  routes[KEYS] = () => ({ status: 503 });
  login.ahead = 10 * 60_000;
  await t.notThrowsAsync(login.signIn());
  login.ahead = 2 * 3_600_000;
  await t.throwsAsync(login.signIn(), { code: "signing-keys-unreachable" });
});

for (const [what, keys] of [
  ["empty", []],
  ["of keys for encryption", [{ ...rotated.jwk, use: "enc" }]],
  ["of keys of a kind that nobody knows", [{ kty: "unheard-of", kid: "key-1" }]],
] as const) {
  test(`a key set ${what} doesn't replace good keys`, async (t) => {
    await using login = await Login.start();
    await login.signIn();
    login.provider.published = [...keys];
    login.ahead = 10 * 60_000;
    await t.notThrowsAsync(login.signIn());
    await t.notThrowsAsync(login.signIn());
    t.is(login.provider.server.callsTo(KEYS).length, 2, "it isn't asked again by everybody");
    login.ahead += 11_000;
    login.provider.published = [rotated.jwk];
    login.provider.forgery = { key: rotated };
    await t.notThrowsAsync(login.signIn(), "and read again soon");
    login.provider.published = [...keys];
    login.ahead = 2 * 3_600_000;
    await t.throwsAsync(login.signIn(), { code: "signing-keys-unreachable" });
  });
}

test("a signature that doesn't fit while the keys can't be read isn't called forged, nor are they asked for by each", async (t) => {
  await using login = await Login.start();
  await login.signIn();
  const { routes } = login.provider.server;
  routes[KEYS] = () => ({ status: 503 });
  login.provider.forgery = { key: sameID };
  login.ahead = 11_000;
  for (let i = 0; i < 3; i++) await t.throwsAsync(login.signIn(), { code: "signing-keys-unreachable" });
  t.is(login.provider.server.callsTo(KEYS).length, 2);
});

test("keys that were read after a failure are what counts", async (t) => {
  await using login = await Login.start();
  const { routes } = login.provider.server;
  const good = routes[KEYS];
  routes[KEYS] = () => ({ status: 503 });
  await t.throwsAsync(login.signIn(), { code: "signing-keys-unreachable" });
  if (good) routes[KEYS] = good;
  await login.signIn();
  login.provider.forgery = { key: rotated };
  await t.throwsAsync(login.signIn(), { message: /\(key\)/ });
});

test("nobody is signed in while the keys have never been read", async (t) => {
  await using login = await Login.start();
  const { routes } = login.provider.server;
  const good = routes[KEYS];
  for (const answer of [
    { status: 503 },
    { body: "<html>" },
    { body: { keys: "none" } },
    { body: { keys: [7] } },
    { body: { keys: [] } },
  ]) {
    routes[KEYS] = () => answer;
    await t.throwsAsync(login.signIn(), { code: "signing-keys-unreachable" });
  }
  if (good) routes[KEYS] = good;
  await t.notThrowsAsync(login.signIn());
});

for (const [what, change] of [
  ["is for encryption", { use: "enc" }],
  ["may sign only", { key_ops: ["sign"] }],
  ["is for another algorithm", { alg: "RS512" }],
  ["is of a kind that nobody knows", { kty: "unheard-of" }],
] as const) {
  test(`a key that ${what} verifies nothing`, async (t) => {
    await using login = await Login.start();
    login.provider.published = [{ ...login.provider.key.jwk, ...change }, rotated.jwk];
    const error = await t.throwsAsync(login.signIn(), { instanceOf: IdTokenInvalidError });
    t.is(error.check, "key");
  });
}

const { publicKey: long } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const { publicKey: p256 } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const { publicKey: koblitz } = generateKeyPairSync("ec", { namedCurve: "secp256k1" });

for (const [what, alg, publicKey] of [
  ["of another kind", "ES256", long],
  ["on another curve", "ES384", p256],
  ["on a curve that nobody asked for", "ES256", koblitz],
] as const) {
  test(`a key ${what} verifies no ${alg}`, async (t) => {
    await using login = await Login.start();
    login.provider.metadata = { id_token_signing_alg_values_supported: [alg] };
    login.provider.published = [published(publicKey), rotated.jwk];
    login.provider.forgery = { key: await testKey("key-3", alg) };
    const error = await t.throwsAsync(login.signIn(), { instanceOf: IdTokenInvalidError });
    t.is(error.check, "key");
  });
}

test("a key that is too short verifies nothing, not even what it has signed", async (t) => {
  await using login = await Login.start();
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 1024 });
  login.provider.published = [{ ...published(publicKey), kid: "key-1" }];
  login.provider.forgery = {
    token: (token) => {
      const signed = token.replace(/\.[^.]*$/, "");
      return `${signed}.${sign("sha256", Buffer.from(signed), privateKey).toString("base64url")}`;
    },
  };
  const error = await t.throwsAsync(login.signIn(), { instanceOf: IdTokenInvalidError });
  t.is(error.check, "key");
});

/** As the issuer publishes it, without a word on what it is for. */
function published(key: KeyObject): object {
  return { ...key.export({ format: "jwk" }), kid: "key-3" };
}
