import test from "ava";
import { readReturnTo } from "../../../webhook/sign-in/return-to.ts";
import { webhookUnderTest } from "../webhook-under-test.ts";

const BASE = "https://login.example.com";

test("return_to is a path of this origin and nothing else", (t) => {
  for (const path of [
    "/",
    "/app",
    "/app/x?y=z&u=https://evil.example#part",
    "/a%2F%2Fb",
    "/.well-known/x",
    "/loginx",
  ])
    t.is(readReturnTo(path, BASE).kind, "path", path);
  const refused = [
    "https://evil.example",
    "https://login.example.com.evil.example/",
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "\t//evil.example",
    " //evil.example",
    "/ /evil.example",
    "/\u0000x",
    "/\u202ex",
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
    `/${"a".repeat(2_000)}`,
    `/${"山".repeat(300)}`,
    ["/a", "//b"],
    { path: "/a" },
  ];
  for (const value of refused) t.is(readReturnTo(value, BASE).kind, "refused", JSON.stringify(value));
});

test("whatever is taken stays at this origin, also the paths that look like hosts", (t) => {
  for (const path of [
    "/.//evil.example",
    "/x/..//evil.example",
    "/;@evil.example",
    "/:80",
    "/%5C%5Cevil.example",
  ]) {
    const answer = readReturnTo(path, BASE);
    if (answer.kind === "path") {
      t.true(answer.url.startsWith(`${BASE}/`), path);
      t.is(new URL(answer.url, "https://elsewhere.example/x").origin, BASE, path);
    } else t.pass();
  }
});

test("after signing in people come back to where they wanted to go; a bad return_to starts nothing", async (t) => {
  const { applyAcme, signIn: signInAt, browser, url } = await webhookUnderTest(t);
  await applyAcme();
  const { callback } = await signInAt("ada", { path: "/login/acme?return_to=%2Fapp%3Fx%3D1" });
  t.is(callback?.headers.location, `${url}/app?x=1`);
  t.is((await signInAt("ada")).callback?.headers.location, `${url}/`);
  for (const bad of ["//evil.example", "https%3A%2F%2Fevil.example", "/a&return_to=//evil.example"]) {
    const answer = await browser().get(`/login/acme?return_to=${bad}`);
    t.is(answer.status, 400, bad);
    t.is(answer.headers.location, undefined);
    t.false(answer.body.includes("evil"), "nothing is repeated");
  }
});
