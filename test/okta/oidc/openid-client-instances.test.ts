import { generateKeyPairSync } from "node:crypto";
import test from "ava";
import * as client from "openid-client";
import { Http } from "../../../okta/http/http.ts";
import type { DiscoveredIssuer } from "../../../okta/oidc/issuer.ts";
import { InvalidClientError, LoginExpiredError } from "../../../okta/oidc/login-errors.ts";
import { OpenidClientInstances } from "../../../okta/oidc/openid-client-instances.ts";
import { SigningKeys } from "../../../okta/oidc/signing-keys.ts";
import { LOOPBACK } from "../loopback.ts";
import { TestServer } from "../server.ts";

const NOW = Date.parse("2026-11-24T09:00:00Z");
const http = new Http({ destinations: LOOPBACK });
test.after.always(() => http.close());

const bySecret = { kind: "secret", secret: "s3cret" } as const;

function issuer(base = "https://acme.okta.com", change: object = {}): DiscoveredIssuer {
  const keys = new SigningKeys({ url: `${base}/keys`, http, now: () => 0 });
  const metadata = {
    issuer: base,
    authorization_endpoint: `${base}/authorize`,
    token_endpoint: `${base}/token`,
    jwks_uri: `${base}/keys`,
    ...change,
  };
  return { metadata, keys };
}

function instances(): OpenidClientInstances {
  return new OpenidClientInstances({ http, now: () => NOW });
}

/** As many private keys as that, in a JWK set. */
function byKeys(count: number) {
  const keys = Array.from({ length: count }, () =>
    generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ format: "jwk" }),
  );
  return { kind: "private-key", privateKey: JSON.stringify({ keys }) } as const;
}

function refused(why: string): InvalidClientError {
  return new InvalidClientError({ clientID: "0oa1", authentication: "private-key" }, why);
}

test("one instance serves all who ask as the same client of the same reading of the issuer", async (t) => {
  const all = instances();
  const acme = issuer();
  const ask = (of: DiscoveredIssuer, clientID: string, secret: string) =>
    all.ask(of, { clientID, authentication: { kind: "secret", secret } }, async (instance) => instance);
  const first = await ask(acme, "0oa1", "s3cret");
  t.is(await ask(acme, "0oa1", "s3cret"), first);
  t.not(await ask(acme, "0oa2", "s3cret"), first);
  t.not(await ask(acme, "0oa1", "another"), first);
  t.not(await ask(issuer("https://beta.okta.com"), "0oa1", "s3cret"), first);
  const moved = await ask(
    issuer("https://acme.okta.com", { token_endpoint: "https://acme.okta.com/new" }),
    "0oa1",
    "s3cret",
  );
  t.is(moved.configuration.serverMetadata().token_endpoint, "https://acme.okta.com/new");
});

test("a client with several keys tries one after the other, and tells of the first where none is taken", async (t) => {
  const all = instances();
  const asking = { clientID: "0oa1", authentication: byKeys(3) };
  const tried: unknown[] = [];
  const outcome = await all.ask(issuer(), asking, async (instance) => {
    tried.push(instance);
    if (tried.length < 3) throw refused(`the ${tried.length}.`);
    return "taken";
  });
  t.is(outcome, "taken");
  t.is(new Set(tried).size, 3);
  let count = 0;
  const refusal = await t.throwsAsync(
    all.ask(issuer(), asking, async () => {
      throw refused(`no. ${++count}`);
    }),
    { instanceOf: InvalidClientError },
  );
  t.regex(refusal.message, /no\. 1/);
  t.is(count, 3);
});

test("another failure is no reason to try another key", async (t) => {
  let count = 0;
  const asking = instances().ask(issuer(), { clientID: "0oa1", authentication: byKeys(2) }, async () => {
    count++;
    throw new LoginExpiredError();
  });
  await t.throwsAsync(asking, { instanceOf: LoginExpiredError });
  t.is(count, 1);
});

test("addresses that browsers are sent to name the client, and hold no proof of it", async (t) => {
  const all = instances();
  const acme = issuer();
  const url = client.buildAuthorizationUrl(all.addressesOf(acme, "0oa1"), {
    redirect_uri: "https://x.example.com",
  });
  t.is(`${url.origin}${url.pathname}`, "https://acme.okta.com/authorize");
  t.is(url.searchParams.get("client_id"), "0oa1");
  t.is(all.addressesOf(acme, "0oa1"), all.addressesOf(acme, "0oa1"));
});

test("algorithms with a shared secret or none are never taken, and RS256 is where the issuer names none", (t) => {
  for (const [said, taken] of [
    [undefined, ["RS256"]],
    [
      ["none", "HS256", "ES256", "RS512"],
      ["ES256", "RS512"],
    ],
    [["HS256"], []],
  ] as const) {
    const change = said === undefined ? {} : { id_token_signing_alg_values_supported: [...said] };
    const { id_token_signing_alg_values_supported: supported } = instances()
      .addressesOf(issuer("https://acme.okta.com", change), "0oa1")
      .serverMetadata();
    t.deepEqual(supported, [...taken]);
  }
});

test("what any answer of an issuer tells of its clock is known to all its clients, and to no other's", async (t) => {
  await using server = await TestServer.start();
  const headers = { date: "Tue, 24 Nov 2026 10:00:00 GMT" };
  server.routes["/token"] = () => ({ status: 400, headers, body: { error: "invalid_grant" } });
  const all = instances();
  const at = issuer(server.url);
  const asking = { clientID: "0oa1", authentication: bySecret };
  await all.ask(at, asking, async ({ configuration, clock }) => {
    t.is(clock.difference, undefined);
    await t.throwsAsync(client.genericGrantRequest(configuration, "authorization_code", { code: "c" }));
    t.deepEqual(clock.difference, { aheadS: 3_600, by: "Date" });
  });
  await all.ask(issuer(server.url), { ...asking, clientID: "0oa2" }, async ({ clock }) => {
    t.is(clock.difference?.aheadS, 3_600);
  });
  await all.ask(issuer(), asking, async ({ clock }) => t.is(clock.difference, undefined));
});
