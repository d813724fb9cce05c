import { createHash } from "node:crypto";
import test, { type ExecutionContext } from "ava";
import { calculateJwkThumbprint, exportJWK, SignJWT } from "jose";
import * as client from "openid-client";
import type { AppSeed, OktaStandIn } from "../../../dev/okta/index.ts";
import { managementApi } from "./management-api.ts";
import { recordedOktaFor } from "./recorded-okta.ts";
import { relyingParty } from "./relying-party.ts";

const { publicKey, privateKey } = await client.randomDPoPKeyPair("ES256", { extractable: true });

async function serviceApp(t: ExecutionContext, changes: Partial<AppSeed> = {}) {
  const jwk: Record<string, unknown> = { ...(await exportJWK(publicKey)) };
  const okta = await recordedOktaFor(t, {
    groups: ["service_admin"],
    apps: [{ clientId: "service", type: "service", publicKeys: [jwk], ...changes }],
  });
  return { okta, config: await configuration(okta) };
}

function configuration(okta: OktaStandIn): Promise<client.Configuration> {
  const auth = client.PrivateKeyJwt(privateKey, {
    [client.modifyAssertion]: (_header, payload) => {
      payload.aud = `${okta.url}/oauth2/v1/token`;
    },
  });
  return relyingParty(okta, { clientId: "service", auth });
}

test("a service app reads with the scopes that it was granted and asked for, and no others", async (t) => {
  const { okta, config } = await serviceApp(t, { grantedScopes: ["okta.groups.read", "okta.logs.read"] });
  const tokens = await client.clientCredentialsGrant(config, { scope: "okta.groups.read" });
  t.like(tokens, { token_type: "bearer", expires_in: 3600, scope: "okta.groups.read" });
  const { call } = managementApi(okta, `Bearer ${tokens.access_token}`);
  t.is((await call("GET", "/groups")).status, 200);

  const refused = await call("GET", "/users");
  t.is(refused.status, 403);
  t.like(await refused.json(), { errorCode: "E0000006" });
  t.regex(refused.headers.get("www-authenticate") ?? "", /insufficient_scope.*okta\.users\.read/);
  t.is((await call("POST", "/groups", { profile: { name: "x" } })).status, 403);

  for (const scope of ["okta.users.read", "okta.groups.read nonsense"])
    await t.throwsAsync(
      client.clientCredentialsGrant(config, { scope }),
      { code: "OAUTH_RESPONSE_BODY_ERROR" },
      scope,
    );
});

test("a manage scope reads too", async (t) => {
  const { okta, config } = await serviceApp(t);
  const { access_token } = await client.clientCredentialsGrant(config, { scope: "okta.groups.manage" });
  const { call } = managementApi(okta, `Bearer ${access_token}`);
  t.is((await call("GET", "/groups")).status, 200);
  t.is((await call("POST", "/groups", { profile: { name: "new" } })).status, 200);
});

test("without an admin role every scope is worth nothing", async (t) => {
  const { okta, config } = await serviceApp(t, { adminRole: false });
  const { access_token } = await client.clientCredentialsGrant(config, { scope: "okta.groups.read" });
  t.is((await managementApi(okta, `Bearer ${access_token}`).call("GET", "/groups")).status, 403);
});

test("nothing, an unknown token and a wrong scheme are refused alike", async (t) => {
  const { okta } = await serviceApp(t);
  for (const authorization of ["", "SSWS wrong", "Bearer wrong", `Bearer ${okta.apiToken}`, "Basic eDp5"]) {
    const answer = await managementApi(okta, authorization).call("GET", "/groups");
    t.is(answer.status, 401, authorization);
    t.like(await answer.json(), { errorCode: "E0000011", errorSummary: "Invalid token provided" });
  }
});

test("a client assertion is good once", async (t) => {
  const { okta } = await serviceApp(t);
  const assertion = await new SignJWT({ jti: "same" })
    .setProtectedHeader({ alg: "ES256" })
    .setIssuer("service")
    .setSubject("service")
    .setAudience(`${okta.url}/oauth2/v1/token`)
    .setExpirationTime("5m")
    .sign(privateKey);
  const ask = () =>
    fetch(`${okta.url}/oauth2/v1/token`, {
      method: "POST",
      body: new URLSearchParams({
        grant_type: "client_credentials",
        scope: "okta.groups.read",
        client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        client_assertion: assertion,
      }),
    });
  t.is((await ask()).status, 200);
  t.is((await ask()).status, 401);
});

test("an app that must use DPoP is told so, and told to use a nonce", async (t) => {
  const { okta, config } = await serviceApp(t, { requireDpop: true });
  const without = await t.throwsAsync(client.clientCredentialsGrant(config, { scope: "okta.groups.read" }));
  t.like(without, {
    error: "invalid_dpop_proof",
    error_description: "The DPoP proof JWT header is missing.",
  });

  const keys = await client.randomDPoPKeyPair("ES256", { extractable: true });
  const DPoP = client.getDPoPHandle(config, keys);
  const nonces = okta.requests.token;
  const tokens = await client.clientCredentialsGrant(config, { scope: "okta.groups.read" }, { DPoP });
  t.is(tokens.token_type, "dpop");
  t.is(okta.requests.token - nonces, 2, "once to get the nonce, once with it");

  const url = new URL(`${okta.url}/api/v1/groups?limit=5`);
  const answer = await client.fetchProtectedResource(
    config,
    tokens.access_token,
    url,
    "GET",
    null,
    undefined,
    { DPoP },
  );
  t.is(answer.status, 200);

  const { call } = managementApi(okta, `Bearer ${tokens.access_token}`);
  t.is((await call("GET", "/groups")).status, 401, "as a bearer token it is no good");
  const other = client.getDPoPHandle(config, await client.randomDPoPKeyPair("ES256"));
  await t.throwsAsync(
    client.fetchProtectedResource(config, tokens.access_token, url, "GET", null, undefined, { DPoP: other }),
    { instanceOf: client.WWWAuthenticateChallengeError },
    "nor with the proof of another key",
  );
});

test("a DPoP proof is for one request at one address", async (t) => {
  const { okta, config } = await serviceApp(t, { requireDpop: true });
  const keys = await client.randomDPoPKeyPair("ES256", { extractable: true });
  const DPoP = client.getDPoPHandle(config, keys);
  const { access_token } = await client.clientCredentialsGrant(
    config,
    { scope: "okta.groups.read" },
    { DPoP },
  );
  const jwk = await exportJWK(keys.publicKey);
  t.is(typeof (await calculateJwkThumbprint(jwk)), "string");
  const proof = (claims: Record<string, unknown>) =>
    new SignJWT({
      jti: crypto.randomUUID(),
      htm: "GET",
      htu: `${okta.url}/api/v1/groups`,
      ath: createHash("sha256").update(access_token).digest("base64url"),
      ...claims,
    })
      .setProtectedHeader({ alg: "ES256", typ: "dpop+jwt", jwk })
      .setIssuedAt()
      .sign(keys.privateKey);
  const ask = async (dpop: string) =>
    (await fetch(`${okta.url}/api/v1/groups`, { headers: { authorization: `DPoP ${access_token}`, dpop } }))
      .status;

  const good = await proof({});
  t.is(await ask(good), 200);
  t.is(await ask(good), 401, "replayed");
  t.is(await ask(await proof({ htm: "POST" })), 401);
  t.is(await ask(await proof({ htu: `${okta.url}/api/v1/users` })), 401);
  t.is(await ask(await proof({ ath: "other" })), 401);
  t.is(await ask("nonsense"), 401);
});
