import { arriveAt, inChromium, open, signInAtOkta, wholePage } from "./chromium.ts";
import { type UnderTest, webhookUnderTest } from "./webhook-under-test.ts";

inChromium(
  "in a real browser: sign in, see the roles, sign out here and at Okta, and sign in as somebody else",
  async (t) => {
    const underTest = await webhookUnderTest(t);
    await underTest.applyAcme();
    const { url } = underTest;
    const { page, problems } = await open(t);
    await page.goto(`${url}/login/acme`);
    await signInAtOkta(page, underTest, "raj");
    t.is(page.url(), `${url}/`);
    t.is(await page.textContent("h1"), "Signed in as Raj Tester");
    const rows = await page.locator("tbody tr").allInnerTexts();
    t.is(rows.length, 2);
    t.regex(rows.join(), /Portal Admin\s+portal_admin \(mapping portal\)/);
    const [cookie] = (await page.context().cookies(url)).filter(({ name }) =>
      name.startsWith("okta-role-session-"),
    );
    t.like(cookie, { httpOnly: true, sameSite: "Lax", path: "/" });

    await page.click("text=Sign out");
    await page.waitForURL(`${url}/logout/done?state=**`);
    t.is(await page.textContent("h1"), "You are signed out");
    await page.goto(`${url}/`);
    t.is(await page.textContent("h1"), "You are not signed in");

    await page.goto(`${url}/login/acme`);
    t.true(page.url().startsWith(underTest.okta.url), "Okta asks again");
    await signInAtOkta(page, underTest, "ada");
    t.is(await page.textContent("h1"), "Signed in as Ada Tester");
    t.deepEqual(problems, [], "no policy was violated and no script failed");
  },
);

inChromium("in a real browser: who is refused sees why, and signs in with another account", async (t) => {
  const underTest = await webhookUnderTest(t);
  await underTest.applyAcme();
  const { url } = underTest;
  const { page, problems } = await open(t, { colorScheme: "dark" });
  await page.goto(`${url}/login/acme?return_to=/session`);
  await signInAtOkta(page, underTest, "eve");
  t.is(await page.textContent("h1"), "You have no access");
  t.true((await page.locator(".groups li").allInnerTexts()).includes("marketing"));
  t.is(
    await page.evaluate("getComputedStyle(document.body).backgroundColor"),
    "rgb(18, 21, 27)",
    "dark, and styled",
  );
  t.is(await page.title(), "You have no access · Acme");

  await page.click("text=Sign in with another account");
  await signInAtOkta(page, underTest, "ada");
  t.is(await page.textContent("h1"), "Signed in as Ada Tester");
  // The console tells of the 403 itself, which is meant.
  t.deepEqual(
    problems.filter((problem) => !problem.includes("403")),
    [],
  );
});

inChromium("in a real browser: a local admin pastes a token, by keyboard alone", async (t) => {
  const underTest = await webhookUnderTest(t);
  const { applyAcme, apply, cluster, url, webhook } = underTest;
  await applyAcme();
  await cluster.kubectl("create", "serviceaccount", "mia");
  const spec = {
    organizationRef: { name: "acme" },
    source: "Local",
    email: "mia@acme.example",
    name: "Mia Local",
  };
  const mia = { ...spec, roles: ["organization-admin"], serviceAccountName: "mia" };
  await apply({
    apiVersion: "rolemapping.dev/v1alpha1",
    kind: "OrganizationUser",
    metadata: { name: "mia" },
    spec: mia,
  });
  await heardOf(webhook.caches.users, `${cluster.namespace}/mia`);
  const { stdout } = await cluster.kubectl("create", "token", "mia", "--audience", `${url}/login/acme`);

  const { page } = await open(t);
  await page.goto(`${url}/login/acme/local`);
  t.true((await page.textContent("pre"))?.includes(`--audience ${url}/login/acme`));
  await page.getByLabel("Token").fill("not a token");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await wholePage(page.getByRole("alert").getByText("isn't accepted"));
  await page.getByLabel("Token").fill(stdout);
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.waitForURL(`${url}/login/acme/me`);
  t.is(await page.textContent("h1"), "Signed in as Mia Local");
});

inChromium(
  "in a real browser: another site can neither sign somebody out nor put a page of ours into a frame",
  async (t) => {
    const underTest = await webhookUnderTest(t);
    await underTest.applyAcme();
    const { url } = underTest;
    const { page } = await open(t);
    await page.goto(`${url}/login/acme`);
    await signInAtOkta(page, underTest, "ada");
    // 127.0.0.1 is another site than localhost.
    await page.route("http://127.0.0.1:9/**", (route) =>
      route.fulfill({
        contentType: "text/html",
        body: `<iframe src="${url}/logout"></iframe><form method="post" action="${url}/logout"><button>Win a prize</button></form>`,
      }),
    );
    await page.goto("http://127.0.0.1:9/");
    t.false(
      page.frames().some((frame) => frame.url().startsWith(url)),
      "the frame stays empty",
    );
    await page.click("text=Win a prize");
    await arriveAt(page, "This request came from elsewhere");
    await page.goto(`${url}/`);
    t.is(await page.textContent("h1"), "Signed in as Ada Tester");
  },
);

async function heardOf(cache: UnderTest["webhook"]["caches"]["users"], key: string): Promise<void> {
  if (cache.get(key)) return;
  await new Promise<void>((resolve) => {
    const stop = cache.subscribe((change) => {
      if (change.key !== key) return;
      stop();
      resolve();
    });
  });
}
