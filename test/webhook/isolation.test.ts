import { randomUUID } from "node:crypto";
import test from "ava";
import { exportJWK, generateKeyPair, type JWK } from "jose";
import { startOkta } from "../../dev/okta/index.ts";
import { Browser } from "./browser.ts";
import { CLIENT_SECRET, secret, webhookUnderTest } from "./webhook-under-test.ts";

test("a dead Okta holds up its own organization only: others sign in, and beyond a bound people are told at once", async (t) => {
  const { applyAcme, signIn, url } = await webhookUnderTest(t, { loginsAtOnce: 5 });
  const dead = await startOkta({ apps: [{ clientId: "0oaDead", clientSecret: "x" }] });
  t.teardown(() => dead.stop());
  dead.misbehave({ fault: { kind: "hang" } });
  await applyAcme();
  await applyAcme({
    name: "dead",
    mappings: { "dead-services": [["service_admin"], ["service-admin"]] },
    okta: { issuer: dead.issuer(), clientID: "0oaDead" },
  });
  const waiting = Array.from({ length: 8 }, () => new Browser(url).get("/login/dead"));
  const first = await Promise.race(waiting);
  t.is(first.status, 503);
  t.true(first.body.includes("Too many sign-ins at once"));
  t.is(first.headers["retry-after"], "5");
  t.is((await signIn("ada")).response.status, 303, "while the others wait");
  dead.behave();
  const turnedAway = (await Promise.all(waiting)).filter(({ status }) => status === 503);
  t.is(turnedAway.length, 3);
});

test("a client secret that was replaced in Okta and in the Secret works at the next sign-in, without a restart", async (t) => {
  const { applyAcme, apply, signIn, signedIn, okta, session, url } = await webhookUnderTest(t);
  await applyAcme();
  await signedIn("ada");
  const app = { clientId: "0oaTest", groupsClaim: {} };
  okta.saveApp({ ...app, clientSecret: "a-new-secret", redirectUris: [`${url}/callback/acme`] });
  const wrong = await signIn("ada");
  t.is(wrong.response.status, 502, "the Secret still has the old one");
  t.true(wrong.response.body.includes("Sign-in isn&#39;t set up correctly"));
  t.false(wrong.response.body.includes(CLIENT_SECRET));
  await apply(secret("acme-okta", { clientSecret: "a-new-secret" }));
  const { response, cookies } = await signIn("ada");
  t.is(response.status, 303, "although the old value is still remembered");
  t.is((await session(cookies)).status, 200);
});

test("an app that has a private key instead of a secret: its keys rotate without a refused sign-in, and a wrong one is nobody's business", async (t) => {
  const { applyAcme, apply, signIn, okta, url } = await webhookUnderTest(t);
  const [old, next] = [await keyPair(), await keyPair()];
  const app = { clientId: "0oaTest", redirectUris: [`${url}/callback/acme`], groupsClaim: {} };
  const store = (...keys: JWK[]) => apply(secret("acme-login", { key: JSON.stringify({ keys }) }));
  await store(old.privateJWK);
  await applyAcme({
    okta: { clientSecretRef: undefined, privateKeyRef: { name: "acme-login", key: "key" } },
  });
  okta.saveApp({ ...app, publicKeys: [old.publicJWK] });
  t.is((await signIn("ada")).response.status, 303);

  await store(next.privateJWK, old.privateJWK);
  t.is((await signIn("ada")).response.status, 303, "Okta doesn't know the new one yet");
  okta.saveApp({ ...app, publicKeys: [next.publicJWK] });
  t.is((await signIn("ada")).response.status, 303, "Okta has forgotten the old one");

  await store(old.privateJWK);
  okta.saveApp({ ...app, publicKeys: [] });
  const { response } = await signIn("ada");
  t.is(response.status, 502);
  t.true(response.body.includes("CredentialsResolved"));
});

test("a public client has no Secret at all", async (t) => {
  const { applyAcme, signIn, okta, url } = await webhookUnderTest(t);
  await applyAcme({ okta: { clientSecretRef: undefined, publicClient: true } });
  okta.saveApp({ clientId: "0oaTest", redirectUris: [`${url}/callback/acme`], groupsClaim: {} });
  t.is((await signIn("ada")).response.status, 303);
});

async function keyPair(): Promise<{ privateJWK: JWK; publicJWK: Record<string, unknown> }> {
  const { privateKey, publicKey } = await generateKeyPair("RS256", { extractable: true });
  const kid = randomUUID();
  return {
    privateJWK: { ...(await exportJWK(privateKey)), kid },
    publicJWK: { ...(await exportJWK(publicKey)), kid, use: "sig" },
  };
}

test("a wrong client secret, a missing Secret and a wrong issuer each give a page that says whom to tell, and no session", async (t) => {
  const { applyAcme, signIn, users, okta } = await webhookUnderTest(t);
  await applyAcme({ clientSecret: "the-wrong-secret" });
  const cases: [object, number, string][] = [
    [{}, 502, "CredentialsResolved"],
    [{ clientSecretRef: { name: "not-there", key: "x" } }, 502, "CredentialsResolved"],
    // A Secret that nobody may refer to stays that until somebody refers to another: no use in trying again.
    [
      { clientSecretRef: { name: "okta-role-operator-session-keys", key: "keys" } },
      502,
      "CredentialsResolved",
    ],
    [{ issuer: `${okta.url}/oauth2/nothere` }, 502, "IssuerDiscovered"],
    [{ issuer: "http://127.0.0.1:9" }, 502, "can&#39;t be reached"],
  ];
  for (const [connection, status, text] of cases) {
    await applyAcme({ clientSecret: "the-wrong-secret", okta: connection });
    const { response } = await signIn("ada");
    t.is(response.status, status, text);
    t.true(response.body.includes(text), response.body);
    t.true(response.body.includes("Acme"));
    t.false(response.body.includes("the-wrong-secret"));
    t.notRegex(response.body, /\bat \/|\.ts:\d/);
  }
  t.is((await users()).size, 0);
});

test("the sessions' keys are sent to no Okta, whichever Organization refers to them", async (t) => {
  const { applyAcme, signIn, okta } = await webhookUnderTest(t);
  /** How often Okta is sent a secret, at a sign-in that fails. */
  const sent = async (clientSecretRef?: { name: string; key: string }): Promise<number> => {
    await applyAcme({ clientSecret: "the-wrong-secret", okta: clientSecretRef ? { clientSecretRef } : {} });
    const before = okta.calls.count({ method: "POST" });
    t.is((await signIn("ada")).response.status, 502);
    return okta.calls.count({ method: "POST" }) - before;
  };
  t.is(await sent(), 1);
  t.is(await sent({ name: "okta-role-operator-session-keys", key: "keys" }), 0);
});
