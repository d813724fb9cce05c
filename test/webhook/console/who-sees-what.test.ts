import test from "ava";
import { waitFor } from "../../cluster.ts";
import { startOperator } from "../../journeys/operator-beside.ts";
import { person, webhookUnderTest } from "../webhook-under-test.ts";
import { okta, twoOrganizations } from "./two-organizations.ts";

/** The address that a redirect leads to, without its query: a sign-in, where somebody has to sign in. */
const SIGN_IN = "303 /login/acme";

/** Of Acme's pages: who gets what. Where there is nothing to post to, nobody can. */
const TABLE: Record<
  string,
  readonly [nobody: string, member: string, admin: string, other: string, local: string]
> = {
  "GET /login/acme/me": [
    "200 You are not signed in here",
    "200",
    "200",
    "200 You are not signed in here",
    "200",
  ],
  "GET /login/acme/settings": [SIGN_IN, "403", "200", SIGN_IN, "200"],
  "GET /login/acme/mappings": [SIGN_IN, "403", "200", SIGN_IN, "200"],
  "POST /login/acme/mappings": ["401", "403", "200", "401", "200"],
  // They may see it all, but this organization doesn't let them save.
  "POST /login/acme/mappings/save": ["401", "403", "403", "401", "403"],
  "GET /login/acme/mappings/save": ["404", "404", "404", "404", "404"],
  "GET /login/acme/why": [SIGN_IN, "200", "200", SIGN_IN, "200"],
  "GET /login/acme/why?email=kim@acme.example": [SIGN_IN, "200", "200", SIGN_IN, "200"],
  "POST /login/acme/why": ["404", "404", "404", "404", "404"],
  "GET /login/acme/users": [SIGN_IN, "403", "200", SIGN_IN, "200"],
  "GET /login/acme/users?search=kim": [SIGN_IN, "403", "200", SIGN_IN, "200"],
  "GET /login/acme/users.csv": [SIGN_IN, "403", "200", SIGN_IN, "200"],
  "POST /login/acme/users": ["404", "404", "404", "404", "404"],
  "POST /login/acme/users.csv": ["404", "404", "404", "404", "404"],
  "POST /login/acme/me": ["404", "404", "404", "404", "404"],
  "POST /login/acme/settings": ["404", "404", "404", "404", "404"],
  "GET /login/acme/users/mia": [SIGN_IN, "403", "200", SIGN_IN, "200"],
  "GET /login/acme/users/nobody": [SIGN_IN, "403", "404", SIGN_IN, "404"],
  "POST /login/acme/users/mia": ["404", "404", "404", "404", "404"],
  "GET /login/acme/users/mia/end-sessions": [SIGN_IN, "403", "200", SIGN_IN, "200"],
  // Mia's own have ended by then.
  "POST /login/acme/users/mia/end-sessions": ["401", "403", "303 /login/acme/users/mia", "401", "401"],
};

test("who sees what: every page, every kind of visitor, every method", async (t) => {
  const underTest = await webhookUnderTest(t, { okta });
  const visitors = Object.entries(await twoOrganizations(underTest));
  for (const [asked, row] of Object.entries(TABLE)) {
    const [method, path = ""] = asked.split(" ");
    for (const [i, [who, cookies]] of visitors.entries()) {
      const browser = underTest.browser(cookies);
      const answer = await (method === "GET" ? browser.get(path) : browser.post(path, {}));
      const { location } = answer.headers;
      const [expected = "", title] = /^(\d+)(?: (.*))?$/.exec(row[i] ?? "")?.slice(1) ?? [];
      t.is(String(answer.status), expected, `${who}: ${asked}`);
      if (expected === "303") t.is(String(location).replace(underTest.url, "").split("?")[0], title, who);
      else if (title !== undefined)
        t.true(answer.body.includes(`<h1 dir="auto">${title}</h1>`), `${who}: ${asked}`);
      if (answer.status === 403) t.notRegex(answer.body, /kim@|bea@|Issuer/, `${who}: ${asked}`);
    }
  }
});

test("nothing that a page of another site sends is done, and no page of ours can be framed or kept", async (t) => {
  const underTest = await webhookUnderTest(t, { okta });
  const { admin } = await twoOrganizations(underTest);
  const browser = underTest.browser(admin);
  for (const asked of Object.keys(TABLE)) {
    const [method, path = ""] = asked.split(" ");
    if (method === "POST") {
      const answer = await browser.post(
        path,
        {},
        { "sec-fetch-site": "cross-site", origin: "https://evil.example" },
      );
      t.true([403, 404].includes(answer.status), asked);
      continue;
    }
    const { headers } = await browser.get(path);
    t.is(headers["cache-control"], "no-store", asked);
    t.is(headers["x-frame-options"], "DENY", asked);
    t.regex(String(headers["content-security-policy"]), /^default-src 'none'.*frame-ancestors 'none'/, asked);
    t.notRegex(String(headers["content-security-policy"]), /unsafe/, asked);
  }
});

test("an admin role that goes away closes every page for admins at the next request", async (t) => {
  const underTest = await webhookUnderTest(t, { okta });
  const operator = startOperator(underTest);
  t.teardown(() => operator.stop());
  const { admin } = await twoOrganizations(underTest);
  const browser = underTest.browser(admin);
  const pages = Object.entries(TABLE).flatMap(([asked, [, member, admin]]) =>
    asked.startsWith("GET ") && member === "403" && admin === "200" ? [asked.slice(4)] : [],
  );
  for (const path of pages) t.is((await browser.get(path)).status, 200, path);
  await underTest.cluster.kubectl("delete", "orm", "organization");
  await waitFor(async () => ((await browser.get(pages[0] ?? "")).status === 403 ? true : undefined), {
    what: "the role to have gone",
  });
  for (const path of pages) t.is((await browser.get(path)).status, 403, path);
  t.is((await browser.get("/login/acme/me")).status, 200, "the other role is held on");
});

test("a role of the catalogue that administers no more closes them as well, and a local admin is told where they are", async (t) => {
  const underTest = await webhookUnderTest(t, { okta });
  const { admin, "local admin": mia } = await twoOrganizations(underTest);
  const { cluster, heard, browser } = underTest;
  const marked = await browser(mia).get("/login/acme/settings");
  t.true(marked.body.includes("You are signed in past Okta"));
  t.false((await browser(admin).get("/login/acme/settings")).body.includes("past Okta"));
  const patch = [{ op: "replace", path: "/spec/roles/2/admin", value: false }];
  await cluster.kubectl("patch", "oktaorg", "acme", "--type=json", "-p", JSON.stringify(patch));
  await heard("oktaorg", "acme");
  t.is((await browser(admin).get("/login/acme/settings")).status, 403);
  t.is((await browser(mia).get("/login/acme/settings")).status, 403);
});

test("whoever has to sign in first comes back to the very page, its query included", async (t) => {
  const underTest = await webhookUnderTest(t, { okta });
  await twoOrganizations(underTest);
  const path = "/login/acme/settings?a=b%20c&d=%26";
  const { response } = await underTest.signIn("kim", { path, followToEnd: true });
  t.is(response.status, 200);
  t.is(response.url, `${underTest.url}${path}`);
});

test("the start page offers the organization that this browser was at last, and finds one that is entered", async (t) => {
  const underTest = await webhookUnderTest(t, { okta });
  const { nobody } = await twoOrganizations(underTest);
  const { browser, url } = underTest;
  const fresh = browser(nobody);
  const first = await fresh.get("/");
  t.regex(first.body, /Your organization/);
  t.notRegex(first.body, /Acme|Beta/, "which organizations there are isn't everybody's business");
  t.is((await fresh.get("/?organization=acme")).headers.location, `${url}/login/acme`);
  t.is(
    (await fresh.get(`/?organization=${encodeURIComponent(`${url}/login/ACME/`)}`)).headers.location,
    `${url}/login/acme`,
  );
  const unknown = await fresh.get("/?organization=%3Cb%3Eacne");
  t.is(unknown.status, 404);
  t.true(unknown.body.includes("There is no organization <code>&lt;b&gt;acne</code> here."));
  await fresh.get("/login/acme");
  t.regex((await fresh.get("/")).body, /you were last at <strong dir="auto">Acme/);
});

test("two organizations in one browser: each has its pages, and my access leads from one to the other", async (t) => {
  const kim = person("kim", ["org_admin", "beta_admin"]);
  const underTest = await webhookUnderTest(t, { okta: { ...okta, users: [kim] } });
  await twoOrganizations({ ...underTest, signedIn: (_, options) => underTest.signedIn("kim", options) });
  const cookies = await underTest.signedIn("kim");
  await underTest.signedIn("kim", { path: "/login/beta", cookies });
  const browser = underTest.browser(cookies);
  const acme = await browser.get("/login/acme/me");
  t.regex(acme.body, /Also signed in at[\s\S]*href="\/login\/beta\/me"/);
  const beta = await browser.get("/login/beta/settings");
  t.true(beta.body.includes(`${underTest.url}/login/beta`));
  t.false(beta.body.includes("/login/acme"));
});
