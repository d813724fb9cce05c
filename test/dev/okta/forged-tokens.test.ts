import { createSecretKey, generateKeyPairSync } from "node:crypto";
import test from "ava";
import type { AlterIdToken, AppSeed, OktaOptions } from "../../../dev/okta/index.ts";
import { oktaFor } from "./recorded-okta.ts";
import { login, relyingParty, startCallback } from "./relying-party.ts";

const callback = await startCallback();
test.after.always(() => callback.stop());

const app: AppSeed = { clientId: "app", clientSecret: "secret", redirectUris: [callback.url] };
const seed: OktaOptions = { users: [{ login: "ada@acme.example", password: "pw" }], apps: [app] };
const now = () => Math.floor(Date.now() / 1000);

/** Each is one that openid-client finds, so that a product that believes it doesn't use it right. */
const forgeries: Record<string, AlterIdToken> = {
  "signed with another key": () => ({ signWith: "other" }),
  "not signed, alg none": (_claims, header) => ({ header: { ...header, alg: "none" }, signWith: "nothing" }),
  "without a signature": () => ({ signWith: "nothing" }),
  "signed with a secret": (_claims, header) => ({
    header: { ...header, alg: "HS256" },
    signWith: createSecretKey("secret", "utf8"),
  }),
  "signed with an EC key": (_claims, header) => ({
    header: { ...header, alg: "ES256" },
    signWith: generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey,
  }),
  "signed with a key that isn't published": (_claims, header) => ({ header: { ...header, kid: "unknown" } }),
  "of another issuer": (claims) => ({ claims: { ...claims, iss: "https://evil.example" } }),
  "for another app": (claims) => ({ claims: { ...claims, aud: "other" } }),
  "for several apps, issued to another": (claims) => ({
    claims: { ...claims, aud: ["app", "other"], azp: "other" },
  }),
  "with another nonce": (claims) => ({ claims: { ...claims, nonce: "other" } }),
  "without a nonce": ({ nonce: _, ...claims }) => ({ claims }),
  "that has expired": (claims) => ({ claims: { ...claims, exp: now() - 3600 } }),
  "without an expiry": ({ exp: _, ...claims }) => ({ claims }),
  "without a subject": ({ sub: _, ...claims }) => ({ claims }),
};

for (const [what, alter] of Object.entries(forgeries))
  test(`an ID token ${what} is found by openid-client`, async (t) => {
    const okta = await oktaFor(t, seed);
    const config = await relyingParty(okta);
    okta.alterIdToken = alter;
    await t.throwsAsync(login(okta, config, callback.url, "ada"));
    okta.alterIdToken = undefined;
    await t.notThrowsAsync(login(okta, config, callback.url, "ada"));
  });

test("the hook sees whom a token is for, may leave it, and what it changes is signed", async (t) => {
  const okta = await oktaFor(t, seed);
  const seen: unknown[] = [];
  okta.alterIdToken = (claims, header, issuedTo) => {
    seen.push([header.alg, issuedTo]);
    return issuedTo.server === "org" ? undefined : { claims: { ...claims, iat: now() + 30, extra: true } };
  };
  const org = await login(okta, await relyingParty(okta), callback.url, "ada");
  const custom = await login(okta, await relyingParty(okta, { server: "default" }), callback.url, "ada");
  t.deepEqual(seen, [
    ["RS256", { app: "app", server: "org" }],
    ["RS256", { app: "app", server: "default" }],
  ]);
  t.false("extra" in org.idToken);
  t.true(custom.idToken.extra);
});

test("after a rotation of keys new tokens are good, and old keys are gone unless kept", async (t) => {
  const okta = await oktaFor(t, seed);
  const kids = async () => {
    const answer = await fetch(`${okta.url}/oauth2/v1/keys`);
    return ((await answer.json()) as { keys: { kid: string }[] }).keys.map(({ kid }) => kid);
  };
  const [first] = await kids();
  await okta.rotateKeys({ keepOld: true });
  const both = await kids();
  t.is(both.length, 2);
  t.is(both[1], first);
  await t.notThrowsAsync(login(okta, await relyingParty(okta), callback.url, "ada"));

  await okta.rotateKeys();
  t.is((await kids()).length, 1);
  t.false((await kids()).includes(first ?? ""));
  const { tokens } = await login(okta, await relyingParty(okta), callback.url, "ada");
  const [header = ""] = (tokens.id_token ?? "").split(".");
  t.is(JSON.parse(Buffer.from(header, "base64url").toString()).kid, (await kids())[0]);
});
