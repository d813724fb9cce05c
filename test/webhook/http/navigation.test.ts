import test from "ava";
import { isNavigation } from "../../../webhook/http/navigation.ts";

const GOES: Record<string, Record<string, string>> = {
  "a link": { "sec-fetch-mode": "navigate", "sec-fetch-dest": "document", accept: "text/html,*/*" },
  "a frame": { "sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe", accept: "text/html,*/*" },
  "an embedded page": { "sec-fetch-mode": "navigate", "sec-fetch-dest": "embed" },
  "an object": { "sec-fetch-mode": "navigate", "sec-fetch-dest": "object" },
  "a frame of old": { "sec-fetch-mode": "navigate", "sec-fetch-dest": "frame" },
  "a browser that says how alone": { "sec-fetch-mode": "navigate" },
  "a browser that says what for alone": { "sec-fetch-dest": "document" },
  "a browser of old": { accept: "text/html,application/xhtml+xml,*/*;q=0.8" },
  "a browser that shouts": { accept: "TEXT/HTML" },
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
  "a link that a script follows": {
    "sec-fetch-mode": "cors",
    "sec-fetch-dest": "document",
    accept: "text/html",
  },
  "a download": { "sec-fetch-mode": "navigate", "sec-fetch-dest": "empty", accept: "text/html" },
  "a script's request": { "sec-fetch-mode": "cors", accept: "text/html" },
  "a picture": { "sec-fetch-dest": "image", accept: "text/html" },
  "a preview": { "sec-purpose": "preview", accept: "text/html" },
  "a prerender": { "sec-purpose": "PRERENDER", accept: "text/html" },
  "Firefox's prefetch": { "x-moz": "prefetch", accept: "text/html" },
  "another kind of text": { accept: "application/text/htmlx" },
  "something before it": { accept: "xtext/html" },
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
