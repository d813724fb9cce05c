import test from "ava";
import { CookieJar, signIn } from "../../../dev/okta/index.ts";
import { webhookUnderTest } from "../webhook-under-test.ts";

test("several tabs sign in at once, and each comes back to its own place", async (t) => {
  const { applyAcme, okta, url, browser } = await webhookUnderTest(t);
  await applyAcme();
  const cookies = new CookieJar();
  const tabs = browser(cookies);
  const starts = [];
  for (const tab of ["one", "two", "three"]) starts.push(await tabs.get(`/login/acme?return_to=/${tab}`));
  // The last that was opened is the first that comes back.
  for (const [i, start] of [...starts.entries()].reverse()) {
    const { callback } = await signIn(okta, String(start.headers.location), "ada@acme.example", { cookies });
    t.is(callback?.headers.location, `${url}/${["one", "two", "three"][i]}`);
  }
  t.is(loginCookies(cookies, url).length, 0, "nothing is left behind");
});

test("sign-ins that were never finished don't pile up in a browser: the newest ten stay", async (t) => {
  const { applyAcme, okta, url, browser } = await webhookUnderTest(t);
  await applyAcme();
  const cookies = new CookieJar();
  let first: string | undefined;
  let last: string | undefined;
  for (let i = 0; i < 25; i++) {
    const { headers } = await browser(cookies).get("/login/acme");
    first ??= String(headers.location);
    last = String(headers.location);
  }
  t.true(loginCookies(cookies, url).length <= 10);
  t.is(
    (await signIn(okta, first ?? "", "ada@acme.example", { cookies })).response.status,
    400,
    "the oldest is gone",
  );
  t.is((await signIn(okta, last ?? "", "ada@acme.example", { cookies })).response.status, 303);

  const long = new CookieJar();
  for (let i = 0; i < 10; i++) await browser(long).get(`/login/acme?return_to=/${"a".repeat(1_000)}`);
  t.true((long.header(new URL(url)) ?? "").length < 8_000, "proxies take 8 KB");
});

function loginCookies(cookies: CookieJar, url: string): string[] {
  return (cookies.header(new URL(url)) ?? "")
    .split("; ")
    .filter((cookie) => cookie.startsWith("okta-role-login-"));
}
