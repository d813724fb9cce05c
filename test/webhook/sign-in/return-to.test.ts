import test from "ava";
import { Origins } from "../../../webhook/origins.ts";
import {
  absolute,
  escaped,
  locationReturnToQuery,
  readAddress,
  readLoginQuery,
  returnToQuery,
} from "../../../webhook/sign-in/return-to.ts";

const BASE = "https://login.example.com";
const ORIGINS = new Origins(BASE, ["app.example.com"]);
const NONE = { kind: "none" };

/** The address that a query leads to. */
function wayOf(query: string) {
  return readLoginQuery(`/login/acme?${query}`, ORIGINS).way;
}

/** Addresses as browsers ask for them. */
const ADDRESSES = [
  "/",
  "/app",
  "/search?q=a+b",
  "/my%20file.pdf",
  "/100%25",
  "/a%23b",
  "/what%3Fnow",
  "/salt%26pepper",
  "/a%2F%2Fb",
  "/x?one=1&two=2&two=&three",
  "/x?return_to=/y&prompt=login",
  "/x?u=https://evil.example&v=//evil.example",
  "/x?q='(a,b;c)'!*|~%22",
  "/%E5%B1%B1?%F0%9F%98%80=1",
  "/%ff%fe",
  "/.well-known/x",
  "/loginx",
  `/${"a".repeat(2_040)}`,
];

test("every address comes back in its very characters: as it stands behind return_to=, and escaped as a whole", (t) => {
  for (const path of ADDRESSES) {
    const expected = { kind: "address", path };
    t.deepEqual(wayOf(`return_to=${path}`), expected, path);
    t.deepEqual(wayOf(`return_to=${encodeURIComponent(path)}`), expected, path);
    t.deepEqual(wayOf(`return_to=${encodeURIComponent(path)}&prompt=login`), expected, path);
    t.deepEqual(
      readLoginQuery(`/login/acme${returnToQuery({ kind: "address", path })}`, ORIGINS).way,
      expected,
    );
  }
});

test("what is asked besides comes before an address as it stands, and anywhere around an escaped one", (t) => {
  const asked = (query: string) => readLoginQuery(`/login/acme?${query}`, ORIGINS);
  t.deepEqual(asked("prompt=login&return_to=/x?y"), { way: { kind: "address", path: "/x?y" }, anew: true });
  t.deepEqual(asked("return_to=/x&prompt=login"), {
    way: { kind: "address", path: "/x&prompt=login" },
    anew: false,
  });
  t.deepEqual(asked("return_to=%2Fx&prompt=login"), { way: { kind: "address", path: "/x" }, anew: true });
  for (const nothing of ["", "return_to=", "return=/x", "prompt=none"])
    t.deepEqual(asked(nothing), { way: { kind: "address", path: "/" }, anew: false }, nothing);
});

test("characters that no address holds are written as an address has them", (t) => {
  t.deepEqual(wayOf(`return_to=${encodeURIComponent("/山")}`), { kind: "address", path: "/%E5%B1%B1" });
  t.deepEqual(wayOf("return_to=/\xe5\xb1\xb1"), { kind: "address", path: "/%E5%B1%B1" });
});

test("return_to is a path of this origin and nothing else", (t) => {
  const refused = [
    "https://evil.example",
    "https://login.example.com.evil.example/",
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "/x\\y",
    "\\\\evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "\t//evil.example",
    " //evil.example",
    "/ /evil.example",
    "/\u0000x",
    "/\u202ex",
    "/\u00a0x",
    "javascript:alert(1)",
    "data:text/html,x",
    "app",
    "?x",
    "#x",
    "@evil.example",
    ".evil.example",
    "/login/acme",
    "/logout",
    "/callback/acme?code=x",
    "/x/../login/acme",
    "/%6Cogin/../logout",
    `/${"a".repeat(2_048)}`,
    `/${"山".repeat(300)}`,
  ];
  for (const value of refused) {
    t.deepEqual(readAddress(value, ORIGINS), NONE, JSON.stringify(value));
    t.deepEqual(wayOf(`return_to=${encodeURIComponent(value)}`), NONE, JSON.stringify(value));
  }
  for (const query of [
    "return_to=//evil.example",
    "return_to=%2Fa&return_to=%2Fb",
    "return_to=%2Fa&return_to=/b",
    "return_to=%",
    "return_to=%2F%",
    "return_to=x",
  ])
    t.deepEqual(wayOf(query), NONE, query);
});

test("an address of another origin that people may be led to, and of no other", (t) => {
  for (const path of [
    "/",
    "/reports?of=today&return_to=/x",
    "/login/acme",
    "/a%2F%2Fb",
    "/x?u=//evil.example",
  ]) {
    const expected = { kind: "address", path: `https://app.example.com${path}` };
    t.deepEqual(wayOf(`return_to=https://app.example.com${path}`), expected);
    t.deepEqual(wayOf(`return_to=${encodeURIComponent(`https://app.example.com${path}`)}`), expected);
    t.deepEqual(wayOf(`return_to=https://APP.example.com:443${path}`), expected);
    t.is(absolute(expected.path, ORIGINS), expected.path);
    t.deepEqual(wayOf(`return_to=${BASE}${path}`), path === "/login/acme" ? NONE : { kind: "address", path });
  }
  for (const value of [
    "http://app.example.com/",
    "https://app.example.com",
    "https://app.example.com:8443/",
    "https://app.example.com.evil.example/",
    "https://app.example.com@evil.example/",
    "https://evil.example/app.example.com/",
    "https://evil.app.example.com/",
    "https://app.example.com./",
    "https://app.example.com//evil.example",
    "https://app.example.com\\@evil.example/",
    "https:/app.example.com/",
    "https:app.example.com/",
    "https:///app.example.com/",
    "HTTPS://app.example.com/",
    "https://app.example.com/\u2028",
    "https://app.example.com /",
    " https://app.example.com/",
    "https://user:pass@app.example.com/",
    "https://app%2eexample.com/",
    "https://\uff41pp.example.com/",
  ]) {
    t.deepEqual(readAddress(value, ORIGINS), NONE, value);
    t.deepEqual(wayOf(`return_to=${encodeURIComponent(value)}`), NONE, value);
  }
});

test("on this machine itself, where plain http is spoken, addresses with it are led to, and those of https aren't", (t) => {
  const local = new Origins("http://localhost:8080", ["app.localhost:9000"]);
  t.deepEqual(readAddress("http://localhost:8080/x", local), { kind: "address", path: "/x" });
  const path = "http://app.localhost:9000/x?y";
  t.deepEqual(readAddress(path, local), { kind: "address", path });
  t.deepEqual(readLoginQuery(`/login/acme?return_to=${path}`, local).way, { kind: "address", path });
  for (const other of ["https://localhost:8080/x", "https://app.localhost:9000/x", "http://app.localhost/x"])
    t.deepEqual(readAddress(other, local), NONE, other);
});

test("whatever is taken stays at this origin, also the paths that look like hosts", (t) => {
  for (const path of [
    "/.//evil.example",
    "/x/..//evil.example",
    "/;@evil.example",
    "/:80",
    "/%5C%5Cevil.example",
    "/a&return_to=//evil.example",
  ]) {
    t.deepEqual(wayOf(`return_to=${path}`), { kind: "address", path });
    const url = absolute(path, ORIGINS);
    t.true(url.startsWith(`${BASE}/`), path);
    t.is(new URL(url, "https://elsewhere.example/x").origin, BASE, path);
  }
});

test("an organization's pages are places to go to; the routes beside them aren't, nor what only looks like a page", (t) => {
  for (const page of ["me", "users", "users.csv", "mappings", "settings", "why"])
    for (const rest of ["", "/", "/ada", "?q=a"]) {
      const path = `/login/acme/${page}${rest}`;
      t.deepEqual(readAddress(path, ORIGINS), { kind: "address", path });
    }
  for (const path of [
    "/login",
    "/login/",
    "/login/acme/",
    "/login/acme/local",
    "/login/acme/mex",
    "/login/acme/users-csv",
    "/login/acme/x/me",
    "/login//me",
    "/callback",
    "/callback/login/acme/me",
    "/logout/done",
  ])
    t.deepEqual(readAddress(path, ORIGINS), NONE, path);
  for (const path of ["/x/login/acme", "/logouts", "/callback-x", "/x/login/acme/local"])
    t.deepEqual(readAddress(path, ORIGINS), { kind: "address", path });
  t.deepEqual(readAddress(undefined, ORIGINS), NONE);
  const longest = `/${"a".repeat(2_047)}`;
  t.deepEqual(readAddress(longest, ORIGINS), { kind: "address", path: longest });
  t.deepEqual(readAddress(`${longest}a`, ORIGINS), NONE);
});

test("of a query the first address counts, and none where there are two; what only begins alike is none", (t) => {
  t.deepEqual(readLoginQuery("/login/acme", ORIGINS), { way: { kind: "address", path: "/" }, anew: false });
  t.deepEqual(wayOf("return_to=%2Fa&x=y"), { kind: "address", path: "/a" });
  t.deepEqual(wayOf("x_return_to=%2Fa"), { kind: "address", path: "/" });
  t.deepEqual(wayOf("return_to=&return_to="), NONE);
  t.deepEqual(wayOf("a=b&return_to=/x&return_to=%2Fy"), { kind: "address", path: "/x&return_to=%2Fy" });
  t.deepEqual(wayOf("return_to=https:/x"), NONE);
  for (const address of ["http://app.example.com/", "https://app.example.com/", "/x"])
    t.false(
      readLoginQuery(`/login/acme?return_to=${address}&prompt=login`, ORIGINS).anew,
      "it is a part of it",
    );
  t.deepEqual(readLoginQuery("/login/acme?return_to=%2Fa/b&prompt=login", ORIGINS), {
    way: { kind: "address", path: "/a/b" },
    anew: true,
  });
});

test("an address is told again as a query, as it stands where a browser leaves it so, and as lost where it is too long", (t) => {
  const to = (path: string) => ({ kind: "address", path }) as const;
  t.is(returnToQuery(to("/a?b=c&d")), "?return_to=%2Fa%3Fb%3Dc%26d");
  for (const way of [to("/"), { kind: "none" } as const, undefined]) t.is(returnToQuery(way), "");
  t.is(locationReturnToQuery(to("/a?b=c&d")), "?return_to=/a?b=c&d");
  for (const odd of ['"', "'", "<", ">", "#"])
    t.is(locationReturnToQuery(to(`/a${odd}b?c`)), `?return_to=${encodeURIComponent(`/a${odd}b?c`)}`);
  t.is(locationReturnToQuery({ kind: "none" }), "?return_to=none");
  const longest = `/${"a".repeat(2_599)}`;
  t.is(locationReturnToQuery(to(longest)), `?return_to=${longest}`);
  t.is(locationReturnToQuery(to(`${longest}a`)), "?return_to=none");
  t.deepEqual(wayOf("return_to=none"), NONE);
});

test("bytes above ASCII are written as an address has them, each by itself", (t) => {
  t.is(escaped("/\x7f\x80\xe4\xff~"), "/\x7f%80%E4%FF~");
});
