import test from "ava";
import { waitFor } from "../../cluster.ts";
import { person, webhookUnderTest } from "../webhook-under-test.ts";

const ATTACK = `<script>alert(1)</script>"><img src=x onerror=alert(2)>'\`&amp;`;

test("whatever comes from outside is shown as text: names, emails and groups of a person", async (t) => {
  const groups = [`g ${ATTACK}`, "plain"];
  const eve = person("eve", groups, { displayName: `Eve ${ATTACK}`, email: "eve@acme.example" });
  const ada = person("ada", ["service_admin"], { displayName: `Ada ${ATTACK}` });
  const { applyAcme, signIn, signedIn, browser } = await webhookUnderTest(t, {
    okta: { users: [eve, ada], groups: [...groups, "service_admin"] },
  });
  await applyAcme({ spec: { displayName: `Acme ${ATTACK}` } });
  const refused = (await signIn("eve")).response;
  t.is(refused.status, 403);
  t.true(refused.body.includes("g &lt;script&gt;alert(1)&lt;/script&gt;"));
  const cookies = await signedIn("ada");
  const home = await browser(cookies).get("/");
  t.is(home.status, 200);
  t.true(home.body.includes("Ada &lt;script&gt;"));
  for (const { body } of [refused, home]) {
    t.notRegex(body, /<script|<img|onerror=[^&]*>(?<!&gt;)/);
    t.false(body.includes(ATTACK));
  }
});

test("every page forbids scripts, frames and everything from elsewhere, isn't stored, and has a number to quote", async (t) => {
  const { applyAcme, signIn, signedIn, browser, lines } = await webhookUnderTest(t);
  await applyAcme();
  const cookies = await signedIn("ada");
  const pages = {
    home: await browser(cookies).get("/"),
    "home without a session": await browser().get("/"),
    local: await browser().get("/login/acme/local"),
    logout: await browser(cookies).get("/logout"),
    "no organization": await browser().get("/login/nobody"),
    "no page": await browser().get("/nowhere"),
    "bad callback": await browser().get("/callback/acme"),
    refused: (await signIn("eve")).response,
  };
  for (const [what, { headers, body }] of Object.entries(pages)) {
    t.regex(String(headers["content-security-policy"]), /^default-src 'none'; style-src 'sha256-/, what);
    t.regex(String(headers["content-security-policy"]), /frame-ancestors 'none'.*form-action 'self'$/, what);
    t.is(headers["cache-control"], "no-store", what);
    t.is(headers["x-content-type-options"], "nosniff", what);
    t.is(headers["x-powered-by"], undefined, what);
    t.notRegex(body, /<script|https?:\/\/(?!localhost)[^"]*\.(css|js|woff2?)/, what);
    const id = /Request <code>([\w-]{12})<\/code>/.exec(body)?.[1];
    t.truthy(id, what);
    if (what !== "refused")
      await waitFor(() => lines.some(({ requestID }) => requestID === id) || undefined, {
        what: `the log to have the request id of ${what}`,
      });
  }
  t.is(pages["no organization"].status, 404);
  t.is(pages["no page"].status, 404);
});

test("addresses, queries and headers are never shown", async (t) => {
  const { applyAcme, browser } = await webhookUnderTest(t);
  await applyAcme();
  for (const path of [
    "/login/%3Cscript%3Ealert(1)%3C%2Fscript%3E",
    "/login/acme?return_to=%3Cscript%3Eneedle",
    "/callback/acme?state=%3Cscript%3Eneedle&error=needle&error_description=needle",
    "/needle%3Cscript%3E",
    "/login/%E0%A4%A",
    "/?state=out.%3Cscript%3Eneedle",
    "/?state=again.needle/../x",
  ]) {
    const answer = await browser().get(path, {
      "x-forwarded-host": "needle.example",
      "x-request-id": "needle",
      host: "needle.example",
    });
    t.notRegex(answer.body, /needle|<script/, path);
    t.notRegex(String(answer.headers.location ?? ""), /needle/, path);
  }
});

test("what Okta says of a refusal is shown as text, and only when it belongs to a sign-in of this browser", async (t) => {
  const { applyAcme, browser } = await webhookUnderTest(t);
  await applyAcme();
  const visitor = browser();
  const start = await visitor.get("/login/acme");
  const state = new URL(String(start.headers.location)).searchParams.get("state");
  const query = new URLSearchParams({
    state: state ?? "",
    error: "access_denied",
    error_description: `No <b>way</b>\r\nout`,
  });
  const answer = await visitor.get(`/callback/acme?${query}`);
  t.is(answer.status, 403);
  t.true(answer.body.includes("Okta says: No &lt;b&gt;way&lt;/b&gt; out"));
});

test("who is refused by an access policy isn't sent to have the app assigned", async (t) => {
  const { applyAcme, browser } = await webhookUnderTest(t);
  await applyAcme();
  const visitor = browser();
  const { headers } = await visitor.get("/login/acme");
  const query = new URLSearchParams({
    state: new URL(String(headers.location)).searchParams.get("state") ?? "",
    error: "access_denied",
    error_description: "Policy evaluation failed for this request, please check the policy configurations.",
  });
  const answer = await visitor.get(`/callback/acme?${query}`);
  t.is(answer.status, 403);
  t.regex(answer.body, /tell an administrator of Acme/);
  t.regex(answer.body, /For administrators: .* access policies/);
  t.notRegex(answer.body, /assign the app/);
});
