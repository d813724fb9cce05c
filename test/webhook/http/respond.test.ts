import test from "ava";
import {
  downloadHeaders,
  redirect,
  requestID,
  sendJSON,
  sendNothing,
  sendNotModified,
  sendPage,
  wantsJSON,
} from "../../../webhook/http/respond.ts";
import { smallApp } from "./small-app.ts";

const SAFE = {
  "cache-control": "no-store",
  "referrer-policy": "same-origin",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
};

function isSafe(headers: Headers): boolean {
  return Object.entries(SAFE).every(([name, value]) => headers.get(name) === value);
}

test("every kind of answer is kept by nobody, framed by nobody and taken for nothing else", async (t) => {
  const ask = await smallApp(t, (req, res) => {
    switch (req.path) {
      case "/page":
        return sendPage(req, res, 418, { title: "Ä page", body: "of text" });
      case "/json":
        return sendJSON(res, 200, { is: "ä" });
      case "/problem":
        return sendJSON(res, 400, {}, "application/problem+json");
      case "/nothing":
        return sendNothing(res);
      case "/same":
        return sendNotModified(res);
      default:
        return redirect(res, "https://acme.okta.com/?a=b");
    }
  });
  const page = await ask("/page");
  const text = await page.text();
  t.is(page.status, 418);
  t.is(page.headers.get("content-type"), "text/html; charset=utf-8");
  t.is(page.headers.get("content-length"), `${Buffer.byteLength(text)}`);
  t.true(text.includes("Ä page"));

  const json = await ask("/json");
  t.is(json.headers.get("content-type"), "application/json");
  t.is(json.headers.get("content-length"), "11");
  t.deepEqual(await json.json(), { is: "ä" });
  const problem = await ask("/problem");
  t.deepEqual([problem.status, problem.headers.get("content-type")], [400, "application/problem+json"]);
  const nothing = await ask("/nothing");
  t.deepEqual([nothing.status, await nothing.text()], [204, ""]);
  const same = await ask("/same");
  t.deepEqual([same.status, await same.text()], [304, ""]);
  const elsewhere = await ask("/elsewhere", { method: "POST" });
  t.is(elsewhere.status, 303);
  t.is(elsewhere.headers.get("location"), "https://acme.okta.com/?a=b");
  t.is(elsewhere.headers.get("content-length"), "0");
  for (const { url, headers } of [page, json, problem, nothing, same, elsewhere])
    t.true(isSafe(headers), url);
  const file = new Headers(downloadHeaders("text/csv", "users.csv"));
  t.true(isSafe(file));
  t.is(file.get("content-disposition"), 'attachment; filename="users.csv"');
  t.regex(file.get("content-security-policy") ?? "", /default-src 'none'/);
});

test("a page runs the scripts that it names, of this origin, and else none at all", async (t) => {
  const ask = await smallApp(t, (req, res) => {
    const scripts = { "/some": ["/a.js"], "/none": [], "/": undefined }[req.path];
    sendPage(req, res, 200, { title: "", body: "", scripts });
  });
  const policy = async (path: string) => (await ask(path)).headers.get("content-security-policy") ?? "";
  t.regex(
    await policy("/some"),
    /default-src 'none'; .*script-src 'self'; connect-src 'self'; .*form-action 'self'/,
  );
  for (const path of ["/none", "/"]) {
    t.notRegex(await policy(path), /script-src|connect-src|undefined|false/);
    t.regex(await policy(path), /default-src 'none'; .*frame-ancestors 'none'/);
  }
});

test("a request has one id, which its page shows, and no other request has it", async (t) => {
  const ids: string[] = [];
  const ask = await smallApp(t, (req, res) => {
    ids.push(requestID(req), requestID(req));
    sendPage(req, res, 200, { title: "", body: "" });
  });
  const pages = [
    await (await ask("/")).text(),
    await (await ask("/", { headers: { "x-request-id": "a" } })).text(),
  ];
  const [a = "", sameA, b = "", sameB] = ids;
  t.regex(a, /^[\w-]{12}$/);
  t.deepEqual([sameA, sameB], [a, b]);
  t.not(a, b);
  t.true(pages[0]?.includes(`<code>${a}</code>`));
  t.true(pages[1]?.includes(`<code>${b}</code>`));
});

test("who would rather have JSON than a page gets it; who takes both, or says nothing, gets the page", async (t) => {
  const ask = await smallApp(t, (req, res) => void res.send(wantsJSON(req) ? "json" : "page"));
  const cases: [string, string][] = [
    ["application/json", "json"],
    ["application/json, text/html;q=0.5", "json"],
    ["text/html", "page"],
    ["*/*", "page"],
    ["text/html,application/json", "page"],
    ["image/png", "page"],
  ];
  for (const [accept, expected] of cases)
    t.is(await (await ask("/", { headers: { accept } })).text(), expected, accept);
});
