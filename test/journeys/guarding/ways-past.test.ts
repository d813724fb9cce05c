import { guarded } from "./guarded.ts";
import { testWithProxies } from "./proxy.ts";
import { rawRequest } from "./raw-request.ts";

/** Targets by which doors were got past: the proxy read them as one thing, and the door or the application as another. */
const TARGETS = [
  "/reports",
  "//reports",
  "///",
  "/./reports",
  "/%72eports",
  "/reports%00",
  "/reports/..;/login/acme",
  "/reports;/login/",
  "/reports?/login/acme",
  "/reports?x=/session",
  "/reports?%",
  "/reports?a=%zz",
  "/reports#/login",
  "/%",
  "/%2e%2e/",
  "/..%2f",
  "/..%5creports",
  "/\\reports",
  "/login%2f..%2freports",
  "/login%5c..%5creports",
  "/loginx",
  "/login.json",
  "/Login/acme",
  "/session;a",
  "/session%2f..%2freports",
  "/SESSION",
  "/auth",
  "/auth?%",
  "//auth",
  "/auth;a",
  "/Auth",
  "/auth/-/reports",
  "/_who",
  "/_forbidden",
  "/@login",
  "/.well-known/jwks.json/../../reports",
  "/.well-known/jwks.json%2freports",
  "/.well-known/jwks_json",
  "/favicon.ico",
  "/robots.txt",
  "/healthz",
  "/ping",
  "/oauth2/auth",
  "/public/../reports",
] as const;

/** What doors have believed of whoever sent it. */
const SAID: readonly (readonly [name: string, value: string])[] = [
  ["X-Forwarded-Uri", "/login/acme"],
  ["X-Forwarded-Uri", "/session"],
  ["X-Forwarded-Uri", "/.well-known/jwks.json"],
  ["X-Original-URL", "/login/acme"],
  ["X-Original-URI", "/login/acme"],
  ["X-Rewrite-URL", "/login/acme"],
  ["X-Accel-Redirect", "/_who"],
  ["X-Forwarded-Method", "OPTIONS"],
  ["X-Original-Method", "OPTIONS"],
  ["X-HTTP-Method-Override", "OPTIONS"],
  ["X-Forwarded-Host", "evil.example"],
  ["X-Forwarded-Proto", "http"],
  ["X-Forwarded-Prefix", "/login"],
  ["X-Forwarded-For", "127.0.0.1"],
  ["X-Real-IP", "127.0.0.1"],
  ["Forwarded", "for=127.0.0.1;host=localhost"],
  ["X-Envoy-Original-Path", "/login/acme"],
  ["User-Agent", "kube-probe/1.37"],
  ["User-Agent", "GoogleHC/1.0"],
  ["Authorization", "Bearer somebody"],
  ["Authorization", "Basic YWRtaW46YWRtaW4="],
  ["X-Auth-Request-User", "access/acme-admin"],
  ["X_Auth_Request_Roles", "service-admin"],
  ["X-Auth-Request-Redirect", "/reports"],
  ["Remote-User", "admin"],
  ["Connection", "close, Cookie"],
  ["Connection", "Cookie, X-Forwarded-Uri"],
  ["Origin", "null"],
  ["Access-Control-Request-Method", "GET"],
  ["Content-Type", "application/grpc"],
  ["Purpose", "prefetch"],
  ["Range", "bytes=0-0"],
];

const METHODS = ["HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "get", "PURGE"] as const;

testWithProxies(
  "nobody gets past by how a request is written, and no request is an error of ours",
  async (t, proxy) => {
    const { under, port, application, cookieHeader } = await guarded(t, proxy);
    // Signed in, and without the role that is needed.
    await under.applyAcme({ mappings: { services: [["service_admin"], ["portal-admin"]] } });
    const cookies = await under.signedIn("ada");
    const host = `Host: localhost:${port}`;
    const end = "Connection: close";
    const question = `organization=${under.cluster.namespace}/acme`;
    const requests: (readonly [lines: readonly string[], body?: string])[] = [
      ...[...TARGETS, `/auth?${question}`, `/auth/${question}/-/reports`].map(
        (target) => [[`GET ${target} HTTP/1.1`, host, end]] as const,
      ),
      ...SAID.map(([name, value]) => [["GET /reports HTTP/1.1", host, `${name}: ${value}`, end]] as const),
      ...METHODS.map((method) => [[`${method} /reports HTTP/1.1`, host, "Content-Length: 0", end]] as const),
      [[`GET http://localhost:${port}/reports HTTP/1.1`, host, end]],
      [[`GET http://localhost:${port}/login/../reports HTTP/1.1`, host, end]],
      [["GET http://evil.example/reports HTTP/1.1", host, end]],
      [[`OPTIONS * HTTP/1.1`, host, end]],
      [[`CONNECT localhost:${port} HTTP/1.1`, host, end]],
      [["GET /reports HTTP/1.0"]],
      [["GET /reports HTTP/1.0", host]],
      [["GET /reports HTTP/1.1", end]],
      [["GET /reports HTTP/1.1", host, "Host: evil.example", end]],
      [["GET /reports HTTP/1.1", "Host: evil.example", end]],
      [["GET /reports HTTP/1.1", host, "Cookie: okta-role-session=1; okta-role-session-12345678=2", end]],
      [["GET /reports HTTP/1.1", host, `Cookie: ${"a=b; ".repeat(500)}`, end]],
      [
        [
          "GET /reports HTTP/1.1",
          host,
          "Connection: Upgrade, HTTP2-Settings, close",
          "Upgrade: h2c",
          "HTTP2-Settings: AAMAAABkAAQAAP__",
        ],
      ],
      [["GET /reports HTTP/1.1", host, " X-Folded: 1", end]],
      [["GET /reports HTTP/1.1", host, "X-Forwarded-Uri : /login/acme", end]],
      [[`GET /reports?${"a".repeat(100_000)} HTTP/1.1`, host, end]],
      [[`GET /auth?${"a".repeat(100_000)} HTTP/1.1`, host, end]],
      // A second request, hidden from one of those that read the first.
      [
        ["POST /login/acme HTTP/1.1", host, "Content-Length: 6", "Transfer-Encoding: chunked"],
        `0\r\n\r\nGET /reports HTTP/1.1\r\n${host}\r\n${end}\r\n\r\n`,
      ],
      [
        ["POST /login/acme HTTP/1.1", host, "Transfer-Encoding: chunked", "Transfer-Encoding: x"],
        `0\r\n\r\nGET /reports HTTP/1.1\r\n${host}\r\n${end}\r\n\r\n`,
      ],
      [
        ["GET /login/acme HTTP/1.1", host, "Content-Length: 3"],
        `abcGET /reports HTTP/1.1\r\n${host}\r\n${end}\r\n\r\n`,
      ],
    ];
    for (const session of [undefined, `Cookie: ${cookieHeader(cookies)}`])
      for (const [[line = "", ...headers], body] of requests) {
        const lines = [line, ...headers, ...(session === undefined ? [] : [session])];
        const { status = 0, rest, isOpen } = await rawRequest(port, lines, { body });
        const what = `${session === undefined ? "nobody" : "somebody"}: ${lines.join(" | ").slice(0, 200)}: ${status}`;
        t.is(application.requests.length, 0, what);
        t.false(isOpen, `${what}, and no end`); // who is kept waiting hasn't been refused
        t.true(status < 500 || status === 501, what); // 501: a transfer coding that nobody knows (RFC 9112, 6.1)
        // What is for none of its hosts Caddy answers by nothing at all, and Apache and Traefik "OPTIONS *".
        const answersItself = ["Caddy", "Apache", "Traefik"].includes(proxy.name);
        const isNobodys = answersItself && /\r\nContent-Length: 0\r\n/i.test(rest);
        t.true(status < 200 || status >= 300 || isNobodys, what);
      }
  },
);

testWithProxies(
  "however a request is written, the application hears of nobody but whose session it is",
  async (t, proxy) => {
    const { under, port, application, cookieHeader } = await guarded(t, proxy);
    const cookies = await under.signedIn("ada");
    const [[, user] = []] = await under.users();
    const host = `Host: localhost:${port}`;
    const session = `Cookie: ${cookieHeader(cookies)}`;
    const ask = async (...lines: string[]) => {
      const sent = [...lines, host, session, "Connection: close"];
      const { status = 0, rest, isOpen } = await rawRequest(port, sent);
      const [head = ""] = rest.split("\r\n\r\n", 1);
      t.notRegex(
        head,
        /^x-auth-request-/im,
        `${lines[0]}: what is said of people is for the application alone`,
      );
      t.false(isOpen, `${lines[0]}: no end`);
      t.true(status < 500, `${lines[0]}: ${status}`);
    };
    for (const target of TARGETS) await ask(`GET ${target} HTTP/1.1`);
    for (const [name, value] of SAID) await ask("GET /reports HTTP/1.1", `${name}: ${value}`);
    for (const method of METHODS) await ask(`${method} /reports HTTP/1.1`, "Content-Length: 0");
    await ask("POST /reports HTTP/1.1", "X-Auth-Request-User: access/acme-admin", "Content-Length: 0");
    t.true(application.requests.length > TARGETS.length / 2 + SAID.length / 2);
    for (const { url, method, folded } of application.requests) {
      t.deepEqual(
        folded.HTTP_X_AUTH_REQUEST_USER?.filter(Boolean),
        [`${under.cluster.namespace}/${user?.metadata.name}`],
        `${method} ${url}`,
      );
      t.deepEqual(folded.HTTP_X_AUTH_REQUEST_ROLES?.filter(Boolean), ["service-admin"], `${method} ${url}`);
    }
  },
);
