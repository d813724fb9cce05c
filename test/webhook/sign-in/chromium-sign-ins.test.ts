import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { ExecutionContext } from "ava";
import { inChromium, open, signInAtOkta } from "../chromium.ts";
import { webhookUnderTest } from "../webhook-under-test.ts";

inChromium(
  "in a real browser: twenty requests of a page at once begin no sign-in; twelve tabs opened at once all arrive",
  async (t) => {
    const underTest = await webhookUnderTest(t);
    await underTest.applyAcme();
    const { url } = underTest;
    const { page } = await open(t);
    // Pages of ours let no script ask anything: an application's would.
    await page.goto(`${url}/session`);
    const asked = await page.evaluate(
      `Promise.all(Array.from({ length: 20 }, async (_, i) => {
        const answer = await fetch("/login/acme?return_to=/api/" + i);
        return answer.status + " " + (await answer.json()).login;
      }))`,
    );
    t.deepEqual(asked, Array(20).fill(`401 ${url}/login/acme`));
    t.deepEqual(await page.context().cookies(url), []);

    // Okta knows the person; we know nothing of the browser yet.
    await page.goto(`${url}/login/acme`);
    await signInAtOkta(page, underTest, "ada");
    const { hostname } = new URL(url);
    await page.context().clearCookies({ domain: hostname, name: /^okta-role-/ });
    const tabs = await Promise.all(Array.from({ length: 12 }, () => page.context().newPage()));
    const paths = tabs.map((_, i) => `/tab/${i}?q=a+b%20c&d=%26`);
    await Promise.all(tabs.map((tab, i) => tab.goto(`${url}/login/acme?return_to=${paths[i]}`)));
    t.deepEqual(
      tabs.map((tab) => tab.url()),
      paths.map((path) => `${url}${path}`),
    );
    const cookies = (await page.context().cookies(url)).filter(({ name }) => name.startsWith("okta-role-"));
    t.deepEqual(cookies.map(({ name }) => name.replace(/session-.*/, "session")).sort(), [
      "okta-role-browser",
      "okta-role-organization",
      "okta-role-session",
    ]);
  },
);

inChromium(
  "in a real browser: a callback that is opened once more, and the Back button, lead to where the person wanted to go",
  async (t) => {
    const underTest = await webhookUnderTest(t);
    await underTest.applyAcme();
    const { url } = underTest;
    const { page } = await open(t);
    await page.goto(`${url}/login/acme?return_to=/session`);
    const visited: string[] = [];
    page.on("request", (request) => {
      if (request.url().startsWith(`${url}/callback/`)) visited.push(request.url());
    });
    await signInAtOkta(page, underTest, "ada");
    await page.waitForURL(`${url}/session`);
    const [callback = ""] = visited;
    await page.goto(callback);
    t.is(page.url(), `${url}/session`, "the callback once more");
    await page.goto(`${url}/login/acme/me`);
    await page.goBack();
    t.is(page.url(), `${url}/session`);
    t.regex((await page.textContent("body")) ?? "", /ada@acme\.example/);
  },
);

inChromium(
  "in a real browser: signing out, and in with another account, goes on where Okta redirects to another identity provider",
  async (t) => {
    const underTest = await webhookUnderTest(t);
    await underTest.applyAcme();
    const { url, okta } = underTest;
    const elsewhere = await otherProvider(t);
    const { page, problems } = await open(t);
    await page.goto(`${url}/login/acme`);
    await signInAtOkta(page, underTest, "ada");
    okta.misbehave({
      fault: { kind: "status", status: 302, headers: { location: elsewhere }, body: "" },
      on: ["logout"],
    });
    await page.click("text=Sign out");
    await page.waitForURL(elsewhere);
    t.is(await page.textContent("h1"), "Another provider");

    okta.behave();
    const { page: other, problems: more } = await open(t);
    await other.goto(`${url}/login/acme`);
    await signInAtOkta(other, underTest, "eve");
    okta.misbehave({
      fault: { kind: "status", status: 302, headers: { location: elsewhere }, body: "" },
      on: ["logout"],
    });
    await other.click("text=Sign in with another account");
    await other.waitForURL(elsewhere);
    t.deepEqual(
      [...problems, ...more].filter((problem) => /form-action|Content Security Policy/.test(problem)),
      [],
    );
  },
);

/** Another site that Okta may send people to: 127.0.0.1 is another one than localhost. */
async function otherProvider(t: ExecutionContext): Promise<string> {
  const server = createServer((_req, res) => {
    res.setHeader("Content-Type", "text/html");
    res.end("<h1>Another provider</h1>");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.teardown(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/sso`;
}
