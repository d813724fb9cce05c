import { waitFor } from "../../cluster.ts";
import { arriveAt, inChromium, open, signInAtOkta, wholePage } from "../chromium.ts";
import { acmeWithAdmin, localAccount } from "./acme-admin.ts";

inChromium(
  "in a real browser: the list of users follows changes while it is open, and leaves the focus where it is",
  async (t) => {
    const underTest = await acmeWithAdmin(t);
    const { url, signIn, apply, cluster, heard } = underTest;
    const { page, problems } = await open(t);
    await page.goto(`${url}/login/acme/users`);
    await signInAtOkta(page, underTest, "olga");
    t.is(await page.textContent("h1"), "Users");
    const rows = page.locator("tbody tr");
    t.is(await rows.count(), 1);
    await page.focus("tbody a");
    await page.evaluate("getSelection().selectAllChildren(document.querySelector('tbody td'))");

    await signIn("ada");
    await apply(localAccount("zed", { name: "Zed Last" }));
    await rows.nth(2).waitFor();
    t.deepEqual(await page.locator("tbody th").allInnerTexts(), ["Ada Tester", "Olga Tester", "Zed Last"]);
    t.is(await page.evaluate("document.activeElement.textContent"), "Olga Tester", "with the focus");
    t.is(await page.evaluate("String(getSelection())"), "olga@acme.example", "and what is selected");
    await page.locator("#follow-status", { hasText: /^Updated at / }).waitFor();
    t.regex((await page.textContent("#users")) ?? "", /3 users/);

    await cluster.kubectl("delete", "orguser", "zed");
    await rows.nth(2).waitFor({ state: "detached" });
    t.is(await page.evaluate("document.activeElement.textContent"), "Olga Tester");

    const patch = [{ op: "replace", path: "/spec/roles/2/admin", value: false }];
    await cluster.kubectl("patch", "oktaorg", "acme", "--type=json", "-p", JSON.stringify(patch));
    await heard("oktaorg", "acme");
    await page.locator("#follow-status", { hasText: "no longer kept up to date" }).waitFor();
    await page.reload();
    t.is(await page.textContent("h1"), "This page is for administrators");
    // The console tells of the 403 itself, which is meant.
    t.deepEqual(
      problems.filter((problem) => !problem.includes("403")),
      [],
    );
  },
);

for (const colorScheme of ["light", "dark"] as const) {
  inChromium(
    `in a real browser: the list of users without scripts, by keyboard, ${colorScheme}`,
    async (t) => {
      const underTest = await acmeWithAdmin(t);
      const { url, apply, webhook } = underTest;
      await apply(
        ...Array.from({ length: 60 }, (_, i) =>
          localAccount(`user-${i}`, { name: `User ${i} of a family with a name that is long` }),
        ),
      );
      await waitFor(() => webhook.caches.users.size === 61 || undefined, { what: "all accounts" });
      const { page, problems } = await open(t, { javaScriptEnabled: false, colorScheme });
      await page.goto(`${url}/login/acme/users`);
      await signInAtOkta(page, underTest, "olga");
      t.is(await page.locator("tbody tr").count(), 50);
      await page.focus("#search");
      await page.keyboard.type("USER-5");
      await page.keyboard.press("Enter");
      await page.waitForURL("**/users?search=USER-5*");
      t.is(await page.locator("tbody tr").count(), 11);
      await page.selectOption("#source", "Okta");
      await page.click("text=Show >> nth=0");
      await page.getByText("Nobody is like that").waitFor();
      await page.click("#users >> text=Show everybody");
      await page.click("#next-page");
      await wholePage(page.locator("#previous-page"));
      t.is(await page.locator("tbody tr").count(), 11);
      await page.click("text=Last sign-in");
      await page.locator("th[aria-sort=descending]").waitFor();
      await page.getByRole("link", { name: "Olga Tester" }).click();
      await arriveAt(page, "Olga Tester");
      await page.click("text=End this person's sessions");
      await arriveAt(page, "End all sessions?");
      await page.click("text=Leave them as they are");
      await arriveAt(page, "Olga Tester");
      await page.goBack();
      await page.focus("main .button");
      await page.keyboard.press("Enter");
      await page.locator("text=Your sessions have ended").waitFor();
      await page.click("text=Sign in again");
      await page.waitForURL(`${url}/`);
      t.is(await page.textContent("h1"), "Signed in as Olga Tester");
      t.deepEqual(problems, []);
    },
  );
}
