import test from "ava";
import type { Organization } from "../../crds/types.ts";
import { InvalidClientError } from "../../okta/oidc/login-errors.ts";
import type { Oidc, OidcSettings, SignedIn } from "../../okta/oidc/oidc.ts";
import type { LoginTransaction } from "../../okta/oidc/transaction.ts";
import { OidcClients, readAuthentication } from "../../organizations/oidc-clients.ts";
import { SecretValues } from "../../organizations/secret-values.ts";
import { organization } from "./organization.ts";
import { SecretsInMemory } from "./secrets-in-memory.ts";

const acme = organization("team/acme", "acme");
const oktaWith = (okta: Partial<Organization["spec"]["okta"]>): Organization => {
  const { clientSecretRef: _, ...rest } = acme.spec.okta;
  return { ...acme, spec: { ...acme.spec, okta: { ...rest, ...okta } } };
};
const CALLBACK = { callbackURL: "/callback?code=1", transaction: {} as LoginTransaction };
const SIGNED_IN = { idToken: "e30" } as SignedIn;
const REFUSED = new InvalidClientError({ clientID: "0oa1", authentication: "secret" }, undefined);

/** Okta, which answers with these one after the other, and what it was asked with. */
function scene(...answers: (SignedIn | Error)[]) {
  const cluster = new SecretsInMemory();
  cluster.set("team/s", { k: "first" });
  const asked: unknown[] = [];
  const oidc: Pick<Oidc, "startLogin" | "finishLogin" | "endSessionURL"> = {
    startLogin: async (...given) => {
      asked.push(given);
      return { url: "https://acme.okta.com/authorize", transaction: CALLBACK.transaction };
    },
    finishLogin: async ({ authentication }: OidcSettings, callback) => {
      asked.push([authentication.kind === "secret" ? authentication.secret : authentication.kind, callback]);
      const answer = answers.shift();
      if (answer instanceof Error) throw answer;
      return answer ?? SIGNED_IN;
    },
    endSessionURL: async (okta, request) => `${okta.issuer}/logout?${request.postLogoutRedirectURI}`,
  };
  const secrets = new SecretValues({ client: cluster.client, neverRead: [] });
  return { cluster, asked, secrets, clients: new OidcClients({ secrets, oidc: oidc as Oidc }) };
}

test("a sign-in begins with the organization's client and its secret", async (t) => {
  const { clients, asked } = scene();
  const request = { redirectURI: "https://login.example.com/callback", returnTo: "/" };
  t.like(await clients.startLogin(acme, request), { url: "https://acme.okta.com/authorize" });
  const settings: OidcSettings = {
    issuer: "https://acme.okta.com",
    clientID: "0oa1",
    authentication: { kind: "secret", secret: "first" },
    scopes: [],
    claims: { groups: "groups", email: "email", name: "name" },
  };
  t.deepEqual(asked, [[settings, request]]);
});

test("a secret that was replaced meanwhile is read again when Okta refuses the one before, once", async (t) => {
  const { cluster, clients, asked } = scene(REFUSED, SIGNED_IN);
  await clients.startLogin(acme, { redirectURI: "", returnTo: "" });
  cluster.set("team/s", { k: "second" });
  t.is(await clients.finishLogin(acme, CALLBACK), SIGNED_IN);
  t.deepEqual(asked.slice(1), [
    ["first", CALLBACK],
    ["second", CALLBACK],
  ]);
  const twice = scene(REFUSED, REFUSED);
  await twice.clients.startLogin(acme, { redirectURI: "", returnTo: "" });
  twice.cluster.set("team/s", { k: "second" });
  await t.throwsAsync(twice.clients.finishLogin(acme, CALLBACK), { is: REFUSED });
  t.is(twice.asked.length, 3);
});

test("a secret that is still the same isn't sent again, and other errors are no reason to read it", async (t) => {
  const same = scene(REFUSED);
  await t.throwsAsync(same.clients.finishLogin(acme, CALLBACK), { is: REFUSED });
  t.is(same.asked.length, 1);
  t.is(same.cluster.asked.length, 2);
  const expired = new Error("expired");
  const other = scene(expired);
  await t.throwsAsync(other.clients.finishLogin(acme, CALLBACK), { is: expired });
  t.is(other.cluster.asked.length, 1);
});

test("a client authenticates with its key, else with its secret, else not at all", async (t) => {
  const { cluster, secrets } = scene();
  cluster.set("team/key", { pem: "PEM" });
  const privateKeyRef = { name: "key", key: "pem" };
  const { clientSecretRef } = acme.spec.okta;
  t.deepEqual(await readAuthentication(secrets, oktaWith({ privateKeyRef })), {
    kind: "private-key",
    privateKey: "PEM",
  });
  t.is(
    (
      await readAuthentication(
        secrets,
        oktaWith({ privateKeyRef, ...(clientSecretRef && { clientSecretRef }) }),
      )
    ).kind,
    "private-key",
  );
  t.deepEqual(await readAuthentication(secrets, acme), { kind: "secret", secret: "first" });
  t.deepEqual(await readAuthentication(secrets, oktaWith({})), { kind: "none" });
  cluster.set("team/key", { pem: "new" });
  t.deepEqual(await readAuthentication(secrets, oktaWith({ privateKeyRef }), { fresh: true }), {
    kind: "private-key",
    privateKey: "new",
  });
});

test("a session ends at the organization's own issuer", async (t) => {
  const { clients } = scene();
  t.is(
    await clients.endSessionURL(acme, { postLogoutRedirectURI: "https://login.example.com/" }),
    "https://acme.okta.com/logout?https://login.example.com/",
  );
});
