import test from "ava";
import { IssuerUnreachableError } from "../../../okta/oidc/issuer-errors.ts";
import { RequestError } from "../../../webhook/http/request-errors.ts";
import { smallSignIns } from "./small-sign-ins.ts";
import { OWN } from "./small-webhook.ts";

test("the login page leads to Okta, and whatever isn't a person is told where to sign in", async (t) => {
  const { go, jar } = await smallSignIns(t);
  const page = await go("/login/acme?prompt=login");
  t.regex(String(page.location), /^https:\/\/acme\.okta\.com\/authorize\?.*prompt=login$/);
  t.is(jar.cookies.get("__Host-okta-role-organization"), "acme");
  t.is(page.headers.vary, "Sec-Fetch-Mode, Sec-Fetch-Dest, Accept");
  t.deepEqual((await go("/login/acme")).setCookies, [], "they are there already");
  const program = await go("/login/acme", { accept: "application/json" });
  t.is(program.status, 401);
  t.like(JSON.parse(program.body), { code: "sign-in-needed", login: `${OWN}/login/acme` });
  t.truthy(program.headers["www-authenticate"]);
  t.is((await go("/login/gone")).status, 404);
});

test("a sign-in that can't begin counts as failed, unless that is the browser's doing", async (t) => {
  const { go, state, counted } = await smallSignIns(t);
  state.start = () => {
    throw new IssuerUnreachableError("https://acme.okta.com", new Error("nobody answers"));
  };
  t.is((await go("/login/acme")).status, 502);
  state.start = () => {
    throw new RequestError({ code: "odd", status: 400, title: "Odd", message: "That is odd." });
  };
  t.is((await go("/login/acme")).status, 400);
  t.deepEqual(await counted(), ["failed issuer-unreachable 1"]);
});
