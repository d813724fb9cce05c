import test from "ava";
import { CookieJar } from "../../../dev/okta/index.ts";
import { type Answer, Browser } from "../browser.ts";
import { webhookUnderTest } from "../webhook-under-test.ts";

test("signing out ends the session here and at Okta, so that another account can sign in", async (t) => {
  const { applyAcme, signIn, signedIn, session, browser, url, okta } = await webhookUnderTest(t);
  await applyAcme();
  const cookies = new CookieJar();
  await signedIn("ada", { cookies });
  // Okta knows this browser: the next sign-in asks for nothing.
  t.is((await signIn("nobody", { cookies, password: "wrong" })).response.status, 303);

  const out = await browser(cookies).post("/logout", {});
  const atOkta = goesOnTo(out);
  t.is(atOkta.origin, okta.url);
  t.is(atOkta.searchParams.get("post_logout_redirect_uri"), `${url}/logout/done`);
  t.truthy(atOkta.searchParams.get("id_token_hint"), "Okta ends a session only for who shows its ID token");
  t.is((await session(cookies)).status, 401);

  const back = await new Browser(okta.url, cookies).get(`${atOkta.pathname}${atOkta.search}`);
  t.is(back.status, 302);
  const home = new URL(String(back.headers.location));
  t.is(`${home.origin}${home.pathname}`, `${url}/logout/done`);
  const { location } = (await browser(cookies).get(`/${home.search}`)).headers;
  t.is(location, `/logout/done${home.search}`, "the address of old is still known");
  const page = await browser(cookies).get(`/logout/done${home.search}`);
  t.true(page.body.includes("You are signed out"));
  t.true(page.body.includes('href="/login/acme"'));

  const other = await signIn("raj", { cookies });
  const { body } = await session(other.cookies);
  t.like(body, { user: { email: "raj@acme.example" } });
});

test("who was refused can sign in with another account", async (t) => {
  const { applyAcme, signIn, signedIn, session, browser, okta } = await webhookUnderTest(t);
  await applyAcme();
  const cookies = new CookieJar();
  const { response } = await signIn("eve", { cookies });
  t.true(response.body.includes("Sign in with another account"));
  const out = await browser(cookies).post("/logout", { organization: "acme", again: "yes" });
  const atOkta = goesOnTo(out);
  const back = await new Browser(okta.url, cookies).get(`${atOkta.pathname}${atOkta.search}`);
  const home = await browser(cookies).get(
    new URL(String(back.headers.location)).pathname + new URL(String(back.headers.location)).search,
  );
  t.is(home.status, 303);
  t.is(home.headers.location, "/login/acme?prompt=login");
  await signedIn("ada", { cookies, path: "/login/acme?prompt=login" });
  t.is((await session(cookies)).status, 200);
});

test("nobody is signed out by a link, an image, or another site's form", async (t) => {
  const { applyAcme, signedIn, session, browser, url } = await webhookUnderTest(t);
  await applyAcme();
  const cookies = await signedIn("ada");
  const asked = await browser(cookies).get("/logout");
  t.is(asked.status, 200);
  t.true(asked.body.includes('<form method="post" action="/logout">'));
  const foreign = [
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" },
    { "sec-fetch-site": "none" },
    { "sec-fetch-site": "cross-site", origin: url },
    { "sec-fetch-site": "", origin: "https://evil.example" },
  ];
  for (const headers of foreign) {
    const answer = await browser(cookies).post("/logout", {}, headers);
    t.is(answer.status, 403, JSON.stringify(headers));
  }
  t.is((await session(cookies)).status, 200);
});

test("when Okta can't be reached, the session here ends all the same, and the page says what may not have", async (t) => {
  const { applyAcme, signedIn, session, browser, cluster, heard } = await webhookUnderTest(t);
  await applyAcme();
  const cookies = await signedIn("ada");
  const elsewhere = JSON.stringify({ spec: { okta: { issuer: "http://127.0.0.1:9" } } });
  await cluster.kubectl("patch", "oktaorg", "acme", "--type=merge", "-p", elsewhere);
  await heard("oktaorg", "acme");
  const answer = await browser(cookies).post("/logout", {});
  t.is(answer.status, 200);
  t.true(answer.body.includes("You are signed out here"));
  t.is((await session(cookies)).status, 401);
});

test("when the session has ended already, Okta's is ended all the same, or the page says that it may not be", async (t) => {
  const { applyAcme, signedIn, browser, url, okta } = await webhookUnderTest(t);
  await applyAcme();
  const cookies = await signedIn("ada");
  const page = await browser(cookies).get("/logout");
  t.true(page.body.includes('name="organization" value="acme"'));
  // The tab stays open overnight: what the session was is gone, what Okta is told at the end isn't.
  const ended = () => {
    const jar = new CookieJar();
    const at = new URL("/logout", url);
    const pairs = (cookies.header(at) ?? "").split("; ");
    jar.store(
      at,
      pairs.filter((pair) => !/session-/.test(pair)),
    );
    return jar;
  };
  const out = await browser(ended()).post("/logout", { organization: "acme" });
  t.is(goesOnTo(out).origin, okta.url);
  const unknown = await browser(ended()).post("/logout", {});
  t.is(unknown.status, 200);
  t.regex(unknown.body, /may still be signed in at Okta/);
});

test("where Okta can't be shown an ID token people aren't sent to its error, and the page says what may not be", async (t) => {
  const { applyAcme, signedIn, session, browser, url } = await webhookUnderTest(t);
  await applyAcme();
  const withoutToken = async () => {
    const cookies = await signedIn("ada");
    cookies.store(new URL(url), ["okta-role-id-token=; Path=/logout; Max-Age=0"]);
    return cookies;
  };
  const cookies = await withoutToken();
  const out = await browser(cookies).post("/logout", { organization: "acme" });
  t.is(out.status, 200);
  t.regex(out.body, /You are signed out here[\s\S]*may still be signed in at Okta/);
  t.notRegex(out.body, /http-equiv="refresh"/);
  t.is((await session(cookies)).status, 401);

  const again = await browser(await withoutToken()).post("/logout", { organization: "acme", again: "yes" });
  t.is(goesOnTo(again, url).href, `${url}/login/acme?prompt=login`, "Okta asks for the account then");
});

test("programs that ask for JSON get told where to go on", async (t) => {
  const { applyAcme, signedIn, browser, okta } = await webhookUnderTest(t);
  await applyAcme();
  const cookies = await signedIn("ada");
  const answer = await browser(cookies).post("/logout", {}, { accept: "application/json" });
  t.is(answer.status, 200);
  const body = JSON.parse(answer.body);
  t.true(body.signedOut);
  t.true(String(body.continueAt).startsWith(okta.url));
});

/** Where a page goes on to by itself, and by its link as well. */
function goesOnTo({ status, body }: Answer, base?: string): URL {
  const [, target = ""] = /<meta http-equiv="refresh" content="0; url=([^"]+)">/.exec(body) ?? [];
  if (status !== 200 || !body.includes(`<a class="button" href="${target}">`))
    throw new Error(`${status} ${body}`);
  return new URL(target.replaceAll("&amp;", "&"), base);
}
