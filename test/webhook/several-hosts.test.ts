import { once } from "node:events";
import { createServer } from "node:http";
import type { ExecutionContext } from "ava";
import { decodeJwt } from "jose";
import { request } from "undici";
import { freePort } from "../../dev/control-plane/ports.ts";
import { inChromium, open, signInAtOkta } from "./chromium.ts";
import { webhookUnderTest } from "./webhook-under-test.ts";

const DOMAIN = "door.localhost";

/** An application behind a proxy that asks before each request, at a host of its own. It shows what it is told. */
async function guardedAt(t: ExecutionContext, port: number, ask: (host: string) => string): Promise<void> {
  const server = createServer(async (req, res) => {
    const { host = "", cookie = "", accept = "", "sec-fetch-mode": mode = "" } = req.headers;
    const answer = await request(ask(host), {
      headers: {
        cookie,
        accept,
        "sec-fetch-mode": String(mode),
        "x-forwarded-host": host,
        "x-forwarded-uri": req.url ?? "",
      },
    });
    const body = await answer.body.text();
    const { location, "x-auth-request-assertion": assertion, "x-auth-request-email": email } = answer.headers;
    res.writeHead(answer.statusCode, location === undefined ? {} : { Location: String(location) });
    res.end(answer.statusCode === 200 ? `${email} ${decodeJwt(String(assertion)).aud} ${cookie}` : body);
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
}

inChromium(
  "in a real browser: a sign-in that begins at one application ends there, and counts at another host of the domain",
  async (t) => {
    const ports = [await freePort(), await freePort()] as const;
    const [a, b] = [`app-a.${DOMAIN}:${ports[0]}`, `app-b.${DOMAIN}:${ports[1]}`];
    const under = await webhookUnderTest(t, {
      host: `login.${DOMAIN}`,
      cookieDomain: DOMAIN,
      applicationHosts: [a, b],
    });
    await under.applyAcme();
    const here = `organization=${under.cluster.namespace}/acme`;
    const { port: own } = new URL(under.url);
    const ask = (host: string) =>
      `http://127.0.0.1:${own}/auth?${here}&role=service-admin&signin=redirect&host=${host}`;
    for (const port of ports) await guardedAt(t, port, ask);

    const { page } = await open(t);
    await page.goto(`http://${a}/reports?of=a+b&x=%26`);
    await signInAtOkta(page, { ...under, url: `http://${a}` }, "ada");
    t.is(page.url(), `http://${a}/reports?of=a+b&x=%26`);
    t.regex(
      await page.innerText("body"),
      new RegExp(`^ada@acme.example ${under.cluster.namespace}/acme@${a}`),
    );
    await page.goto(`http://${b}/`);
    t.regex(
      await page.innerText("body"),
      new RegExp(`^ada@acme.example ${under.cluster.namespace}/acme@${b}`),
    );

    const seen = (await page.innerText("body")).split(" ").filter((word) => word.startsWith("okta-role-"));
    t.regex(seen.join(), /^okta-role-session-[\w-]{8}=[^,]*$/, "of all cookies only the session gets there");
    await page.goto(`${under.url}/login/acme/me`);
    await page.click("text=Sign out");
    await page.waitForURL(`${under.url}/logout/done**`);
    await page.goto(`http://${b}/`);
    t.true(page.url().startsWith(under.okta.url), "signed out at all of them");
  },
);
