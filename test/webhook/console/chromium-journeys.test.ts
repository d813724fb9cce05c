import { arriveAt, inChromium, open, signInAtOkta } from "../chromium.ts";
import { person, type UnderTest, webhookUnderTest } from "../webhook-under-test.ts";

const okta = {
  users: [person("kim", ["service_admin", "org_admin"]), person("ada", ["service_admin"])],
  groups: ["service_admin", "org_admin"],
};

async function acme(underTest: UnderTest): Promise<void> {
  const mappings: Record<string, [string[], string[]]> = {
    services: [["service_admin"], ["service-admin"]],
    organization: [["org_admin"], ["organization-admin"]],
  };
  await underTest.applyAcme({ mappings });
}

inChromium(
  "in a real browser: twelve tabs that are restored after the session has ended arrive where they were, by one sign-in",
  async (t) => {
    const underTest = await webhookUnderTest(t, { okta });
    await acme(underTest);
    const { url } = underTest;
    const { page } = await open(t);
    const pages = ["me", "settings", "settings?tab=1"];
    await page.goto(`${url}/login/acme/settings`);
    await signInAtOkta(page, underTest, "kim");
    // The browser forgets what ended with it; Okta still knows the person.
    await page.context().clearCookies({ domain: new URL(url).hostname, name: /^okta-role-session/ });
    const tabs = await Promise.all(Array.from({ length: 12 }, () => page.context().newPage()));
    await Promise.all(tabs.map((tab, i) => tab.goto(`${url}/login/acme/${pages[i % pages.length]}`)));
    // My access says that nobody is signed in, until the others have signed in.
    t.deepEqual(
      tabs.map((tab) => tab.url()),
      tabs.map((_, i) => `${url}/login/acme/${pages[i % pages.length]}`),
    );
    for (const [i, tab] of tabs.entries()) {
      await tab.reload();
      const title = i % pages.length === 0 ? "Signed in as Kim Tester" : "Identity management";
      t.is(await tab.textContent("h1"), title);
    }
  },
);

inChromium("in a real browser without scripts: everything is there but the buttons that copy", async (t) => {
  const underTest = await webhookUnderTest(t, { okta });
  await acme(underTest);
  const { url } = underTest;
  const { page } = await open(t, { javaScriptEnabled: false });
  await page.goto(`${url}/login/acme/settings`);
  await signInAtOkta(page, underTest, "kim");
  t.true(await page.getByText(`${url}/login/acme`, { exact: true }).isVisible());
  t.is(await page.getByRole("button", { name: /copy/i }).count(), 0, "none that would do nothing");
  await page.getByRole("link", { name: "My access" }).click();
  await arriveAt(page, "Signed in as Kim Tester");
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.waitForURL(`${url}/logout/done?state=**`);
  t.is(await page.textContent("h1"), "You are signed out");
});

inChromium("in a real browser: an address is copied by a click", async (t) => {
  const underTest = await webhookUnderTest(t, { okta });
  await acme(underTest);
  const { url } = underTest;
  const { page, problems } = await open(t, { permissions: ["clipboard-read", "clipboard-write"] });
  await page.goto(`${url}/login/acme/settings`);
  await signInAtOkta(page, underTest, "kim");
  await page.getByRole("button", { name: "Copy the address" }).first().click();
  await page.getByText("Copied").waitFor();
  t.is(await page.evaluate("navigator.clipboard.readText()"), `${url}/login/acme`);
  t.deepEqual(problems, []);
});

inChromium(
  "in a real browser: after signing out the Back button shows nothing of what was there, and somebody else signs in",
  async (t) => {
    const underTest = await webhookUnderTest(t, { okta });
    await acme(underTest);
    const { url } = underTest;
    const { page } = await open(t);
    await page.goto(`${url}/login/acme/settings`);
    await signInAtOkta(page, underTest, "kim");
    t.is(await page.textContent("h1"), "Identity management");
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.waitForURL(`${url}/logout/done?state=**`);
    await page.goBack();
    await page.waitForURL(`${underTest.okta.url}/**`);
    t.false((await page.content()).includes("Identity management"), "Okta asks who it is");
    await signInAtOkta(page, underTest, "ada");
    t.is(await page.textContent("h1"), "This page is for administrators", "Ada is no admin");
    t.is(await page.locator(".visitor span").textContent(), "Ada Tester");
  },
);

inChromium("in a real browser: who loses the role while looking is told at the next click", async (t) => {
  const underTest = await webhookUnderTest(t, { okta });
  await acme(underTest);
  const { url, cluster, heard } = underTest;
  const { page } = await open(t);
  await page.goto(`${url}/login/acme/settings`);
  await signInAtOkta(page, underTest, "kim");
  const patch = [{ op: "replace", path: "/spec/roles/2/admin", value: false }];
  await cluster.kubectl("patch", "oktaorg", "acme", "--type=json", "-p", JSON.stringify(patch));
  await heard("oktaorg", "acme");
  await page.getByRole("link", { name: "Identity management" }).click();
  await arriveAt(page, "This page is for administrators");
  t.is(await page.getByRole("link", { name: "Users", exact: true }).count(), 0, "nor do links lead there");
});
