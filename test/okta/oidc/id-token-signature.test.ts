import test from "ava";
import { SignJWT } from "jose";
import { Http } from "../../../okta/http/http.ts";
import { verifyIssuerSignature } from "../../../okta/oidc/id-token.ts";
import { IdTokenInvalidError } from "../../../okta/oidc/login-errors.ts";
import { SigningKeys } from "../../../okta/oidc/signing-keys.ts";
import { LOOPBACK } from "../loopback.ts";
import { TestServer } from "../server.ts";
import { type TestKey, testKey } from "./provider.ts";

const [key, sameID] = [await testKey("key-1", "ES256"), await testKey("key-1", "ES256")];

function signed(by: TestKey, kid = by.kid): Promise<string> {
  return new SignJWT({ sub: "00u1" }).setProtectedHeader({ alg: by.alg, kid }).sign(by.privateKey);
}

/** An issuer's published keys, and what comes of a token. */
async function issuer() {
  const server = await TestServer.start();
  const http = new Http({ destinations: LOOPBACK });
  const state = { now: 0, published: [key.jwk] as object[] };
  server.routes["/keys"] = () => ({ body: { keys: state.published } });
  const keys = new SigningKeys({ url: `${server.url}/keys`, http, now: () => state.now });
  return Object.assign(state, {
    server,
    verify: (token: string) => verifyIssuerSignature(token, keys),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await http.close();
    },
  });
}

test("what the issuer signed is told with its algorithm", async (t) => {
  await using s = await issuer();
  t.is(await s.verify(await signed(key)), "ES256");
});

test("what it didn't sign is told by what is wrong with it", async (t) => {
  await using s = await issuer();
  const good = await signed(key);
  const [header = "", payload = "", signature = ""] = good.split(".");
  const headed = (json: object) =>
    [Buffer.from(JSON.stringify(json)).toString("base64url"), payload, signature].join(".");
  for (const [token, check] of [
    [await signed(sameID), "signature"],
    [[header, Buffer.from('{"sub":"00u2"}').toString("base64url"), signature].join("."), "signature"],
    [`${header}.${payload}.`, "signature"],
    [headed({ alg: "HS256", kid: "key-1" }), "algorithm"],
    [headed({ alg: "none" }), "algorithm"],
    [headed({ alg: "ES256", kid: "key-9" }), "key"],
    [`${header}.${payload}`, "format"],
    ["not-a-token", "format"],
  ] as const) {
    const error = await t.throwsAsync(s.verify(token), { instanceOf: IdTokenInvalidError });
    t.is(error.check, check, token);
    t.true(error.cause instanceof Error);
  }
});

test("a new key under the old id is looked for, and what that one didn't sign either isn't believed", async (t) => {
  await using s = await issuer();
  await s.verify(await signed(key));
  s.published = [sameID.jwk];
  s.now = 10_000;
  t.is(await s.verify(await signed(sameID)), "ES256");
  s.now = 20_000;
  await t.throwsAsync(s.verify(await signed(key)), { message: /\(signature\)/ });
  t.is(s.server.calls.length, 3);
});

test("keys that can't be read aren't called a wrong token", async (t) => {
  await using s = await issuer();
  s.published = [];
  await t.throwsAsync(s.verify(await signed(key)), { code: "signing-keys-unreachable" });
});
