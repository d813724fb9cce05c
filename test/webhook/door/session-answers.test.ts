import test from "ava";
import { webhookUnderTest } from "../webhook-under-test.ts";

test("forward auth: the answer's headers say who it is, and what is asked for must be met", async (t) => {
  const { applyAcme, signIn, browser, cluster } = await webhookUnderTest(t);
  await applyAcme();
  const { cookies } = await signIn("raj");
  const visitor = browser(cookies);
  const { status, headers } = await visitor.get("/session");
  t.is(status, 200);
  t.is(headers["x-auth-request-email"], "raj@acme.example");
  t.is(headers["x-auth-request-roles"], "portal-admin,service-admin");
  t.is(headers["x-auth-request-organization"], `${cluster.namespace}/acme`);
  t.regex(String(headers["x-auth-request-user"]), new RegExp(`^${cluster.namespace}/acme-[a-z2-7]{16}$`));
  t.is(headers["cache-control"], "no-store");

  const here = encodeURIComponent(`${cluster.namespace}/acme`);
  const cases: [string, number][] = [
    ["role=service-admin", 200],
    ["role=service-admin&role=portal-admin", 200],
    [`organization=${here}&role=service-admin`, 200],
    ["role=organization-admin", 403],
    ["role=service-admin&role=organization-admin", 403],
    ["role=", 403],
    ["organization=other%2Facme", 403],
    [`organization=${here}&organization=other%2Facme`, 403],
    ["role=constructor", 403],
  ];
  for (const [query, expected] of cases)
    t.is((await visitor.get(`/session?${query}`)).status, expected, query);
  t.is((await browser().get("/session?role=service-admin")).status, 401);
});

test("a name or email that doesn't fit into a header doesn't get there", async (t) => {
  const odd = [
    { login: "a@acme.example", email: "jörg@acme.example" },
    { login: "b@acme.example", email: "b c@acme.example" },
  ].map((user) => ({
    ...user,
    firstName: "J",
    lastName: "O",
    password: user.login,
    groups: ["service_admin"],
  }));
  const { applyAcme, signIn, browser } = await webhookUnderTest(t, {
    okta: { users: odd, groups: ["service_admin"] },
  });
  await applyAcme();
  for (const { login, email } of odd) {
    const { cookies, response } = await signIn(login, { password: login });
    t.is(response.status, 303);
    const { headers, body } = await browser(cookies).get("/session");
    t.is(headers["x-auth-request-email"], undefined);
    t.is(JSON.parse(body).user.email, email);
  }
});

test("an edited catalogue shows in live sessions", async (t) => {
  const { applyAcme, signIn, session } = await webhookUnderTest(t);
  await applyAcme();
  const { cookies } = await signIn("ada");
  t.like((await session(cookies)).body, { roles: [{ admin: false }] });
  await applyAcme({
    spec: { roles: [{ name: "service-admin", displayName: "Boss", admin: true }] },
    mappings: {},
  });
  t.like((await session(cookies)).body, {
    roles: [{ name: "service-admin", displayName: "Boss", admin: true }],
  });
});
