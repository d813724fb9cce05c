import { createSecretKey } from "node:crypto";
import test from "ava";
import type { AlterIdToken } from "../../../dev/okta/index.ts";
import { CookieJar } from "../../../dev/okta/index.ts";
import { Browser } from "../browser.ts";
import { CLIENT_SECRET, person, type UnderTest, webhookUnderTest } from "../webhook-under-test.ts";

const FORGERIES: Record<string, AlterIdToken> = {
  "a wrong signature": () => ({ signWith: "other" }),
  "no signature and alg none": (_claims, header) => ({
    header: { ...header, alg: "none" },
    signWith: "nothing",
  }),
  "a signature by the client secret": (_claims, header) => ({
    header: { ...header, alg: "HS256" },
    signWith: createSecretKey(Buffer.from(CLIENT_SECRET)),
  }),
  "another issuer": (claims) => ({ claims: { ...claims, iss: "https://evil.example" } }),
  "another audience": (claims) => ({ claims: { ...claims, aud: "another-client" } }),
  "another authorized party": (claims) => ({
    claims: { ...claims, aud: [claims.aud, "x"], azp: "another-client" },
  }),
  "another nonce": (claims) => ({ claims: { ...claims, nonce: "another" } }),
  "no nonce": ({ nonce: _, ...claims }) => ({ claims }),
  "a time that is over": (claims) => ({ claims: { ...claims, exp: Math.floor(Date.now() / 1000) - 3600 } }),
  "a time that is to come": (claims) => ({
    claims: { ...claims, iat: Math.floor(Date.now() / 1000) + 3600 },
  }),
  "no subject": ({ sub: _, ...claims }) => ({ claims }),
};

test("an ID token that isn't what it has to be signs nobody in", async (t) => {
  const { applyAcme, signIn, session, users, okta } = await webhookUnderTest(t);
  await applyAcme();
  for (const [what, alter] of Object.entries(FORGERIES)) {
    okta.alterIdToken = alter;
    const { response, cookies } = await signIn("ada");
    t.is(response.status, 502, what);
    t.true(response.body.includes("didn&#39;t pass the checks"), what);
    t.is((await session(cookies)).status, 401, what);
  }
  okta.alterIdToken = undefined;
  t.is((await users()).size, 0);
  t.is((await signIn("ada")).response.status, 303);
});

test("a token whose times don't fit tells administrators by how much, and whether a clock is wrong", async (t) => {
  const { applyAcme, signIn, okta } = await webhookUnderTest(t);
  await applyAcme();
  okta.alterIdToken = FORGERIES["a time that is to come"];
  const { response } = await signIn("ada");
  t.is(response.status, 502);
  t.regex(response.body, /For administrators: Okta&#39;s clock and the one here agree/);
  t.false(response.body.includes("okta.clientID"));
});

test("a callback that is called once more goes on to where the person wanted to go; whoever copied it gets no session", async (t) => {
  const underTest = await webhookUnderTest(t);
  await underTest.applyAcme();
  const { url, cookies } = await toCallback(underTest, "ada", "/login/acme?return_to=/app?x=a+b");
  const copied = cookies.header(new URL(url)) ?? "";
  const browser = new Browser(underTest.url, cookies);
  const app = `${underTest.url}/app?x=a+b`;
  const first = await browser.get(pathOf(url));
  t.is(first.headers.location, app);
  const other = await underTest.replica();
  for (const at of [underTest.url, other.url]) {
    const again = await new Browser(at, cookies).get(pathOf(url));
    t.is(again.status, 303);
    t.is(again.headers.location, app);
    t.false(setCookies(again).some(isSession));
  }

  const { pathname, searchParams } = new URL(url);
  const withoutCode = `${pathname}?state=${searchParams.get("state")}`;
  for (const at of [underTest.url, other.url]) {
    const thief = await new Browser(at).get(pathOf(url), { cookie: copied });
    t.is(thief.headers.location, withoutCode, "Okta takes a code once");
    t.false(setCookies(thief).some(isSession));
    const end = await new Browser(at).get(withoutCode, { cookie: copied });
    t.is(end.status, 400, "and there it ends");
    t.regex(end.body, /href="\/login\/acme\?return_to=%2Fapp%3Fx%3Da%2Bb"/, "the way back isn't lost");
  }
  // The browser whose first answer was lost but for its session.
  const session = (cookies.header(new URL(underTest.url)) ?? "")
    .split("; ")
    .filter((pair) => !pair.includes("done"));
  const back = await new Browser(other.url).get(withoutCode, { cookie: session.join("; ") });
  t.is(back.headers.location, app);
});

test("a callback that comes twice at once is redeemed once, and both are signed in", async (t) => {
  const underTest = await webhookUnderTest(t);
  await underTest.applyAcme();
  const { url, cookies } = await toCallback(underTest, "ada");
  const copied = cookies.header(new URL(url)) ?? "";
  const answers = await Promise.all(
    [1, 2].map(() => new Browser(underTest.url).get(pathOf(url), { cookie: copied })),
  );
  for (const answer of answers) {
    t.is(answer.headers.location, `${underTest.url}/`);
    t.true(setCookies(answer).some(isSession));
  }
  t.regex(await underTest.metrics.metrics(), /logins_total\{[^}]*outcome="admitted"[^}]*\} 1$/m);
});

test("a refusal that is reloaded stays the same refusal, at every replica", async (t) => {
  const underTest = await webhookUnderTest(t);
  await underTest.applyAcme();
  const other = await underTest.replica();
  const { url, cookies } = await toCallback(underTest, "eve");
  const seen = new Set<string>();
  for (const at of [underTest.url, other.url, underTest.url]) {
    const { status, body } = await new Browser(at, cookies).get(pathOf(url));
    t.is(status, 403);
    t.regex(body, /You have no access[\s\S]*eve@acme\.example/);
    t.regex(body, /Groups received from Okta[\s\S]*<li[^>]*>marketing</);
    t.regex(body, /Sign in with another account/);
    seen.add(body.replace(/<footer>.*<\/footer>/, ""));
  }
  t.is(seen.size, 1);
});

test("who is refused for a near miss is told whom to ask, and not which group would do; programs are told the same", async (t) => {
  const near = { groups: ["Service_Admin"], users: [person("nea", ["Service_Admin"])] };
  const underTest = await webhookUnderTest(t, { okta: near });
  await underTest.applyAcme({ mappings: { "secret-services": [["service_admin"], ["service-admin"]] } });
  const sentence = "One of your groups is almost one that gives access: ask an administrator of Acme";
  for (const accept of ["text/html", "application/json"]) {
    const { url, cookies } = await toCallback(underTest, "nea");
    for (const what of ["at first", "reloaded"]) {
      const { status, body } = await new Browser(underTest.url, cookies).get(pathOf(url), { accept });
      t.is(status, 403, what);
      t.true(body.includes(sentence), what);
      t.true(body.includes("Service_Admin"), "as it was received");
      t.false(/secret-services|service_admin/.test(body), what);
    }
  }
});

test("a callback with the state of another browser, of another organization, or none, makes no session", async (t) => {
  const underTest = await webhookUnderTest(t);
  const { applyAcme, session } = underTest;
  await applyAcme();
  await applyAcme({ name: "beta", mappings: { "beta-services": [["service_admin"], ["service-admin"]] } });
  const { url } = await toCallback(underTest, "ada");
  const victim = underTest.browser();
  t.is((await victim.get(pathOf(url))).status, 400, "no cookie at all");
  await victim.get("/login/acme");
  const restarted = await victim.get(pathOf(url));
  t.true(
    String(restarted.headers.location).startsWith(underTest.okta.url),
    "a sign-in of another browser begins anew",
  );
  t.false(setCookies(restarted).some(isSession));
  let next = restarted;
  for (let i = 0; i < 5; i++) {
    t.is(next.status, 303);
    const state = new URL(String(next.headers.location)).searchParams.get("state");
    const another = underTest.browser();
    await another.get("/login/acme");
    next = await another.get(`/callback/acme?code=x&state=${state}`);
  }
  t.is(next.status, 400, "but not for ever");

  const mixed = await toCallback(underTest, "ada");
  const browser = new Browser(underTest.url, mixed.cookies);
  const elsewhere = await browser.get(pathOf(mixed.url).replace("/callback/acme", "/callback/beta"));
  t.is(elsewhere.status, 400, "begun at acme, ended at beta");
  t.is((await session(mixed.cookies)).status, 401);

  for (const query of [
    "",
    "?code=x",
    "?state=x",
    "?state=x&code=y",
    "?state=a&state=b&code=y",
    "?error=access_denied",
  ])
    t.is((await victim.get(`/callback/acme${query}`)).status, 400, query);
});

test("a state or a browser's cookie that was changed or made by hand is as good as none", async (t) => {
  const underTest = await webhookUnderTest(t);
  await underTest.applyAcme();
  const { url, cookies } = await toCallback(underTest, "ada");
  const cookie = cookies.header(new URL(url)) ?? "";
  const state = new URL(url).searchParams.get("state") ?? "";
  const changed = `${state.slice(0, -5)}${state.at(-5) === "A" ? "B" : "A"}${state.slice(-4)}`;
  for (const forged of [changed, ".", "x.y", state.slice(0, 30), "a".repeat(4000)]) {
    const target = new URL(url);
    target.searchParams.set("state", forged);
    const answer = await new Browser(underTest.url).get(pathOf(target.href), { cookie });
    t.is(answer.status, 400, forged.slice(0, 30));
  }
  for (const forged of ["", "x", `${cookie}x`, "a".repeat(4000)]) {
    const answer = await new Browser(underTest.url).get(pathOf(url), {
      cookie: `okta-role-browser=${forged}`,
    });
    t.is(answer.status, 400, forged.slice(0, 30));
  }
  // Still good in the right hands: nothing of the above has used it up.
  t.is((await new Browser(underTest.url, cookies).get(pathOf(url))).status, 303);
});

test("a session cookie that was changed, made by hand or is of another kind is refused", async (t) => {
  const underTest = await webhookUnderTest(t);
  await underTest.applyAcme();
  const cookies = await underTest.signedIn("ada");
  const pairs = (cookies.header(new URL(underTest.url)) ?? "").split("; ");
  const [name = "", token = ""] = (pairs.find((pair) => pair.includes("-session-")) ?? "").split("=");
  t.regex(name, /^okta-role-session-[\w-]{8}$/);
  const parts = token.split(":");
  const mac = parts.at(-1) ?? "";
  const changed = (at: number, value: string) => parts.with(at, value).join(":");
  const started = await underTest.browser().get("/login/acme");
  const login = new URL(String(started.headers.location)).searchParams.get("state") ?? "";
  const forgeries = {
    "another version": changed(0, "1"),
    "an unknown key": changed(1, "AAAAAAAAAAAA"),
    "the name of a property": changed(1, "__proto__"),
    "another account": changed(2, `${underTest.cluster.namespace}%2Fmia`),
    "a later epoch": changed(4, "1"),
    "a later end": changed(7, "zzzz"),
    "another id": changed(8, "AAAAAAAAAAA"),
    "no signature": changed(-1, ""),
    "half a signature": changed(-1, mac.slice(0, 20)),
    "one part less": parts.toSpliced(9, 1).join(":"),
    "one part more": parts.toSpliced(9, 0, "").join(":"),
    "the state of a sign-in": login,
    "something long": changed(2, "A".repeat(9_000)),
    "something short": ":",
  };
  for (const [what, value] of Object.entries(forgeries)) {
    const answer = await new Browser(underTest.url).get("/session", { cookie: `${name}=${value}` });
    t.is(answer.status, 401, what);
    t.is(JSON.parse(answer.body).code, "session-invalid", what);
  }
  t.is((await underTest.session(cookies)).status, 200);
});

test("an answer that names another server than the one that was asked is refused (RFC 9207)", async (t) => {
  const underTest = await webhookUnderTest(t, { okta: { issuerParameter: true } });
  await underTest.applyAcme();
  t.is((await underTest.signIn("ada")).response.status, 303);
  const { url, cookies } = await toCallback(underTest, "ada");
  const mixedUp = new URL(url);
  mixedUp.searchParams.set("iss", "https://evil.example");
  t.is((await new Browser(underTest.url, cookies).get(pathOf(mixedUp.href))).status, 400);
});

/** A sign-in up to the point where the browser would call the callback: it has the cookie, and nobody has called. */
async function toCallback(
  { okta, url: base }: UnderTest,
  name: string,
  path = "/login/acme",
): Promise<{ url: string; cookies: CookieJar }> {
  const cookies = new CookieJar();
  const browser = new Browser(base, cookies);
  const { headers } = await browser.get(path);
  const oktaCookies = new CookieJar();
  let url = String(headers.location);
  while (!url.startsWith(`${base}/callback/`)) {
    const isForm = new URL(url).pathname.startsWith("/signin/");
    const oktaBrowser = new Browser(okta.url, oktaCookies);
    const answer: { headers: Record<string, unknown> } = isForm
      ? await oktaBrowser.post(pathOf(url), { username: `${name}@acme.example`, password: name })
      : await oktaBrowser.get(pathOf(url));
    url = new URL(String(answer.headers.location), url).href;
  }
  return { url, cookies };
}

function pathOf(url: string): string {
  const { pathname, search } = new URL(url);
  return `${pathname}${search}`;
}

function setCookies({ headers }: { headers: Record<string, string | string[] | undefined> }): string[] {
  return [headers["set-cookie"] ?? []].flat();
}

function isSession(cookie: string): boolean {
  return /^okta-role-session-[\w-]{8}=[^;]/.test(cookie);
}
