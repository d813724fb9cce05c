import test from "ava";
import { isNavigation } from "../../../webhook/http/navigation.ts";
import { webhookUnderTest } from "../webhook-under-test.ts";

const GOES: Record<string, Record<string, string>> = {
  "a link": { "sec-fetch-mode": "navigate", "sec-fetch-dest": "document", accept: "text/html,*/*" },
  "a frame": { "sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe", accept: "text/html,*/*" },
  "a browser of old": { accept: "text/html,application/xhtml+xml,*/*;q=0.8" },
};

const STAYS: Record<string, Record<string, string>> = {
  "fetch()": { "sec-fetch-mode": "cors", "sec-fetch-dest": "empty", accept: "*/*" },
  "fetch() of a page": { "sec-fetch-mode": "cors", "sec-fetch-dest": "empty", accept: "text/html" },
  "an image": { "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image", accept: "image/*,*/*" },
  "an event stream": { "sec-fetch-mode": "cors", "sec-fetch-dest": "empty", accept: "text/event-stream" },
  "a WebSocket": { "sec-fetch-mode": "websocket", "sec-fetch-dest": "websocket" },
  "a prefetch": {
    "sec-fetch-mode": "navigate",
    "sec-fetch-dest": "document",
    "sec-purpose": "prefetch;prerender",
    accept: "text/html",
  },
  "a prefetch of old": { purpose: "prefetch", accept: "text/html" },
  "an XHR of old": { "x-requested-with": "XMLHttpRequest", accept: "text/html" },
  "an image of old": { accept: "image/png,image/*;q=0.8" },
  "a WebSocket of old": { upgrade: "websocket", accept: "text/html" },
  "a program": { accept: "*/*" },
  "nothing said": {},
};

test("only a person who goes somewhere begins a sign-in; a script, an image or a prefetch doesn't", (t) => {
  for (const [what, headers] of Object.entries(GOES)) {
    t.true(isNavigation("GET", headers), what);
    for (const method of ["POST", "PUT", "HEAD", "OPTIONS"])
      t.false(isNavigation(method, headers), `${method} ${what}`);
  }
  for (const [what, headers] of Object.entries(STAYS)) t.false(isNavigation("GET", headers), what);
});

test("whatever isn't a person going somewhere gets 401 and the login URI from it, and no cookie", async (t) => {
  const { applyAcme, browser, url } = await webhookUnderTest(t);
  await applyAcme();
  const answers = [
    await browser().get("/login/acme?return_to=/api/1", { "sec-fetch-mode": "cors", accept: "*/*" }),
    await browser().post("/login/acme?return_to=/form", { a: "b" }),
  ];
  for (const { status, headers, body } of answers) {
    t.is(status, 401);
    t.is(headers["set-cookie"], undefined);
    t.truthy(headers["www-authenticate"]);
    t.like(JSON.parse(body), { code: "sign-in-needed", login: `${url}/login/acme` });
  }
});
