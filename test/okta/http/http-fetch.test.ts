import test from "ava";
import type { Http } from "../../../okta/http/http.ts";
import { HttpStatusError } from "../../../okta/http/http-errors.ts";
import { scene } from "./http-under-test.ts";

/** As openid-client calls it. */
function fetched(http: Http, url: string, options: object = {}): Promise<Response> {
  return http.fetch(url, { method: "GET", headers: {}, body: undefined, redirect: "manual", ...options });
}

test("openid-client gets an answer as it came, whatever that says", async (t) => {
  await using s = await scene();
  for (const status of [200, 204, 205, 299, 400, 401, 428, 430, 499]) {
    s.server.routes["/"] = () => ({ status, headers: { "x-more": ["a", "b"], "x-one": "1" }, body: "text" });
    const answer = await fetched(s.http, s.server.url);
    t.is(answer.status, status);
    t.is(answer.headers.get("x-more"), "a, b");
    t.is(answer.headers.get("x-one"), "1");
    t.is(await answer.text(), status === 204 || status === 205 ? "" : "text");
  }
});

test("openid-client doesn't get what says nothing about its request", async (t) => {
  await using s = await scene();
  for (const status of [300, 302, 304, 399, 429, 500, 503]) {
    s.server.routes["/"] = () => ({ status, headers: { "retry-after": "7" } });
    const error = await t.throwsAsync(fetched(s.http, s.server.url), { instanceOf: HttpStatusError });
    t.is(error.status, status);
    t.is(error.retryAfterMs, 7_000);
  }
});

test("openid-client sends text, by GET or POST", async (t) => {
  await using s = await scene();
  s.server.routes["/"] = () => ({ body: {} });
  const send = (method: string, body: unknown) =>
    fetched(s.http, s.server.url, { method, body, headers: { "x-own": "1" } });
  await send("POST", new URLSearchParams({ a: "b" }));
  await send("POST", "a=c");
  await send("POST", null);
  await send("GET", undefined);
  t.deepEqual(
    s.server.calls.map(({ method, form, headers }) => [method, form.get("a"), headers["x-own"]]),
    [
      ["POST", "b", "1"],
      ["POST", "c", "1"],
      ["POST", null, "1"],
      ["GET", null, "1"],
    ],
  );
  await t.throwsAsync(send("DELETE", undefined), { instanceOf: TypeError, message: /DELETE isn't sent/ });
  await t.throwsAsync(send("POST", new Uint8Array(1)), { instanceOf: TypeError, message: /only text/ });
  t.is(s.server.calls.length, 4);
});
