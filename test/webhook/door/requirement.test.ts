import test from "ava";
import {
  isQuestion,
  type Requirement,
  readQuestion,
  readRequirement,
} from "../../../webhook/door/requirement.ts";

const required = (organization: string, ...roles: string[]): Requirement => ({
  kind: "requirement",
  organization,
  roles,
  anyRoles: [],
});

for (const [query, expected] of [
  ["organization=access/acme", required("access/acme")],
  ["organization=access%2Facme", required("access/acme")],
  ["organization=access%2facme&role=service-admin", required("access/acme", "service-admin")],
  ["role=a&organization=n/o&role=b", required("n/o", "a", "b")],
  ["organization=n/o.with.dots&role=%61dmin", required("n/o.with.dots", "admin")],
  ["organization=n/o&anyRole=a&role=c&anyRole=b", { ...required("n/o", "c"), anyRoles: ["a", "b"] }],
] as const)
  test(`understood: ${query}`, (t) => {
    t.deepEqual(readRequirement(`/session?${query}`), expected);
  });

test("no query requires nothing", (t) => {
  t.deepEqual(readRequirement("/session"), { kind: "requirement", roles: [], anyRoles: [] });
});

for (const [query, parameter] of [
  // other names
  ["roles=admin", "roles"],
  ["organization=n/o&roles=admin", "roles"],
  ["organization=n/o&role[]=admin", "role[]"],
  ["organization=n/o&Role=admin", "Role"],
  ["Organization=n/o", "Organization"],
  ["organization=n/o&amp;role=admin", "amp;role"],
  ["organization=n/o;role=admin", "organization"],
  ["org=n/o", "org"],
  ["organizations=n/o", "organizations"],
  ["organization=n/o& role=admin", " role"],
  ["organization=n/o&r%6Fle=admin", "r%6Fle"],
  ["organization=n/o&role=admin&rd=/reports", "rd"],
  ["organization=n/o&__proto__=admin", "__proto__"],
  // no parameter where one is expected
  ["", undefined],
  ["&", ""],
  ["organization=n/o&", ""],
  ["organization=n/o&&role=admin", ""],
  ["=admin", ""],
  ["?organization=n/o", "?organization"],
  // no value, or none that could be met
  ["organization", "organization"],
  ["organization=", "organization"],
  ["organization=n/o&role", "role"],
  ["organization=n/o&role=", "role"],
  ["organization=acme", "organization"],
  ["organization=n/o/p", "organization"],
  ["organization=n%252Fo", "organization"],
  ["organization=N/O", "organization"],
  ["organization=n/o+", "organization"],
  ["organization=n/o#", undefined],
  ["organization=n/-o", "organization"],
  [`organization=n/${"o".repeat(64)}`, "organization"],
  ["organization=n/o&role=Admin", "role"],
  ["organization=n/o&role=a,b", "role"],
  ["organization=n/o&role=a+b", "role"],
  ["organization=n/o&role=a%20", "role"],
  ["organization=n/o&role=a%00", "role"],
  ["organization=n/o&role=a=b", "role"],
  ["organization=n/o&role=%D0%B0dmin", "role"],
  [`organization=n/o&role=${"a".repeat(64)}`, "role"],
  // malformed escapes
  ["organization=n/o&role=%", "role"],
  ["organization=n/o&role=%zz", "role"],
  ["organization=n/o&role=%ff", "role"],
  ["organization=n/o&role=a%", "role"],
  // more than one, and a role of nobody's
  ["organization=n/o&organization=n/o", "organization"],
  ["organization=n/o&organization=n/p", "organization"],
  ["role=admin", "role"],
  ["anyRole=admin", "anyRole"],
  ["organization=n/o&anyRole=", "anyRole"],
  ["organization=n/o&anyRole=a,b", "anyRole"],
  ["organization=n/o&anyrole=a", "anyrole"],
  ["organization=n/o&anyRoles=a", "anyRoles"],
  // what is for proxies to ask
  ["organization=n/o&signin=redirect", "signin"],
  ["organization=n/o&host=app.example.com", "host"],
  [`organization=n/o${"&role=admin".repeat(500)}`, undefined],
] as const)
  test(`refused: ${query.slice(0, 60)}`, (t) => {
    const answer = readRequirement(`/session?${query}`);
    t.is(answer.kind, "misunderstood");
    if (answer.kind === "misunderstood") t.is(answer.parameter, parameter);
  });

test("what is behind a # isn't lost, but refused", (t) => {
  for (const url of ["/session#role=admin", "/session#?organization=n/o&role=admin"])
    t.is(readRequirement(url).kind, "misunderstood", url);
});

const asked = { ...required("access/acme", "service-admin"), redirects: false };

for (const [url, expected] of [
  ["/auth?organization=access/acme&role=service-admin", asked],
  ["/auth?signin=redirect&role=service-admin&organization=access/acme", { ...asked, redirects: true }],
  [
    "/auth?organization=access/acme&role=service-admin&host=app.example.com:8443",
    { ...asked, host: "app.example.com:8443" },
  ],
  ["/auth/organization=access/acme&role=service-admin/-/", { ...asked, target: "/" }],
  [
    "/auth/organization=access/acme&role=service-admin/-/reports?of=today&role=nobody",
    { ...asked, target: "/reports?of=today&role=nobody" },
  ],
  [
    "/auth/organization=access/acme&role=service-admin/-/-/auth/organization=access/other/-/#a",
    { ...asked, target: "/-/auth/organization=access/other/-/#a" },
  ],
  ["/auth/organization=access/acme&role=service-admin/-//a/../100%", { ...asked, target: "//a/../100%" }],
] as const)
  test(`a proxy's question: ${url}`, (t) => {
    t.true(isQuestion(url));
    t.deepEqual(readQuestion(url), expected);
  });

for (const [url, parameter] of [
  ["/auth", "organization"],
  ["/auth?", "organization"],
  ["/auth?%", "%"],
  ["/auth?signin=redirect", "organization"],
  ["/auth?role=service-admin", "role"],
  ["/auth?organization=n/o&signin=", "signin"],
  ["/auth?organization=n/o&signin=no", "signin"],
  ["/auth?organization=n/o&signin=Redirect", "signin"],
  ["/auth?organization=n/o&signin=redirect&signin=redirect", "signin"],
  ["/auth?organization=n/o&host=", "host"],
  ["/auth?organization=n/o&host=App.example.com", "host"],
  ["/auth?organization=n/o&host=https://app.example.com", "host"],
  ["/auth?organization=n/o&host=app.example.com/x", "host"],
  ["/auth?organization=n/o&host=u@app.example.com", "host"],
  ["/auth?organization=n/o&host=a.example&host=b.example", "host"],
  ["/auth?organization=n/o#&role=admin", undefined],
  ["/auth?organization=n/o/-/&role=admin", "organization"],
  ["/auth/", "organization"],
  ["/auth/reports", undefined],
  ["/auth/organization=n/o", undefined],
  ["/auth/organization=n/o&role=admin/-", undefined],
  ["/auth/-/reports", undefined],
  ["/auth//-/reports", undefined],
  ["/auth/organization=n/o&role=a#/-/reports", "role"],
  ["/auth/organization=n/o?role=admin/-/reports", "organization"],
  ["/auth/organization=n/o/../p/-/reports", "organization"],
  ["/auth/role=admin/-/organization=n/o", "role"],
] as const)
  test(`a proxy's question that is refused: ${url}`, (t) => {
    const answer = readQuestion(url);
    t.is(answer.kind, "misunderstood");
    if (answer.kind === "misunderstood") t.is(answer.parameter, parameter);
    t.false("target" in answer);
    t.is("parameter" in answer, parameter !== undefined);
  });

test("a question may have 4,000 characters", (t) => {
  const longest = `organization=n/o${"&role=a".repeat(568)}&role=aa`;
  t.is(longest.length, 4_000);
  t.is(readRequirement(`/session?${longest}`).kind, "requirement");
  t.is(readRequirement(`/session?${longest}a`).kind, "misunderstood");
});

test("the address of questions alone is one, if nothing is asked", (t) => {
  t.true(isQuestion("/auth"));
});

test("what is nearly the address of questions is another", (t) => {
  for (const url of [
    "//auth",
    "/Auth",
    "/AUTH?a",
    "/auth;a",
    "/auth#",
    "/authx",
    "/%61uth",
    "/a",
    "http://h/auth?x",
    "*",
  ])
    t.false(isQuestion(url), url);
});
