import { generateKeyPairSync, type KeyObject } from "node:crypto";
import test from "ava";
import { organizations, SESSION_KEYS_TYPE } from "../../../crds/resources.ts";
import { conditionFalse, StatusWriter } from "../../../kubernetes/index.ts";
import { Destinations } from "../../../okta/http/destinations.ts";
import { groupsClaimSource } from "../../../organizations/groups-claim.ts";
import { waitFor } from "../../cluster.ts";
import { logLines } from "../../log-lines.ts";
import { CLIENT_ID, CLIENT_SECRET, operatorUnderTest, secret } from "../operator-under-test.ts";

test("an organization whose Okta accepts it becomes Ready and says where people sign in", async (t) => {
  const { applyAcme, condition, organization } = await operatorUnderTest(t);
  await applyAcme();
  await condition("oktaorg", "acme", "Ready", "True", "Ready");
  const { status } = await organization();
  t.is(status?.loginURI, "http://localhost:8080/login/acme");
  t.is(status?.callbackURI, "http://localhost:8080/callback/acme");
  t.deepEqual(status?.users, { registered: 0, active: 0 });
  t.is((await condition("oktaorg", "acme", "DirectoryReachable", "Unknown")).reason, "NoDirectory");
  t.regex((await condition("oktaorg", "acme", "DirectorySynced", "Unknown")).message, /next sign-in/);
});

test("a wrong client secret is told from a right one, and noticed when it is put right", async (t) => {
  const { apply, applyAcme, condition, lines } = await operatorUnderTest(t);
  await applyAcme({ clientSecret: "not-this-one" });
  const rejected = await condition("oktaorg", "acme", "CredentialsResolved", "False", "ClientRejected");
  t.regex(rejected.message, /clientSecretRef/);
  await condition("oktaorg", "acme", "Ready", "False", "ClientRejected");
  await apply(secret({ clientSecret: CLIENT_SECRET }));
  await condition("oktaorg", "acme", "Ready", "True");
  t.false(JSON.stringify([rejected, lines]).includes("not-this-one"), "secrets are nobody's business");
});

test("a wrong private key is told from a right one, and what isn't one from both", async (t) => {
  const { apply, applyAcme, condition, okta } = await operatorUnderTest(t);
  const [right, wrong] = [0, 1].map(() => generateKeyPairSync("ec", { namedCurve: "P-256" }));
  const pem = (key?: KeyObject) => key?.export({ type: "pkcs8", format: "pem" }).toString() ?? "";
  const publicPEM = right?.publicKey.export({ type: "spki", format: "pem" }).toString() ?? "";
  okta.saveApp({ clientId: CLIENT_ID, publicKeys: [publicPEM], redirectUris: ["http://localhost:8080/x"] });
  const store = (loginKey: string) => apply(secret({ clientSecret: "unused", loginKey }));
  const byKey = { clientSecretRef: undefined, privateKeyRef: { name: "acme-okta", key: "loginKey" } };

  await applyAcme({ okta: byKey });
  await condition("oktaorg", "acme", "CredentialsResolved", "False", "SecretNotFound");
  await store("not-a-key");
  const invalid = await condition("oktaorg", "acme", "CredentialsResolved", "False", "PrivateKeyInvalid");
  t.regex(invalid.message, /PEM, a JWK or a JWK set/);
  await store(pem(wrong?.privateKey));
  const rejected = await condition("oktaorg", "acme", "CredentialsResolved", "False", "ClientRejected");
  t.regex(rejected.message, /with this private key.*Public key \/ Private key/);
  await store(pem(right?.privateKey));
  const accepted = await condition("oktaorg", "acme", "CredentialsResolved", "True", "Accepted");
  t.is(accepted.message, "Okta accepts the client ID and its private key.");

  await applyAcme({ okta: { clientSecretRef: undefined, publicClient: true } });
  t.regex(
    (await condition("oktaorg", "acme", "CredentialsResolved", "False", "ClientRejected")).message,
    /as a public client/,
  );
  okta.saveApp({ clientId: CLIENT_ID, redirectUris: ["http://localhost:8080/x"] });
  t.is(
    (await condition("oktaorg", "acme", "CredentialsResolved", "True", "Accepted")).message,
    "Okta accepts the client ID without a secret.",
  );
});

test("a missing Secret, and a missing key in it, are named", async (t) => {
  const { apply, applyAcme, condition } = await operatorUnderTest(t);
  await applyAcme({ okta: { clientSecretRef: { name: "nowhere", key: "clientSecret" } } });
  const missing = await condition("oktaorg", "acme", "CredentialsResolved", "False", "SecretNotFound");
  t.regex(missing.message, /no Secret nowhere/);
  await applyAcme({ okta: { clientSecretRef: { name: "acme-okta", key: "clientSecrte" } } });
  await waitFor(
    async () => {
      const { message } = await condition(
        "oktaorg",
        "acme",
        "CredentialsResolved",
        "False",
        "SecretNotFound",
      );
      return /clientSecrte/.test(message) || undefined;
    },
    { what: "the message to name the key" },
  );
  await apply(secret({ clientSecret: CLIENT_SECRET, clientSecrte: CLIENT_SECRET }));
  await condition("oktaorg", "acme", "Ready", "True");
});

test("the keys that sessions are signed with are nobody's to refer to: they are sent to no Okta", async (t) => {
  const { apply, applyAcme, condition, lines, okta } = await operatorUnderTest(t);
  const keys = "what-sessions-are-signed-with";
  const metadata = { name: "session-keys" };
  await apply({ apiVersion: "v1", kind: "Secret", type: SESSION_KEYS_TYPE, metadata, stringData: { keys } });
  const ref = { name: "session-keys", key: "keys" };
  const directory = { url: okta.url, apiTokenRef: ref };
  await applyAcme({ okta: { clientSecretRef: ref, directory, eventHook: { secretRef: ref } } });
  const said = [
    await condition("oktaorg", "acme", "CredentialsResolved", "False", "SecretForbidden"),
    await condition("oktaorg", "acme", "DirectoryReachable", "False", "SecretForbidden"),
    await condition("oktaorg", "acme", "EventHookVerified", "False", "SecretForbidden"),
  ];
  await waitFor(() => lines.find(({ part }) => part === "poll"), { what: "Okta's log not to be asked for" });
  t.deepEqual([okta.requests.token, okta.requests.management], [0, 0]);
  t.false(JSON.stringify([said, lines]).includes(keys));
});

test("an issuer with the wrong path is wrong, and the message names the one that was meant", async (t) => {
  const { applyAcme, condition, okta } = await operatorUnderTest(t);
  await applyAcme({ okta: { issuer: `${okta.url}/oauth2/defualt` } });
  const wrong = await condition("oktaorg", "acme", "IssuerDiscovered", "False", "WrongIssuer");
  t.regex(wrong.message, /oauth2/);
  await condition("oktaorg", "acme", "Ready", "False", "WrongIssuer");
  await applyAcme();
  await condition("oktaorg", "acme", "Ready", "True");
});

test("an Okta that is down is not a wrong issuer; it is asked again", async (t) => {
  const { applyAcme, condition, okta } = await operatorUnderTest(t);
  okta.misbehave({
    fault: { kind: "status", status: 503, headers: {}, body: "" },
    on: ["discovery"],
  });
  await applyAcme();
  const unreachable = await condition("oktaorg", "acme", "IssuerDiscovered", "False", "IssuerUnreachable");
  t.regex(unreachable.message, /503/);
  okta.behave();
  await condition("oktaorg", "acme", "Ready", "True");
});

test("an issuer inside is told as one that isn't there, and neither is asked", async (t) => {
  const { applyAcme, condition, lines } = await operatorUnderTest(t, {
    destinations: new Destinations(),
  });
  const message = async (host: string) => {
    const directory = { url: `https://${host}`, apiTokenRef: { name: "acme-okta", key: "apiToken" } };
    await applyAcme({ okta: { issuer: `https://${host}`, directory } });
    const issuer = await condition("oktaorg", "acme", "IssuerDiscovered", "False", "IssuerUnreachable");
    const reachable = await condition(
      "oktaorg",
      "acme",
      "DirectoryReachable",
      "False",
      "DirectoryUnreachable",
    );
    return `${issuer.message} ${reachable.message}`.replaceAll(host, "HOST");
  };
  const inside = await message("10.96.0.1");
  t.regex(inside, /no address was found for it that organizations may use here/);
  t.is(await message("localhost"), inside);
  t.is(await message("nowhere.invalid"), inside);
  t.false(JSON.stringify(lines).includes("ECONNREFUSED"));
});

test("what sign-ins have shown of the groups claim counts until another issuer, client or claim is named", async (t) => {
  const { applyAcme, condition, client, okta, organization, lines } = await operatorUnderTest(t);
  await applyAcme();
  await condition("oktaorg", "acme", "Ready", "True");
  const now = await organization();
  const { log } = logLines();
  const webhook = new StatusWriter({ client, fieldManager: "okta-role-webhook", log });
  const shown = {
    conditions: [conditionFalse("GroupsClaimReceived", "ClaimNotSetUp", "Okta sent no claim.")],
    groupsClaimChecked: groupsClaimSource(now),
  };
  const owned = { fields: ["groupsClaimChecked"], conditionTypes: ["GroupsClaimReceived"] };
  await webhook.apply(organizations, now, shown, owned);
  await condition("oktaorg", "acme", "Ready", "False", "ClaimNotSetUp");
  await applyAcme({ spec: { displayName: "Acme, Inc." } });
  await condition("oktaorg", "acme", "Ready", "False", "ClaimNotSetUp");
  okta.saveApp({ clientId: "another", clientSecret: CLIENT_SECRET, redirectUris: [] });
  await applyAcme({ okta: { clientID: "another" } });
  await condition("oktaorg", "acme", "Ready", "True");
  t.false(JSON.stringify(lines).includes(CLIENT_SECRET));
});

test("the user counts follow", async (t) => {
  const { applyAcme, organization, signedIn } = await operatorUnderTest(t);
  const mappings: Record<string, [string[], string[]]> = { services: [["service_admin"], ["service-admin"]] };
  await applyAcme({ mappings });
  await signedIn("ada", ["service_admin"], mappings);
  await waitFor(async () => ((await organization()).status?.users?.active === 1 ? true : undefined), {
    what: "one active user to be counted",
  });
  t.deepEqual((await organization()).status?.users, { registered: 1, active: 1 });
});
