import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { inspect } from "node:util";
import test from "ava";
import { PrivateKeyInvalidError, readPrivateKeys, signingKey } from "../../okta/private-key.ts";

const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
const ec = generateKeyPairSync("ec", { namedCurve: "P-384" }).privateKey;
const PKCS8 = pem(rsa, "pkcs8");

function pem(key: KeyObject, type: "pkcs8" | "pkcs1" | "sec1"): string {
  return key.export({ type: type as "pkcs8", format: "pem" }).toString();
}

function jwk(key: KeyObject, more: object = {}): object {
  return { ...key.export({ format: "jwk" }), ...more };
}

function described(text: string): [string, string | undefined][] {
  return readPrivateKeys(text).map(({ alg, kid }) => [alg, kid]);
}

test("a key is PEM or a JWK", (t) => {
  t.deepEqual(described(PKCS8), [["RS256", undefined]]);
  t.deepEqual(described(`\n  ${pem(rsa, "pkcs1")}\n`), [["RS256", undefined]]);
  t.deepEqual(described(pem(ec, "sec1")), [["ES384", undefined]]);
  t.deepEqual(described(`\n ${JSON.stringify(jwk(rsa, { kid: "a", use: "sig" }))}`), [["RS256", "a"]]);
  t.deepEqual(described(JSON.stringify(jwk(rsa, { alg: "RS384" }))), [["RS384", undefined]]);
  t.deepEqual(described(JSON.stringify(jwk(rsa, { alg: "RSA-OAEP" }))), [["RS256", undefined]]);
});

test("several keys are PEM blocks or a JWK set, in this order", (t) => {
  t.deepEqual(described(`# new\n${PKCS8}\n# old\n${pem(ec, "pkcs8")}`), [
    ["RS256", undefined],
    ["ES384", undefined],
  ]);
  t.deepEqual(described(JSON.stringify({ keys: [jwk(ec, { kid: "new" }), jwk(rsa, { kid: "old" })] })), [
    ["ES384", "new"],
    ["RS256", "old"],
  ]);
});

test("a key signs with its algorithm, and can't be taken out again", (t) => {
  const [key] = readPrivateKeys(JSON.stringify(jwk(rsa, { alg: "RS512" })));
  t.like(signingKey(key), {
    algorithm: { name: "RSASSA-PKCS1-v1_5", hash: { name: "SHA-512" } },
    extractable: false,
    usages: ["sign"],
  });
  const [another] = readPrivateKeys(pem(ec, "pkcs8"));
  t.like(signingKey(another), { algorithm: { name: "ECDSA", namedCurve: "P-384" } });
});

const publicJWK = generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey.export({ format: "jwk" });
for (const [what, text] of [
  ["nothing", ""],
  ["something else", "a-client-secret-by-mistake"],
  ["half a key", PKCS8.slice(0, 400)],
  ["half a JWK", JSON.stringify(jwk(rsa)).slice(0, -20)],
  ["a public key", JSON.stringify(publicJWK)],
  ["a set of public keys", JSON.stringify({ keys: [publicJWK] })],
  ["a set without keys", '{"keys":[]}'],
  ["a good key and a bad one", JSON.stringify({ keys: [jwk(rsa), publicJWK] })],
  ["a JWK whose id isn't text", JSON.stringify(jwk(rsa, { kid: 7 }))],
  ["a shared secret", '{"kty":"oct","k":"c2VjcmV0LXNlY3JldC1zZWNyZXQ"}'],
  ["a key of another kind", pem(generateKeyPairSync("ed25519").privateKey, "pkcs8")],
] as const) {
  test(`${what} is no private key, and isn't shown`, (t) => {
    const error = t.throws(() => readPrivateKeys(text), { instanceOf: PrivateKeyInvalidError });
    t.true(error.cause instanceof Error);
    const shown = inspect(error, { depth: 20, showHidden: true });
    for (const part of text.match(/[\w+/-]{20,}/g) ?? [])
      if (!part.startsWith("---")) t.false(shown.includes(part.slice(0, 20)), shown);
  });
}

test("whoever stored something else is told what it lacks", (t) => {
  const causeOf = (text: string) => {
    const { cause } = t.throws(() => readPrivateKeys(text), { instanceOf: PrivateKeyInvalidError });
    return cause instanceof Error ? cause.message : undefined;
  };
  t.is(causeOf("a-client-secret-by-mistake"), "there is no PEM block in it");
  t.is(causeOf("{a-client-secret-by-mistake"), "not JSON");
  t.is(causeOf(pem(generateKeyPairSync("ed25519").privateKey, "pkcs8")), "Okta takes RSA and EC keys");
});

test("an RSA key that is too short to sign with is told so when it is read, and what to do", (t) => {
  const short = generateKeyPairSync("rsa", { modulusLength: 1024 }).privateKey;
  for (const text of [
    pem(short, "pkcs8"),
    pem(short, "pkcs1"),
    JSON.stringify({ keys: [jwk(rsa), jwk(short)] }),
  ])
    t.throws(() => readPrivateKeys(text), {
      instanceOf: PrivateKeyInvalidError,
      message: /RSA key of 1024 bits, .* make one of 2048 bits or more, .* in the Secret\.$/,
    });
});

test("an EC key whose parts are of two keys is told so when it is read", (t) => {
  const another = generateKeyPairSync("ec", { namedCurve: "P-384" }).privateKey.export({ format: "jwk" });
  t.throws(() => readPrivateKeys(JSON.stringify(jwk(ec, { d: another.d }))), {
    instanceOf: PrivateKeyInvalidError,
  });
});
