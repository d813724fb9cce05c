import test from "ava";
import { Origins } from "../../../webhook/origins.ts";
import { absolute, readAddress, readLoginQuery, returnToQuery } from "../../../webhook/sign-in/return-to.ts";
import { webhookUnderTest } from "../webhook-under-test.ts";

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

test("whoever signs in arrives at exactly the address they asked for, up to 2,048 characters of it", async (t) => {
  const { applyAcme, signIn, url } = await webhookUnderTest(t);
  await applyAcme();
  const long =
    `/long?${Array.from({ length: 200 }, (_, i) => `field-${i}=${(i * 7919) % 1000}`).join("&")}`.slice(
      0,
      2_048,
    );
  for (const path of ["/search?q=a+b", "/a%23b?c=%26&d=/e", long, `/,;"${"x".repeat(400)}`]) {
    const { visited } = await signIn("ada", { path: `/login/acme?return_to=${path}`, followToEnd: true });
    t.is(visited.at(-1), new URL(`${url}${path}`).href);
  }
  t.is(long.length, 2_048);
  t.is((await signIn("ada")).callback?.headers.location, `${url}/`);
});

test("what isn't an address of this site leads to the start page, which says so", async (t) => {
  const { applyAcme, signIn } = await webhookUnderTest(t);
  await applyAcme();
  for (const bad of ["//evil.example", "https%3A%2F%2Fevil.example", "/logout"]) {
    const path = `/login/acme?return_to=${bad}`;
    const { response, visited } = await signIn("ada", { path, followToEnd: true });
    t.is(response.status, 200);
    t.regex(visited.at(-1) ?? "", /\/login\/acme\/me\?address=lost$/);
    t.regex(response.body, /You are here because the address that you came with can't be gone to/);
    t.false(response.body.includes("evil"), "nothing is repeated");
  }
});
