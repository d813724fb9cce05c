import test from "ava";
import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from "jose";
import { request } from "undici";
import type { CookieJar } from "../../../dev/okta/index.ts";
import { type Secret, secrets } from "../../../kubernetes/index.ts";
import { parseKeys } from "../../../webhook/sessions/stored-keys.ts";
import { waitFor } from "../../cluster.ts";
import { exactly } from "../../exactly.ts";
import { type Replica, type UnderTest, webhookUnderTest } from "../webhook-under-test.ts";

const SECRET = "okta-role-operator-session-keys";

/** What an application behind a proxy is told. */
async function assertionAt(at: Pick<Replica, "url">, under: UnderTest, cookies: CookieJar): Promise<string> {
  const { statusCode, headers, body } = await request(
    `${at.url}/auth?organization=${under.cluster.namespace}/acme&role=service-admin`,
    { headers: { cookie: cookies.header(new URL(under.url)) ?? "" } },
  );
  await body.dump();
  if (statusCode !== 200) throw new Error(`/auth answered ${statusCode}`);
  return String(headers["x-auth-request-assertion"]);
}

function keysOf({ url }: Pick<Replica, "url">) {
  return createRemoteJWKSet(new URL("/.well-known/jwks.json", url), { cooldownDuration: 0 });
}

test("an application verifies who it is by the published keys alone", async (t) => {
  const under = await webhookUnderTest(t);
  await under.applyAcme();
  const cookies = await under.signedIn("ada");
  const token = await assertionAt(under, under, cookies);
  const { namespace } = under.cluster;
  const { host } = new URL(under.url);
  const expected = { issuer: under.url, audience: `${namespace}/acme@${host}`, algorithms: ["ES256"] };
  const { payload } = await jwtVerify(token, keysOf(under), expected);
  const [[, user] = []] = await under.users();
  t.is(payload.sub, `${namespace}/${user?.metadata.name}`);
  t.like(payload, { roles: exactly("service-admin"), email: "ada@acme.example", name: "Ada Tester" });
  t.is((payload.exp ?? 0) - (payload.iat ?? 0), 60);
  t.is(await assertionAt(under, under, cookies), token, "it isn't signed for each request");

  const elsewhere = { ...expected, audience: `${namespace}/beta@${host}` };
  await t.throwsAsync(jwtVerify(token, keysOf(under), elsewhere), {
    code: "ERR_JWT_CLAIM_VALIDATION_FAILED",
  });
  const [head, , signature] = token.split(".");
  const claims = Buffer.from(JSON.stringify({ ...decodeJwt(token), sub: "somebody" })).toString("base64url");
  await t.throwsAsync(jwtVerify(`${head}.${claims}.${signature}`, keysOf(under), expected), {
    code: "ERR_JWS_SIGNATURE_VERIFICATION_FAILED",
  });
  t.false(JSON.stringify(under.lines).includes(token), "it is in no log");
});

test("what is published is public halves, and may be kept for some minutes", async (t) => {
  const under = await webhookUnderTest(t);
  const { statusCode, headers, body } = await request(`${under.url}/.well-known/jwks.json`);
  t.is(statusCode, 200);
  t.is(headers["cache-control"], "public, max-age=300");
  const { keys } = (await body.json()) as { keys: object[] };
  t.is(keys.length, 1);
  t.deepEqual(Object.keys(keys[0] ?? {}).sort(), ["alg", "crv", "kid", "kty", "use", "x", "y"]);
});

test("replicas sign by the same key, each verified by what the other publishes", async (t) => {
  const under = await webhookUnderTest(t);
  await under.applyAcme();
  const other = await under.replica();
  const cookies = await under.signedIn("ada");
  const [here, there] = [under, other] as const;
  const tokens = await Promise.all(
    [here, there].map((at) =>
      waitFor(() => assertionAt(at, under, cookies).catch(() => undefined), { what: "both to let Ada in" }),
    ),
  );
  const [first = "", second = ""] = tokens;
  t.is(decodeProtectedHeader(first).kid, decodeProtectedHeader(second).kid);
  await t.notThrowsAsync(jwtVerify(first, keysOf(there)));
  await t.notThrowsAsync(jwtVerify(second, keysOf(here)));
});

test("the Secret holds what it always did: a replica of an older release reads it as its own", async (t) => {
  const under = await webhookUnderTest(t);
  await under.applyAcme();
  const cookies = await under.signedIn("ada");
  await assertionAt(under, under, cookies);
  const place = { namespace: under.cluster.namespace, name: SECRET };
  const { data = {} }: Secret = await under.client.get(secrets, place);
  t.deepEqual(Object.keys(data), ["keys"]);
  const text = Buffer.from(data.keys ?? "", "base64").toString();
  t.deepEqual(
    (JSON.parse(text) as object[]).map((key) => Object.keys(key)),
    [["id", "key", "createdAt"]],
  );
  t.is(parseKeys(text).keys.length, 1);
});
