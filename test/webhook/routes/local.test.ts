import { randomBytes } from "node:crypto";
import test from "ava";
import { organizationUsers } from "../../../crds/resources.ts";
import { KubernetesStore } from "../../../identity/stores/kubernetes/kubernetes-store.ts";
import { testCluster, waitFor } from "../../cluster.ts";
import { exactly } from "../../exactly.ts";
import { kubeconfigVia } from "../../kubernetes/api-server.ts";
import { FaultServer, statusAnswer } from "../../kubernetes/fault-server.ts";
import { Browser } from "../browser.ts";
import { object, type UnderTest, webhookUnderTest } from "../webhook-under-test.ts";

test("a local admin signs in with a token of their service account while Okta is out of reach", async (t) => {
  const underTest = await withMia(t);
  const { session, url, okta, lines, users, cluster } = underTest;
  await okta.stop();
  const answer = await paste(underTest, await token(underTest, "mia", `${url}/login/acme`));
  t.is(answer.status, 303);
  const { status, body } = await session(answer.cookies);
  t.is(status, 200);
  t.deepEqual(body.roles, [{ name: "organization-admin", displayName: "Organization Admin", admin: true }]);
  const mia = (await users()).get("mia@acme.example");
  t.deepEqual(mia?.spec.roles, ["organization-admin"]);
  t.truthy(mia?.status?.lastLoginTime);
  t.true(
    lines.some(
      ({ audit, action, user }) => audit && action === "local-sign-in" && user === `${cluster.namespace}/mia`,
    ),
  );
});

test("a local admin stays one when Okta signs the same person in", async (t) => {
  const underTest = await withMia(t);
  const { signedIn, session, users, okta, url } = underTest;
  okta.directory.addUser({ login: "mia@acme.example", password: "mia", groups: ["service_admin"] });
  await signedIn("mia");
  const answer = await paste(underTest, await token(underTest, "mia", `${url}/login/acme`));
  const { body } = await session(answer.cookies);
  t.like(body, { roles: exactly({ name: "organization-admin" }) });
  t.is([...(await users()).values()].length, 1, "by email: both have the same");
  t.is(underTest.webhook.caches.users.size, 2);
});

test("who was refused by Okta's groups and came in past them is signed out at Okta, too", async (t) => {
  const underTest = await withMia(t);
  const { signIn, session, browser, okta, url } = underTest;
  okta.directory.addUser({ login: "max@acme.example", password: "max", groups: [] });
  const { response, cookies } = await signIn("max");
  t.is(response.status, 403);
  const visitor = browser(cookies);
  const pasted = await token(underTest, "mia", `${url}/login/acme`);
  t.is((await visitor.post("/login/acme/local", { token: pasted })).status, 303);
  t.regex((await visitor.get("/logout")).body, /This ends your session at Acme, here and at Okta/i);
  const out = await visitor.post("/logout", { organization: "acme" });
  const [, target = ""] = /content="0; url=([^"]+)"/.exec(out.body) ?? [];
  const atOkta = URL.parse(target.replaceAll("&amp;", "&"), url);
  t.is(atOkta?.origin, okta.url);
  t.is((await session(cookies)).status, 401);
  const back = await new Browser(okta.url, cookies).get(`${atOkta?.pathname}${atOkta?.search}`);
  const { pathname, search } = new URL(String(back.headers.location));
  t.regex((await visitor.get(`${pathname}${search}`)).body, /Your session has ended, here and at Okta/);
});

test("a token for anything else signs nobody in", async (t) => {
  const underTest = await withMia(t);
  const { url, cluster, session } = underTest;
  const audience = `${url}/login/acme`;
  await cluster.kubectl("create", "serviceaccount", "somebody");
  const elsewhere = await testCluster(t);
  await elsewhere.kubectl("create", "serviceaccount", "mia");
  const tokens = {
    "another audience": await token(underTest, "mia", "https://elsewhere.example"),
    "the API server's audience": await token(underTest, "mia"),
    "another organization's": await token(underTest, "mia", `${url}/login/beta`),
    "a service account without an account": await token(underTest, "somebody", audience),
    "another namespace": await token({ cluster: elsewhere }, "mia", audience),
    "no token": "hello",
    nothing: "",
    "something long": "a".repeat(15_000),
    "something with odd characters": "a\u0000b\r\nx: y",
  };
  for (const [what, value] of Object.entries(tokens)) {
    const answer = await paste(underTest, value);
    t.is(answer.status, 403, what);
    t.true(answer.body.includes('role="alert"'), what);
    t.is((await session(answer.cookies)).status, 401, what);
    if (value.length > 20) t.false(answer.body.includes(value), "a token is never shown");
  }
});

test("taking the service account from the account, or deleting the account, ends the session", async (t) => {
  const underTest = await withMia(t);
  const { session, url, cluster } = underTest;
  const { cookies } = await paste(underTest, await token(underTest, "mia", `${url}/login/acme`));
  t.is((await session(cookies)).status, 200);
  const none = JSON.stringify([{ op: "remove", path: "/spec/serviceAccountName" }]);
  await cluster.kubectl("patch", "orguser", "mia", "--type=json", "-p", none);
  const ended = await waitFor(
    async () => {
      const answer = await session(cookies);
      return answer.status === 401 ? answer : undefined;
    },
    { what: "the session to end" },
  );
  t.is(ended.body.code, "session-ended");
});

test("a local admin whose account was put aside while there was no organization signs in, also without the operator", async (t) => {
  const underTest = await withMia(t);
  const { client, webhook, cluster, url } = underTest;
  const ref = `${cluster.namespace}/mia`;
  const store = new KubernetesStore({ client, cache: webhook.caches.users, type: organizationUsers });
  const user = store.get(ref);
  if (!user) throw new Error("mia isn't known");
  const message = "The organization does not exist.";
  await store.update(user, {
    access: { active: false, grants: [], groups: [], reason: "OrganizationNotFound", message },
  });
  t.false(store.get(ref)?.access?.active);
  const answer = await paste(underTest, await token(underTest, "mia", `${url}/login/acme`));
  t.is(answer.status, 303);
});

test("nobody is signed in by another site's form", async (t) => {
  const underTest = await withMia(t);
  const { browser, url } = underTest;
  const foreign = await browser().post(
    "/login/acme/local",
    { token: await token(underTest, "mia", `${url}/login/acme`) },
    { "sec-fetch-site": "cross-site" },
  );
  t.is(foreign.status, 403);
  t.is(foreign.headers["set-cookie"], undefined);
});

test("after many failures of one address, or of one account, reasons aren't told; a valid token signs in all the same", async (t) => {
  const underTest = await withMia(t, { localFailuresPerMinute: 5, trustedProxies: 1 });
  const { browser, url } = underTest;
  const mine = await token(underTest, "mia", `${url}/login/acme`);
  const from = (address: string, value: string) =>
    browser().post("/login/acme/local", { token: value }, { "x-forwarded-for": address });
  for (let i = 0; i < 5; i++) t.is((await from("192.0.2.1", "wrong")).status, 403);
  const last = await from("192.0.2.1", "wrong");
  t.is(last.status, 429);
  t.is(last.headers["retry-after"], "60");
  t.regex(last.body, /A valid token signs in all the same/);
  t.is((await from("192.0.2.2", "wrong")).status, 403, "another address");
  t.is((await from("192.0.2.1", mine)).status, 303);

  const forged = forgedFrom(mine);
  for (let i = 0; i < 5; i++) t.is((await from(`198.51.100.${i}`, forged)).status, 403);
  t.is((await from("198.51.100.6", forged)).status, 429, "from many addresses, for one account");
  t.is((await from("198.51.100.7", mine)).status, 303);
});

test("a flood of forged tokens that name the account keeps nobody out who has a true one, and doesn't reach the API server", async (t) => {
  const { underTest, faults, paste, mine } = await behindFaults(t);
  const forged = forgedFrom(mine);
  underTest.lines.splice(0); // what was logged before isn't of the flood
  const flood = Array.from({ length: 200 }, () => paste(forged));
  t.is((await paste(mine)).status, 303);
  const statuses = new Set((await Promise.all(flood)).map(({ status }) => status));
  t.deepEqual(statuses, new Set([403]));
  const reviews = faults.requests.filter((request) => request.includes("tokenreviews"));
  t.is(reviews.length, 1, "the true one's");
  t.deepEqual(
    underTest.lines.filter(({ level }) => Number(level) >= 50),
    [],
  );
});

test("where the cluster's keys can't be read, each token is asked about, a few at once: true ones wait for their turn", async (t) => {
  const { faults, paste, mine } = await behindFaults(t);
  const forged = forgedFrom(mine);
  let atOnce = 0;
  let most = 0;
  const four = Promise.withResolvers<void>();
  faults.fault = (request, response) => {
    if (request.url?.startsWith("/openid/")) {
      statusAnswer(403, "Forbidden")(response);
      return true;
    }
    if (request.url?.includes("tokenreviews")) {
      most = Math.max(most, ++atOnce);
      if (atOnce === 4) four.resolve();
      response.on("close", () => atOnce--);
    }
    return false;
  };
  faults.holds = (request) => (request.url?.includes("tokenreviews") ? four.promise : undefined);
  const flood = Array.from({ length: 40 }, () => paste(forged));
  t.is((await paste(mine)).status, 303);
  await Promise.all(flood);
  t.is(most, 4);
  const reviews = faults.requests.filter((request) => request.includes("tokenreviews"));
  t.is(reviews.length, 41);
});

test("a token that is bound to a pod signs nobody in: whoever may start pods could have it", async (t) => {
  const underTest = await withMia(t);
  const { url, cluster } = underTest;
  await cluster.kubectlWith(
    {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "theirs" },
      spec: { serviceAccountName: "mia", containers: [{ name: "main", image: "none" }] },
    },
    "create",
    "-f",
    "-",
  );
  const bound = ["--bound-object-kind", "Pod", "--bound-object-name", "theirs"];
  const answer = await paste(underTest, await token(underTest, "mia", `${url}/login/acme`, ...bound));
  t.is(answer.status, 403);
  t.regex(answer.body, /This token is a pod&#39;s/);
});

test("a service account of another namespace signs in only where the account names it; the refusal says what to set", async (t) => {
  const underTest = await withMia(t);
  const { url, cluster, apply, webhook } = underTest;
  const { namespace } = cluster;
  const elsewhere = await testCluster(t);
  await elsewhere.kubectl("create", "serviceaccount", "mia");
  const audience = `${url}/login/acme`;
  const theirs = await token({ cluster: elsewhere }, "mia", audience);
  const refused = await paste(underTest, theirs);
  t.is(refused.status, 403);
  t.true(refused.body.includes(`spec.serviceAccountNamespace: ${elsewhere.namespace}`), refused.body);
  t.true(refused.body.includes(`the local account ${namespace}/mia takes those of ${namespace} only`));

  await apply(localAdmin("mia", { serviceAccountNamespace: elsewhere.namespace }));
  await waitFor(
    () => webhook.caches.users.list()[0]?.spec.serviceAccountNamespace === elsewhere.namespace || undefined,
    { what: "the webhook to hear of it" },
  );
  const admitted = await paste(underTest, theirs);
  t.is(admitted.status, 303);
  t.is((await underTest.session(admitted.cookies)).status, 200);
  t.is((await paste(underTest, await token(underTest, "mia", audience))).status, 403, "not any more");
});

test("two accounts with one service account sign nobody in: nobody can say whose it is", async (t) => {
  const underTest = await withMia(t);
  const { apply, url, webhook } = underTest;
  await apply(localAdmin("mia-too"));
  await waitFor(() => (webhook.caches.users.size === 2 ? true : undefined), { what: "both to be known" });
  const answer = await paste(underTest, await token(underTest, "mia", `${url}/login/acme`));
  t.is(answer.status, 403);
  t.true(answer.body.includes("Several local accounts"));
});

async function withMia(t: Parameters<typeof webhookUnderTest>[0], options = {}): Promise<UnderTest> {
  const underTest = await webhookUnderTest(t, options);
  const { applyAcme, apply, cluster, webhook } = underTest;
  await applyAcme();
  await cluster.kubectl("create", "serviceaccount", "mia");
  await apply(localAdmin("mia"));
  await waitFor(() => (webhook.caches.users.size === 1 ? true : undefined), {
    what: "the local account to be known",
  });
  return underTest;
}

/** A token that nobody has signed, and that looks in everything else like this one. */
function forgedFrom(value: string): string {
  const [header, payload] = value.split(".");
  return `${header}.${payload}.${randomBytes(256).toString("base64url")}`;
}

/** A webhook whose requests to the API server go through a server that counts them, and Mia's token. */
async function behindFaults(t: Parameters<typeof webhookUnderTest>[0]) {
  const underTest = await withMia(t);
  const { replica, cluster, url } = underTest;
  const faults = await FaultServer.start(t);
  const kubeconfig = await kubeconfigVia(t, faults.url, {
    insecure: true,
    kubeconfig: await cluster.serviceAccount(),
  });
  const behind = await replica({ kubeconfig });
  return {
    underTest,
    faults,
    mine: await token(underTest, "mia", `${url}/login/acme`),
    paste: (value: string) => new Browser(behind.url).post("/login/acme/local", { token: value }),
  };
}

function localAdmin(name: string, more: object = {}): object {
  return object("OrganizationUser", name, {
    organizationRef: { name: "acme" },
    source: "Local",
    email: `${name}@acme.example`,
    roles: ["organization-admin"],
    serviceAccountName: "mia",
    ...more,
  });
}

async function token(
  { cluster }: Pick<UnderTest, "cluster">,
  serviceAccount: string,
  audience?: string,
  ...flags: string[]
): Promise<string> {
  const more = audience === undefined ? flags : ["--audience", audience, ...flags];
  return (await cluster.kubectl("create", "token", serviceAccount, ...more)).stdout.trim();
}

async function paste({ browser }: UnderTest, value: string) {
  const visitor = browser();
  return { ...(await visitor.post("/login/acme/local", { token: value })), cookies: visitor.cookies };
}
