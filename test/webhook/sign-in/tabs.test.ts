import test from "ava";
import { CookieJar, signIn } from "../../../dev/okta/index.ts";
import { Browser } from "../browser.ts";
import { webhookUnderTest } from "../webhook-under-test.ts";

const ADA = "ada@acme.example";

test("several tabs sign in at once, and each comes back to its own place", async (t) => {
  const { applyAcme, okta, url, browser } = await webhookUnderTest(t);
  await applyAcme();
  const cookies = new CookieJar();
  const tabs = browser(cookies);
  const starts = [];
  for (const tab of ["one", "two", "three"]) starts.push(await tabs.get(`/login/acme?return_to=/${tab}`));
  // The last that was opened is the first that comes back.
  for (const [i, start] of [...starts.entries()].reverse()) {
    const { callback } = await signIn(okta, String(start.headers.location), ADA, { cookies });
    t.is(callback?.headers.location, `${url}/${["one", "two", "three"][i]}`);
  }
});

test("however many sign-ins are under way in a browser, they need one small cookie, and the first is still good", async (t) => {
  const { applyAcme, okta, url, browser } = await webhookUnderTest(t);
  await applyAcme();
  const cookies = new CookieJar();
  const starts: string[] = [];
  for (let i = 0; i < 25; i++) {
    const { headers } = await browser(cookies).get(`/login/acme?return_to=/${"a".repeat(i * 80)}`);
    starts.push(String(headers.location));
  }
  const sent = (cookies.header(new URL(url)) ?? "").split("; ");
  t.deepEqual(sent.map((pair) => pair.split("=")[0]).sort(), ["okta-role-browser", "okta-role-organization"]);
  t.true(sent.join("; ").length < 100, "one for the sign-ins, and one for where this browser was last");
  t.true((cookies.header(new URL("/callback/acme", url)) ?? "").length < 2_400);
  for (const start of starts) {
    const state = new URL(start).searchParams.get("state") ?? "";
    t.true(state.length <= 600, `${state.length}`);
  }
  const first = await signIn(okta, starts[0] ?? "", ADA, { cookies });
  t.is(first.callback?.headers.location, `${url}/`);
  const lost = await signIn(okta, starts[20] ?? "", ADA, { cookies });
  t.is(lost.callback?.headers.location, `${url}/login/acme/me?address=lost`, "the newest long one wins");
  const last = await signIn(okta, starts[24] ?? "", ADA, { cookies, followToEnd: true });
  t.is(last.visited.at(-1), `${url}/${"a".repeat(1_920)}`);
});

test("tabs that were opened all at once before there was a cookie all arrive", async (t) => {
  const { applyAcme, okta, url, browser } = await webhookUnderTest(t);
  await applyAcme();
  const jars = await Promise.all(
    Array.from({ length: 12 }, async (_, i) => {
      const cookies = new CookieJar();
      const { headers } = await browser(cookies).get(`/login/acme?return_to=/tab-${i}`);
      return { cookies, location: String(headers.location) };
    }),
  );
  // One browser: of the cookies that the answers bring, the last stays.
  const cookies = jars[7]?.cookies;
  for (const [i, { location }] of jars.entries()) {
    const { visited, response } = await signIn(okta, location, ADA, {
      ...(cookies ? { cookies } : {}),
      followToEnd: true,
    });
    t.is(visited.at(-1), `${url}/tab-${i}`);
    t.is(response.status, 404, "there is no such page, which is where it was to go");
  }
});

test("a browser that takes no cookies isn't sent round in circles", async (t) => {
  const { applyAcme, okta, url } = await webhookUnderTest(t);
  await applyAcme();
  const start = await new Browser(url).get("/login/acme");
  const { response } = await signIn(okta, String(start.headers.location), ADA);
  t.is(response.status, 400);
  const wrong = { cookie: `okta-role-browser=${"A".repeat(22)}` };
  const changing = await signIn(okta, String(start.headers.location), ADA, {
    headers: wrong,
    followToEnd: true,
  });
  t.is(changing.visited.at(-1), `${url}/`, "once more, and now with the cookie that it has");
});
