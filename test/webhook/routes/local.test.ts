import test from "ava";
import { organizationUsers } from "../../../crds/resources.ts";
import { KubernetesStore } from "../../../identity/stores/kubernetes/kubernetes-store.ts";
import { testCluster, waitFor } from "../../cluster.ts";
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
  const { signIn, session, users, okta, url } = underTest;
  okta.directory.addUser({ login: "mia@acme.example", password: "mia", groups: ["service_admin"] });
  await signIn("mia");
  const answer = await paste(underTest, await token(underTest, "mia", `${url}/login/acme`));
  const { body } = await session(answer.cookies);
  t.like(body, { roles: [{ name: "organization-admin" }] });
  t.is([...(await users()).values()].length, 1, "by email: both have the same");
  t.is(underTest.webhook.caches.users.size, 2);
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

test("nobody is signed in by another site's form, and trying is bounded", async (t) => {
  const underTest = await withMia(t, { localSignInsPerMinute: 5 });
  const { browser, url } = underTest;
  const mine = await token(underTest, "mia", `${url}/login/acme`);
  const foreign = await browser().post(
    "/login/acme/local",
    { token: mine },
    { "sec-fetch-site": "cross-site" },
  );
  t.is(foreign.status, 403);
  t.is(foreign.headers["set-cookie"], undefined);
  // That one didn't count: pages of others use up nobody's tries.
  for (let i = 0; i < 5; i++) t.is((await paste(underTest, "wrong")).status, 403);
  const last = await paste(underTest, mine);
  t.is(last.status, 429);
  t.is(last.headers["retry-after"], "60");
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

function localAdmin(name: string): object {
  return object("OrganizationUser", name, {
    organizationRef: { name: "acme" },
    source: "Local",
    email: `${name}@acme.example`,
    roles: ["organization-admin"],
    serviceAccountName: "mia",
  });
}

async function token(
  { cluster }: Pick<UnderTest, "cluster">,
  serviceAccount: string,
  audience?: string,
): Promise<string> {
  const more = audience === undefined ? [] : ["--audience", audience];
  const { stdout, stderr, code } = await cluster.kubectl("create", "token", serviceAccount, ...more);
  if (code !== 0) throw new Error(stderr);
  return stdout.trim();
}

async function paste({ browser }: UnderTest, value: string) {
  const visitor = browser();
  return { ...(await visitor.post("/login/acme/local", { token: value })), cookies: visitor.cookies };
}
