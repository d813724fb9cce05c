import { once } from "node:events";
import { type IncomingHttpHeaders, request } from "node:http";
import { text } from "node:stream/consumers";
import test from "ava";
import type { CookieJar } from "../../../dev/okta/index.ts";
import { type UnderTest, webhookUnderTest } from "../webhook-under-test.ts";

/** How browsers ask when a person goes somewhere. */
const PAGE = { accept: "text/html", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" };

interface Asking {
  readonly cookies?: CookieJar;
  readonly headers?: Record<string, string>;
  readonly method?: string;
}

/** Asks for a target exactly as it stands. */
async function ask({ url }: Pick<UnderTest, "url">, path: string, { cookies, headers, method }: Asking = {}) {
  const { hostname, port } = new URL(url);
  const cookie = cookies?.header(new URL(url));
  const all = { ...(cookie === undefined ? {} : { cookie }), ...headers };
  const sent = request({ hostname, port, path, method: method ?? "GET", headers: all, agent: false }).end();
  const [response] = await once(sent, "response");
  const body = await text(response);
  return { status: response.statusCode as number, headers: response.headers as IncomingHttpHeaders, body };
}

test("whoever holds what is asked for comes in, and the application is told who it is", async (t) => {
  const under = await webhookUnderTest(t);
  await under.applyAcme();
  const cookies = await under.signedIn("raj");
  const here = `organization=${under.cluster.namespace}/acme`;
  const { status, headers, body } = await ask(under, `/auth?${here}&role=service-admin`, { cookies });
  t.is(status, 200);
  t.is(body, "");
  t.is(headers["x-auth-request-email"], "raj@acme.example");
  t.is(headers["x-auth-request-roles"], "portal-admin,service-admin");
  t.is(headers["x-auth-request-organization"], `${under.cluster.namespace}/acme`);
  t.is(headers["x-auth-request-roles-omitted"], "");
  t.is(headers["cache-control"], "no-store");

  const cases: [query: string, status: number, missing?: object][] = [
    [here, 200],
    [`${here}&role=service-admin&role=portal-admin`, 200],
    [`${here}&anyRole=organization-admin&anyRole=portal-admin`, 200],
    [`${here}&anyRole=portal-admin&role=service-admin`, 200],
    [`${here}&role=organization-admin`, 403, { roles: ["organization-admin"] }],
    [`${here}&anyRole=organization-admin`, 403, { anyRole: ["organization-admin"] }],
    [`${here}&anyRole=portal-admin&role=x`, 403, { roles: ["x"] }],
    [`${here}&anyRole=y&anyRole=z&role=x`, 403, { roles: ["x"], anyRole: ["y", "z"] }],
    ["organization=other/acme", 403, { organization: "other/acme" }],
  ];
  for (const [query, expected, missing] of cases)
    for (const path of [`/auth?${query}`, `/auth/${query}/-/reports?${here}`]) {
      const answer = await ask(under, path, { cookies });
      t.is(answer.status, expected, path);
      if (missing) t.deepEqual(JSON.parse(answer.body).missing, missing, path);
    }
  t.is((await ask(under, `/auth?${here}`)).status, 401);
});

test("who comes in follows from the cookie and the question: nothing else that a client sends changes the answer", async (t) => {
  const under = await webhookUnderTest(t);
  await under.applyAcme();
  const cookies = await under.signedIn("ada");
  const here = `organization=${under.cluster.namespace}/acme`;
  const sent: Record<string, string>[] = [
    { "x-forwarded-uri": "/public" },
    { "x-forwarded-uri": `/auth?${here}` },
    { "x-forwarded-host": "localhost" },
    { "x-forwarded-host": "other.example" },
    { "x-forwarded-method": "OPTIONS" },
    { "x-forwarded-proto": "https" },
    { "x-forwarded-prefix": "/auth" },
    { "x-forwarded-for": "127.0.0.1" },
    { "x-original-url": `/auth?${here}` },
    { "x-original-uri": "/session" },
    { "x-original-method": "OPTIONS" },
    { "x-rewrite-url": `/auth?${here}` },
    { "x-envoy-original-path": "/" },
    { forwarded: "for=127.0.0.1;host=localhost;proto=https" },
    { "x-http-method-override": "OPTIONS" },
    { "x-http-method": "HEAD" },
    { "x-method-override": "GET" },
    { "user-agent": "kube-probe/1.37" },
    { "user-agent": "GoogleHC/1.0" },
    { authorization: "Bearer of-somebody" },
    { "x-auth-request-user": "somebody", "x-auth-request-roles": "portal-admin,organization-admin" },
    { "x-auth-request-organization": `${under.cluster.namespace}/acme` },
    { "remote-user": "somebody" },
    { host: "other.example" },
    { origin: "null" },
    { te: "trailers" },
    { "content-type": "application/json" },
    { expect: "200-ok", connection: "close" },
  ];
  for (const [role, who, status] of [
    ["service-admin", cookies, 200],
    ["portal-admin", cookies, 403],
    ["service-admin", undefined, 401],
  ] as const) {
    const path = `/auth?${here}&role=${role}`;
    const asking = who === undefined ? {} : { cookies: who };
    const { date, connection, "keep-alive": kept, ...headers } = (await ask(under, path, asking)).headers;
    const { body } = await ask(under, path, asking);
    for (const extra of sent.filter((one) => !("expect" in one))) {
      const answer = await ask(under, path, { ...asking, headers: extra });
      const what = JSON.stringify(extra);
      t.is(answer.status, status, what);
      t.is(answer.body, body, what);
      t.like(answer.headers, headers, what);
    }
    for (const method of ["HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND", "TRACE"])
      t.is((await ask(under, path, { ...asking, method })).status, status, method);
  }
});

test("what isn't understood is refused, whoever asks", async (t) => {
  const under = await webhookUnderTest(t);
  await under.applyAcme();
  const cookies = await under.signedIn("ada");
  const here = `organization=${under.cluster.namespace}/acme`;
  for (const asking of [{ cookies }, {}, { cookies, headers: PAGE }])
    for (const path of [
      "/auth",
      "/auth?",
      "/auth?%",
      `/auth?${here}&roles=service-admin`,
      `/auth?${here}&role=`,
      `/auth?${here}&rd=/`,
      `/auth?${here}&signin=yes`,
      `/auth?${here}&host=unlisted.example`,
      `/auth?${here}#`,
      "/auth/",
      `/auth/${here}`,
      "/auth/-/",
    ]) {
      const { status, headers, body } = await ask(under, path, asking);
      t.is(status, 400, path);
      t.is(JSON.parse(body).code, "requirement-misunderstood", path);
      t.is(headers["x-auth-request-user"], undefined);
    }
  for (const path of [
    "//auth",
    "/Auth",
    "/AUTH",
    "/auth;a",
    "/auth%3F",
    "/%61uth",
    "/./auth",
    "/auth.json",
    `${under.url}/auth`,
  ]) {
    const { status } = await ask(under, `${path}?${here}`, { cookies });
    t.true([400, 404].includes(status), `${path}: ${status}`);
  }
  t.is((await ask(under, `/auth?${here}&role=${"a".repeat(25_000)}`, { cookies })).status, 400);
  t.is((await ask(under, `/auth?${here}&role=${"a".repeat(40_000)}`, { cookies })).status, 431);
});

test("a person who goes somewhere is sent to sign in where that is asked for, and back to exactly that address", async (t) => {
  const under = await webhookUnderTest(t);
  await under.applyAcme();
  const here = `organization=${under.cluster.namespace}/acme`;
  const { host } = new URL(under.url);
  const login = `${under.url}/login/acme`;
  const question = `/auth?${here}&signin=redirect`;
  const from = (uri: string, at = host) => ({ ...PAGE, "x-forwarded-host": at, "x-forwarded-uri": uri });

  const target = "/search?q=a+b&of=%26amp;&n=1";
  const { status, headers } = await ask(under, question, { headers: from(target) });
  t.is(status, 303);
  t.is(headers.location, `${login}?return_to=${target}`);
  const inFront = await ask(under, `/auth/${here}&signin=redirect/-${target}`, {
    headers: { ...PAGE, host },
  });
  t.is(inFront.headers.location, `${login}?return_to=${target}`);
  const { visited } = await under.signIn("ada", {
    path: `/login/acme?return_to=/search?q=a+b&of=%26amp;`,
    followToEnd: true,
  });
  t.is(visited.at(-1), `${under.url}/search?q=a+b&of=%26amp;`);

  for (const [written, expected] of [
    ["/(a)'b'!*~$,:@", encodeURIComponent("/(a)'b'!*~$,:@")],
    ["/a#b", "%2Fa%23b"],
    [`/'${"%".repeat(2_000)}`, "none"],
  ] as const) {
    const quoted = await ask(under, question, { headers: from(written) });
    t.is(
      quoted.headers.location,
      `${login}?return_to=${expected}`,
      "browsers write these otherwise in a query",
    );
  }

  const notSent = [
    { ...PAGE, "sec-fetch-mode": "cors", "sec-fetch-dest": "empty" },
    { accept: "text/event-stream" },
    { ...PAGE, "sec-fetch-mode": "websocket", connection: "Upgrade", upgrade: "websocket" },
    { accept: "text/html", "x-requested-with": "XMLHttpRequest" },
    { ...PAGE, "sec-purpose": "prefetch" },
    { accept: "application/json" },
  ];
  for (const extra of notSent) {
    const answer = await ask(under, question, {
      headers: { "x-forwarded-host": host, "x-forwarded-uri": "/", ...extra },
    });
    t.is(answer.status, 401, JSON.stringify(extra));
    t.like(JSON.parse(answer.body), { code: "no-session", login });
  }
  t.is((await ask(under, question, { method: "POST", headers: from("/") })).status, 401);
  const form = { headers: { ...from("/"), "x-forwarded-method": "POST" } };
  t.is((await ask(under, question, form)).status, 401, "nor is a form, by whose method a proxy doesn't ask");
  t.is((await ask(under, `/auth?${here}`, { headers: from("/") })).status, 401, "nobody has asked for it");
});

test("an address elsewhere, or none, leads to the organization's start page", async (t) => {
  const under = await webhookUnderTest(t);
  await under.applyAcme();
  const question = `/auth?organization=${under.cluster.namespace}/acme&signin=redirect`;
  const { host } = new URL(under.url);
  const lost = `${under.url}/login/acme?return_to=none`;
  const elsewhere: [host: string | undefined, uri: string | undefined][] = [
    [undefined, undefined],
    [host, undefined],
    [undefined, "/reports"],
    ["evil.example", "/reports"],
    [`${host}.evil.example`, "/reports"],
    [`${host}@evil.example`, "/reports"],
    [`evil.example#${host}`, "/reports"],
    [`${host}/..//evil.example`, "/reports"],
    [`${host}, evil.example`, "/reports"],
    ["localhost", "/reports"],
    ["", "/reports"],
    [host, "//evil.example/"],
    [host, "/\\evil.example/"],
    [host, "/a\tb"],
    [host, "https://evil.example/"],
    [host, `${under.url}/reports`],
    [host, "@evil.example/"],
    [host, ".evil.example/"],
    [host, "/logout"],
    [host, `/${"a".repeat(3_000)}`],
  ];
  for (const [at, uri] of elsewhere) {
    const headers = {
      ...PAGE,
      ...(at === undefined ? {} : { "x-forwarded-host": at }),
      ...(uri === undefined ? {} : { "x-forwarded-uri": uri }),
    };
    const answer = await ask(under, question, { headers });
    t.is(answer.status, 303, `${at} ${uri}`);
    t.is(answer.headers.location, lost, `${at} ${uri}`);
  }
  const { visited } = await under.signIn("ada", { path: "/login/acme?return_to=none", followToEnd: true });
  t.is(visited.at(-1), `${under.url}/login/acme/me?address=lost`);
});

test("a person who lacks a role gets a page that says which, and whom to ask; nobody is sent round", async (t) => {
  const under = await webhookUnderTest(t);
  await under.applyAcme();
  const cookies = await under.signedIn("ada");
  const here = `organization=${under.cluster.namespace}/acme`;
  const page = async (query: string) => {
    const answer = await ask(under, `/auth?${query}&signin=redirect`, { cookies, headers: PAGE });
    t.is(answer.status, 403, query);
    t.regex(answer.headers["content-type"] ?? "", /^text\/html/);
    t.is(answer.headers.location, undefined);
    t.is(answer.headers["x-auth-request-user"], undefined);
    return answer.body;
  };
  const lacking = await page(`${here}&role=organization-admin&role=service-admin`);
  t.regex(lacking, /<li>Organization Admin \(<a href="\/login\/acme\/why\?role=organization-admin">/);
  t.false(lacking.includes("<li>Service Admin"), "that one is held");
  t.regex(lacking, /Ask an administrator of Acme/);
  t.regex(await page(`${here}&anyRole=portal-admin&anyRole=nothing`), /One of these.*Portal Admin.*nothing/s);
  t.regex(await page("organization=other/acme"), /doesn't exist/);
});

test("at an application's host, the page of a missing role leads to the webhook's pages, which are at its own host", async (t) => {
  const under = await webhookUnderTest(t, { applicationHosts: ["localhost:9"] });
  await under.applyAcme();
  const cookies = await under.signedIn("ada");
  const query = `organization=${under.cluster.namespace}/acme&role=organization-admin&host=localhost:9`;
  const { status, body } = await ask(under, `/auth?${query}`, { cookies, headers: PAGE });
  t.is(status, 403);
  t.true(body.includes(`href="${under.url}/login/acme/why?role=organization-admin"`));
  t.true(body.includes(`href="${under.url}/logout"`));
  t.notRegex(body, /(href|action)="\/[^/]/, "nothing of the application's");
});
