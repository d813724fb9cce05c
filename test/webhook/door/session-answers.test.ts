import { once } from "node:events";
import { request } from "node:http";
import test from "ava";
import { exactly } from "../../exactly.ts";
import { webhookUnderTest } from "../webhook-under-test.ts";

test("forward auth: the answer's headers say who it is, and what is asked for must be met", async (t) => {
  const { applyAcme, signedIn, browser, cluster } = await webhookUnderTest(t);
  await applyAcme();
  const cookies = await signedIn("raj");
  const visitor = browser(cookies);
  const { status, headers } = await visitor.get("/session");
  t.is(status, 200);
  t.is(headers["x-auth-request-email"], "raj@acme.example");
  t.is(headers["x-auth-request-roles"], "portal-admin,service-admin");
  t.is(headers["x-auth-request-organization"], `${cluster.namespace}/acme`);
  t.regex(String(headers["x-auth-request-user"]), new RegExp(`^${cluster.namespace}/acme-[a-z2-7]{16}$`));
  t.is(headers["cache-control"], "no-store");

  const here = `organization=${cluster.namespace}/acme`;
  const cases: [string, number][] = [
    [here, 200],
    [`${here}&role=service-admin`, 200],
    [`role=portal-admin&${here}&role=service-admin`, 200],
    [`organization=${encodeURIComponent(`${cluster.namespace}/acme`)}`, 200],
    [`${here}&role=organization-admin`, 403],
    [`${here}&role=service-admin&role=organization-admin`, 403],
    [`${here}&role=constructor`, 403],
    ["organization=other/acme", 403],
  ];
  for (const [query, expected] of cases)
    t.is((await visitor.get(`/session?${query}`)).status, expected, query);
  t.is((await browser().get(`/session?${here}&role=service-admin`)).status, 401);
});

test("an answer says what is missing", async (t) => {
  const { applyAcme, signedIn, browser, cluster, url } = await webhookUnderTest(t);
  await applyAcme();
  const cookies = await signedIn("ada");
  const asked = async (query: string, who = browser(cookies)) => {
    const { status, body } = await who.get(`/session?${query}`);
    return { status, ...JSON.parse(body) };
  };
  const here = `organization=${cluster.namespace}/acme`;
  t.like(await asked(`${here}&role=service-admin&role=portal-admin&role=nothing`), {
    status: 403,
    code: "forbidden",
    missing: { roles: exactly("portal-admin", "nothing") },
  });
  t.like(await asked("organization=other/acme", browser()), {
    status: 403,
    code: "organization-missing",
    missing: { organization: "other/acme" },
  });
  t.like(await asked(here, browser()), { status: 401, code: "no-session", login: `${url}/login/acme` });
});

test("a session of one organization is none of another, whose sign-in is the way in", async (t) => {
  const { applyAcme, signedIn, browser, cluster, url } = await webhookUnderTest(t);
  await applyAcme();
  await applyAcme({ name: "beta", mappings: {} });
  const cookies = await signedIn("ada");
  const { status, body } = await browser(cookies).get(`/session?organization=${cluster.namespace}/beta`);
  t.is(status, 401);
  t.like(JSON.parse(body), { code: "no-session", login: `${url}/login/beta` });
});

test("nobody is led to the sign-in of another organization that holds the login path", async (t) => {
  const { applyAcme, browser, cluster, url } = await webhookUnderTest(t);
  await applyAcme({ mappings: {} });
  await applyAcme({ name: "beta", mappings: {}, spec: { loginPath: "acme" } });
  const logins = await Promise.all(
    ["acme", "beta"].map(async (name) => {
      const { status, body } = await browser().get(`/session?organization=${cluster.namespace}/${name}`);
      t.is(status, 401);
      return JSON.parse(body).login;
    }),
  );
  t.deepEqual(logins.filter(Boolean), [`${url}/login/acme`], "one of them is served there");
});

test("a requirement that isn't understood is refused, whoever asks, and the answer says what to write", async (t) => {
  const { applyAcme, signedIn, browser, cluster, metrics } = await webhookUnderTest(t);
  await applyAcme();
  const cookies = await signedIn("ada");
  const here = `organization=${cluster.namespace}/acme`;
  for (const who of [browser(cookies), browser()])
    for (const query of [
      `${here}&roles=organization-admin`,
      `${here}&Role=service-admin`,
      "role=service-admin",
      "&",
    ]) {
      const { status, headers, body } = await who.get(`/session?${query}`);
      t.is(status, 400, query);
      t.is(headers["content-type"], "application/json");
      t.is(headers["x-auth-request-user"], undefined);
      t.like(JSON.parse(body), { code: "requirement-misunderstood" });
    }
  const { body } = await browser(cookies).get(`/session?${here}&roles=organization-admin`);
  t.is(JSON.parse(body).parameter, "roles");
  t.regex(JSON.parse(body).message, /role=NAME/);
  t.regex(await metrics.metrics(), /okta_role_session_checks_total\{outcome="requirement-misunderstood"\} 9/);
});

test("an answer follows from the cookie and the query: whatever else is sent changes nothing", async (t) => {
  const { applyAcme, signedIn, browser, cluster } = await webhookUnderTest(t);
  await applyAcme();
  const cookies = await signedIn("ada");
  const here = `/session?organization=${cluster.namespace}/acme&role=portal-admin`;
  const said = {
    accept: "text/html",
    authorization: "Bearer of-somebody",
    "user-agent": "kube-probe/1.37",
    "x-forwarded-for": "127.0.0.1",
    "x-forwarded-host": "localhost",
    "x-forwarded-method": "OPTIONS",
    "x-forwarded-uri": "/session",
    "x-http-method-override": "OPTIONS",
    "x-original-url": "/session",
    "x-original-uri": "/session",
    "x-auth-request-user": "somebody",
    "x-auth-request-roles": "portal-admin",
  };
  for (const [who, status] of [
    [browser(cookies), 403],
    [browser(), 401],
  ] as const) {
    const answer = await who.get(here, said);
    t.is(answer.status, status);
    const { date, ...headers } = answer.headers;
    const plain = await who.get(here);
    t.is(answer.body, plain.body);
    t.like(plain.headers, headers);
  }
});

test("nothing but the one address answers on sessions", async (t) => {
  const { applyAcme, signedIn, url } = await webhookUnderTest(t);
  await applyAcme();
  const cookies = await signedIn("ada");
  const cookie = cookies.header(new URL(url)) ?? "";
  /** The target as it stands: URL would put it right first. */
  const status = async (path: string, method = "GET") => {
    const { hostname, port } = new URL(url);
    const [response] = await once(
      request({ hostname, port, path, method, headers: { cookie } }).end(),
      "response",
    );
    response.resume();
    return response.statusCode;
  };
  t.is(await status("/session"), 200);
  t.is(await status("/session", "HEAD"), 200);
  for (const path of [
    "//session",
    "/Session",
    "/SESSION",
    "/session/",
    "/session//",
    "/session;a",
    "/session;jsessionid=1?role=x",
    "/session.json",
    "/session%20",
    "/session%3Frole=x",
    "/%73ession",
    "/./session",
    "/login/../session",
    "/session/..",
    "/session\\",
    "/session#",
    "/session#a",
    "/session?",
    "/session?#",
    "/session/session",
  ])
    t.true([400, 404].includes(await status(path)), path);
  for (const method of ["POST", "PUT", "OPTIONS", "PROPFIND"])
    t.not(await status("/session", method), 200, method);
});

test("an email that doesn't fit into a header doesn't get there, and one that is none isn't taken", async (t) => {
  const odd = [
    { login: "a@acme.example", email: "jörg@acme.example", taken: "jörg@acme.example" },
    { login: "b@acme.example", email: "b c@acme.example", taken: undefined },
  ];
  const users = odd.map(({ login, email }) => ({
    login,
    email,
    firstName: "J",
    lastName: "O",
    password: login,
    groups: ["service_admin"],
  }));
  const { applyAcme, signIn, browser } = await webhookUnderTest(t, {
    okta: { users, groups: ["service_admin"] },
  });
  await applyAcme();
  for (const { login, taken } of odd) {
    const { cookies, response } = await signIn(login, { password: login });
    t.is(response.status, 303);
    const { headers, body } = await browser(cookies).get("/session");
    t.is(headers["x-auth-request-email"], "");
    t.is(JSON.parse(body).user.email, taken);
  }
});

test("an edited catalogue shows in live sessions", async (t) => {
  const { applyAcme, signedIn, session } = await webhookUnderTest(t);
  await applyAcme();
  const cookies = await signedIn("ada");
  t.like((await session(cookies)).body, { roles: exactly({ admin: false }) });
  await applyAcme({
    spec: { roles: [{ name: "service-admin", displayName: "Boss", admin: true }] },
    mappings: {},
  });
  t.like((await session(cookies)).body, {
    roles: exactly({ name: "service-admin", displayName: "Boss", admin: true }),
  });
});
