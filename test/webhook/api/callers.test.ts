import { randomBytes } from "node:crypto";
import test, { type ExecutionContext } from "ava";
import { testCluster, waitFor } from "../../cluster.ts";
import { kubeconfigVia } from "../../kubernetes/api-server.ts";
import { FaultServer, statusAnswer } from "../../kubernetes/fault-server.ts";
import { type ReplicaOptions, type UnderTest, webhookUnderTest } from "../webhook-under-test.ts";
import { type Asking, allow, ask, program, tokenOf } from "./program.ts";

interface Acme extends UnderTest {
  readonly path: string;
  readonly token: string;
}

/** Acme, and a program that may list its users. */
async function acme(t: ExecutionContext, options: ReplicaOptions = {}): Promise<Acme> {
  const underTest = await webhookUnderTest(t, options);
  const { applyAcme, cluster } = underTest;
  await applyAcme();
  await program(cluster, "reader", "list");
  const token = await tokenOf(underTest, "reader");
  return { ...underTest, path: `/organizations/${cluster.namespace}/acme`, token };
}

/** The same, and another replica whose requests to the API server can be counted and made to fail. */
async function behindFaults(t: ExecutionContext, options: ReplicaOptions = {}) {
  const the = await acme(t);
  const faults = await FaultServer.start(t);
  const account = await the.cluster.serviceAccount();
  const kubeconfig = await kubeconfigVia(t, faults.url, { insecure: true, kubeconfig: account });
  const at = await the.replica({ kubeconfig, ...options });
  const asked = (what: string) => faults.requests.filter((request) => request.includes(what)).length;
  return { the, faults, at, asked };
}

/** A token that nobody has signed, and that looks in everything else like this one. */
function forgedFrom(value: string): string {
  const [header, payload] = value.split(".");
  return `${header}.${payload}.${randomBytes(256).toString("base64url")}`;
}

/** A token like this one that names a key which nobody knows, and another account. */
function strangerAs(value: string, sub: string): string {
  const encoded = (part: object) => Buffer.from(JSON.stringify(part)).toString("base64url");
  const payload = JSON.parse(Buffer.from(value.split(".")[1] ?? "", "base64url").toString());
  const header = encoded({ alg: "RS256", kid: "nobody" });
  return `${header}.${encoded({ ...payload, sub })}.${randomBytes(256).toString("base64url")}`;
}

test("a token counts for this API alone, and no other counts for it", async (t) => {
  const the = await acme(t);
  const { path, token, url, cluster } = the;
  const users = (asking: Asking) => ask(the, `${path}/users`, asking);
  t.is((await users({ token })).status, 200);
  for (const audience of [
    `${url}/api/v1/`,
    `${url}/api`,
    url,
    `${url}/login/acme`,
    "https://kubernetes.default.svc",
  ]) {
    const answer = await users({ token: await tokenOf(the, "reader", { audience }) });
    t.like(answer, { status: 401, body: { code: "token-not-valid" } }, audience);
    t.is(answer.headers["www-authenticate"], 'Bearer realm="okta-role-operator", error="invalid_token"');
    t.true(answer.body.detail.includes(`--audience ${url}/api/v1`));
  }
  t.like(await users({ token: forgedFrom(token) }), { status: 401, body: { code: "token-not-valid" } });
  t.like(await users({ token: "hello" }), { status: 401, body: { code: "token-not-valid" } });
  for (const authorization of ["", "Bearer", `Basic ${token}`, token, `Bearer ${token} x`]) {
    const answer = await users({ headers: { authorization } });
    t.like(
      answer,
      { status: 401, body: { code: "authorization-misunderstood" } },
      authorization.slice(0, 12),
    );
  }
  const none = await users({});
  t.like(none, { status: 401, body: { code: "no-credentials" } });
  t.is(none.headers["www-authenticate"], 'Bearer realm="okta-role-operator"');
  t.is(
    (await users({ headers: { authorization: `bearer ${token}` } })).status,
    200,
    "the scheme in any case",
  );
  const line = the.lines.find(({ msg, status }) => msg === "request" && status === 200);
  t.like(line, { path: `/api/v1${path}/users`, caller: `service account ${cluster.namespace}/reader` });
  const logged = JSON.stringify(the.lines);
  t.false(logged.includes(token.split(".")[2] ?? ""), "no token is logged");
});

test("the API's token signs nobody in, and a sign-in's opens nothing here", async (t) => {
  const the = await acme(t);
  const { browser, token } = the;
  const answer = await browser().post("/login/acme/local", { token });
  t.is(answer.status, 403);
});

test("a program reads what its account may read in the cluster: no more, and no other namespace's", async (t) => {
  const the = await acme(t);
  const { cluster, signedIn, users, path } = the;
  await signedIn("ada");
  const { name: id = "" } = (await users()).get("ada@acme.example")?.metadata ?? {};
  await program(cluster, "getter", "get");
  await program(cluster, "nobody");
  const elsewhere = await testCluster(t);
  await program(elsewhere, "reader", "list", "get");
  const statuses = async (token: string) => [
    (await ask(the, `${path}/users`, { token })).status,
    (await ask(the, `${path}/users/${id}`, { token })).status,
    (await ask(the, `${path}/me`, { token })).status,
  ];
  t.deepEqual(await statuses(the.token), [200, 403, 200]);
  t.deepEqual(await statuses(await tokenOf(the, "getter")), [403, 200, 403]);
  t.deepEqual(await statuses(await tokenOf(the, "nobody")), [403, 403, 403]);
  const theirs = await tokenOf({ cluster: elsewhere, url: the.url }, "reader");
  t.deepEqual(await statuses(theirs), [403, 403, 403]);

  const { body } = await ask(the, `${path}/me`, { token: the.token });
  t.deepEqual(body, {
    kind: "ServiceAccount",
    serviceAccount: { namespace: cluster.namespace, name: "reader" },
    mayList: true,
  });
  const refused = (await ask(the, `${path}/users`, { token: theirs })).body;
  t.is(refused.code, "right-missing");
  t.true(
    refused.detail.includes(`${elsewhere.namespace}/reader may not list organizationusers.rolemapping.dev`),
  );

  // The same whether there is such an organization or not: only who may list there learns that.
  const none = `/organizations/${cluster.namespace}/nobody/users`;
  t.is((await ask(the, none, { token: theirs })).status, 403);
  t.like(await ask(the, none, { token: the.token }), {
    status: 404,
    body: { code: "organization-not-found" },
  });
  // It may do all that in its own namespace, which isn't watched.
  const unwatched = `/organizations/${elsewhere.namespace}/acme/users`;
  t.like(await ask(the, unwatched, { token: theirs }), {
    status: 404,
    body: { code: "organization-not-found" },
  });
  t.is((await ask(the, unwatched, { token: the.token })).status, 403);

  await allow(cluster, `${elsewhere.namespace}:reader`, "list");
  const allowed = await waitFor(
    async () => {
      const { status } = await ask(the, `${path}/users`, { token: theirs });
      return status === 403 ? undefined : status;
    },
    { what: "the right to be known" },
  );
  t.is(allowed, 200, "whoever was given the right may, wherever they are");
});

test("a pod's token is accepted until the pod goes, an account's right until it is taken", async (t) => {
  const the = await acme(t);
  const { cluster, path } = the;
  await cluster.kubectlWith(
    {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "report" },
      spec: { serviceAccountName: "reader", containers: [{ name: "main", image: "none" }] },
    },
    "create",
    "-f",
    "-",
  );
  const flags = ["--bound-object-kind", "Pod", "--bound-object-name", "report"];
  const ofPod = await tokenOf(the, "reader", { flags });
  const statusOf = async (token: string) => (await ask(the, `${path}/users`, { token })).status;
  const becomes = (token: string, status: number) =>
    waitFor(async () => ((await statusOf(token)) === status ? status : undefined), { what: `${status}` });
  t.is(await statusOf(ofPod), 200);
  await cluster.kubectl("delete", "pod", "report", "--force", "--grace-period=0");
  await becomes(ofPod, 401);
  t.is(await statusOf(the.token), 200);
  await cluster.kubectl("delete", "rolebinding", `${cluster.namespace}.reader`);
  t.is(await becomes(the.token, 403), 403);
});

test("a cookie counts for nothing beside an Authorization header", async (t) => {
  const the = await acme(t);
  const { path, cluster, signedIn } = the;
  const cookies = await signedIn("ada");
  await program(cluster, "nobody");
  t.is((await ask(the, `${path}/me`, { cookies })).status, 200);
  const token = await tokenOf(the, "nobody");
  t.is((await ask(the, `${path}/me`, { cookies, token })).status, 403);
  for (const authorization of ["", "Bearer x", "Basic YTpi"])
    t.is((await ask(the, `${path}/me`, { cookies, headers: { authorization } })).status, 401);
  const me = await ask(the, `${path}/me`, { cookies, token: the.token });
  t.is(me.body.kind, "ServiceAccount");
});

test("forged tokens reach nobody; a true one's many requests are one question", async (t) => {
  const { the, at, asked } = await behindFaults(t);
  const { path, token } = the;
  const forged = forgedFrom(token);
  const flood = Array.from({ length: 100 }, () => ask(the, `${path}/users`, { at, token: forged }));
  const many = await Promise.all(Array.from({ length: 20 }, () => ask(the, `${path}/users`, { at, token })));
  t.deepEqual(new Set(many.map(({ status }) => status)), new Set([200]));
  t.deepEqual(new Set((await Promise.all(flood)).map(({ status }) => status)), new Set([401]));
  t.is(asked("tokenreviews"), 1);
  t.is(asked("subjectaccessreviews"), 1);
});

test("tokens that name a key which isn't known are asked about so often only, whatever accounts they name", async (t) => {
  const { the, at, asked } = await behindFaults(t);
  const { path, token } = the;
  const statuses: number[] = [];
  for (let i = 0; i < 40; i++) {
    const stranger = strangerAs(token, `system:serviceaccount:x:n${i}`);
    statuses.push((await ask(the, `${path}/users`, { at, token: stranger })).status);
  }
  t.deepEqual(statuses, [...Array(30).fill(401), ...Array(10).fill(429)]);
  t.is(asked("tokenreviews"), 30);
  t.is((await ask(the, `${path}/users`, { at, token })).status, 200, "of the same address");
});

test("where the API server doesn't answer nobody is told that there is nothing, and it isn't remembered", async (t) => {
  const { the, at, faults } = await behindFaults(t);
  const { path, token } = the;
  const users = () => ask(the, `${path}/users`, { at, token });
  for (const [failing, status, code] of [
    ["tokenreviews", 500, "kubernetes-unavailable"],
    ["subjectaccessreviews", 500, "kubernetes-unavailable"],
    ["tokenreviews", 403, "reviews-forbidden"],
    ["subjectaccessreviews", 403, "reviews-forbidden"],
  ] as const) {
    faults.fault = (request, response) => {
      if (!request.url?.includes(failing)) return false;
      statusAnswer(status, status === 403 ? "Forbidden" : "InternalError")(response);
      return true;
    };
    const answer = await waitFor(
      async () => {
        const found = await users();
        return found.status === 200 ? undefined : found; // what was answered before counts for some seconds
      },
      { what: `${failing} to be asked` },
    );
    t.like(answer, { status: 503, body: { code } }, failing);
    faults.fault = () => false;
    t.is((await users()).status, 200, "at once when it answers again");
  }
});

test("what a replica hasn't heard of for too long it doesn't tell, to nobody and of nobody", async (t) => {
  const { the, at, faults } = await behindFaults(t, { maxStalenessMs: 10_000 });
  const { path, token, signedIn, cluster } = the;
  const cookies = await signedIn("ada");
  t.is((await ask(the, `${path}/users`, { at, token })).status, 200);
  faults.fault = (request, response) => {
    if (!request.url?.includes("organization")) return false;
    if (request.url.includes("accessreviews")) return false;
    response.destroy();
    return true;
  };
  faults.breakWatches();
  const stale = await waitFor(
    async () => {
      const found = await ask(the, `${path}/users`, { at, token });
      return found.status === 200 ? undefined : found;
    },
    { what: "the replica to be stale" },
  );
  t.like(stale, { status: 503, body: { code: "namespace-unreadable" } });
  t.truthy(stale.headers["retry-after"]);
  // Nobody learns by it which organizations there are: of one that isn't there, and without a session, it is the same.
  for (const organization of [path, `/organizations/${cluster.namespace}/nobody`]) {
    t.like(await ask(the, `${organization}/me`, { at }), { status: 503, body: { code: "stale" } });
    t.like(await ask(the, `${organization}/me`, { at, cookies }), { status: 503, body: { code: "stale" } });
  }
});

test("who asks too often is told when to ask again, whatever address they come from; nobody else is", async (t) => {
  const the = await acme(t, { apiRequestsPerMinute: 5, trustedProxies: 1 });
  const { path, token, signedIn } = the;
  const cookies = await signedIn("ada");
  const from = (address: string) =>
    ask(the, `${path}/me`, { token, headers: { "x-forwarded-for": address } });
  const first = await from("192.0.2.1");
  t.regex(String(first.headers["ratelimit-policy"]), /^"caller"; q=5; w=60; pk=:[\w=]+:$/);
  t.regex(String(first.headers.ratelimit), /^"caller"; r=4; t=\d+$/);
  for (let i = 2; i <= 5; i++) t.is((await from(`192.0.2.${i}`)).status, 200);
  const last = await from("192.0.2.6");
  t.like(last, { status: 429, body: { code: "rate-limited" } });
  t.regex(String(last.headers["retry-after"]), /^\d+$/);
  t.is((await ask(the, `${path}/me`, { token: forgedFrom(token) })).status, 401);
  t.is((await ask(the, `${path}/me`, { cookies })).status, 200, "somebody else");
});

test("nothing is changed here, and nothing but JSON comes back", async (t) => {
  const the = await acme(t);
  const { path, token } = the;
  for (const method of ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
    for (const address of [`${path}/users`, `${path}/users/x`, `${path}/me`, "/openapi.json"]) {
      const answer = await ask(the, address, { token, method });
      t.is(answer.status, 405, `${method} ${address}`);
      t.is(answer.headers.allow, "GET, HEAD");
    }
  t.is((await ask(the, `${path}/users`, { token, method: "HEAD" })).status, 200);
  for (const nowhere of [
    "/",
    "/users",
    `${path}/users/`,
    `${path}/Users`,
    `${path}/users/a/b`,
    "/organizations/%ff/x/me",
  ]) {
    const answer = await ask(the, nowhere, { token, headers: { accept: "text/html" } });
    t.is(answer.headers["content-type"], "application/problem+json", nowhere);
    t.true(answer.status === 404 || answer.status === 400, nowhere);
  }
  const document = await ask(the, "/openapi.json");
  t.is(document.status, 200);
  t.is(document.body.openapi, "3.1.1");
  t.is(document.headers["access-control-allow-origin"], undefined);
});
