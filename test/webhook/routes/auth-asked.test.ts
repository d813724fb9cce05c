import test, { type ExecutionContext } from "ava";
import { Registry } from "prom-client";
import { Door } from "../../../webhook/door/door.ts";
import { WebhookMetrics } from "../../../webhook/metrics.ts";
import { Origins } from "../../../webhook/origins.ts";
import { auth } from "../../../webhook/routes/auth.ts";
import { jwks } from "../../../webhook/routes/jwks.ts";
import { session } from "../../../webhook/routes/session.ts";
import { KeyRing } from "../../../webhook/sessions/key-ring.ts";
import { newKey } from "../../../webhook/sessions/stored-keys.ts";
import { headline, OWN, SmallWebhook } from "./small-webhook.ts";

const APP = "app.example.com";

/** A door in front of an application at the webhook's own host, and of one at another. */
async function scene(t: ExecutionContext) {
  const webhook = new SmallWebhook();
  const { replica, organizations: real } = webhook;
  const organizations = {
    named: (key: string) => real.named(key),
    wayIn: (organization: Parameters<typeof real.wayIn>[0]) => real.wayIn(organization),
    origins: new Origins(OWN, [APP]),
  };
  const ring = new KeyRing([newKey(1)], 0);
  const keys = { assertionKeys: () => ring.assertionKeys(Date.now()) };
  const metrics = new WebhookMetrics(new Registry());
  const isRefused = () => false;
  const door = new Door({ sessions: replica.sessions, organizations, isRefused, metrics });
  const ask = await webhook.serve(t, (app) => {
    app.get("/session", session(door));
    app.use(auth(door, { organizations, keys, metrics }));
    app.get("/.well-known/jwks.json", jwks({ keys }));
    app.use((_req, res) => res.status(418).send("the application"));
  });
  const cookie = webhook.signedIn(webhook.person("ada", "viewer"));
  /** A question as a proxy asks it. */
  const asks = (query: string, { page = true, headers = {}, as = cookie } = {}) =>
    ask(`/auth?organization=acme/acme${query}`, {
      cookie: as,
      headers: { accept: page ? "text/html" : "application/json", ...headers },
    });
  return { webhook, ask, asks, cookie, metrics };
}

const codeOf = ({ body }: { body: string }): string => JSON.parse(body).code;

test("who may come in does, with an assertion for the host that was asked for", async (t) => {
  const { asks, cookie } = await scene(t);
  const audience = async (query: string) => {
    const { status, body, headers } = await asks(query);
    t.deepEqual([status, body], [200, ""], query);
    const [, payload = ""] = String(headers["x-auth-request-assertion"]).split(".");
    return JSON.parse(Buffer.from(payload, "base64url").toString()).aud;
  };
  t.is(await audience(""), "acme/acme@login.example.com");
  t.is(await audience("&role=viewer"), "acme/acme@login.example.com");
  t.is(await audience(`&host=${APP}`), `acme/acme@${APP}`);
  t.is((await asks("", { as: `${cookie}x` })).status, 401);
});

test("a host that isn't known isn't guarded, and what isn't a question goes on", async (t) => {
  const { asks, ask } = await scene(t);
  const other = await asks("&host=other.example.com");
  t.is(other.status, 400);
  t.deepEqual([codeOf(other), JSON.parse(other.body).parameter], ["requirement-misunderstood", "host"]);
  t.is((await asks("&hots=x")).status, 400);
  t.deepEqual(other.setCookies, []);
  t.is((await ask("/authors")).body, "the application");
});

test("whoever goes somewhere reads which role is missing, programs are told", async (t) => {
  const { asks, webhook } = await scene(t);
  const page = await asks("&role=admin");
  t.is(page.status, 403);
  t.is(headline(page), "You lack a role for this page");
  t.true(page.body.includes('href="/login/acme/why?role=admin"'));
  t.true(
    (await asks("&role=admin&host=login.example.com")).body.includes('href="/login/acme/why?role=admin"'),
  );
  const elsewhere = await asks(`&role=admin&host=${APP}`);
  t.true(elsewhere.body.includes(`href="${OWN}/login/acme/why?role=admin"`));
  const mia = { ...webhook.person("mia", "viewer"), source: "Local" as const };
  webhook.replica.users.set(mia.ref, mia);
  const local = await asks("&role=admin", { as: webhook.signedIn(mia) });
  t.regex(local.body, /Your account is a local one: ask an administrator/);
  const json = await asks("&role=admin", { page: false });
  t.deepEqual([json.status, codeOf(json)], [403, "forbidden"]);
  // A proxy asks by GET about a form.
  const form = await asks("&role=admin", { headers: { "x-forwarded-method": "POST" } });
  t.is(codeOf(form), "forbidden");
  t.is(headline(await asks("&role=admin", { headers: { "x-forwarded-method": "GET" } })), headline(page));
});

test("who isn't signed in is sent to sign in where the question says so, and back to where they were going", async (t) => {
  const { asks } = await scene(t);
  const as = "";
  const sent = await asks(`&signin=redirect&host=${APP}`, { as, headers: { "x-forwarded-uri": "/x?y" } });
  t.is(sent.status, 303);
  t.is(sent.location, `${OWN}/login/acme?return_to=https://${APP}/x?y`);
  const asked = await asks("", { as });
  t.deepEqual([asked.status, codeOf(asked)], [401, "no-session"]);
  t.is((await asks("&signin=redirect", { as, page: false })).status, 401);
  const gone = await (await scene(t)).ask("/auth?organization=acme/gone&signin=redirect");
  t.deepEqual([gone.status, headline(gone)], [403, "Nobody can be let in here"]);
  t.is(
    (await asks("&role=admin&signin=redirect")).status,
    403,
    "who is signed in wouldn't get further by it",
  );
});

test("a session that will never be good again leaves the browser, by a page, by a redirect and by JSON", async (t) => {
  const { asks, webhook } = await scene(t);
  webhook.replica.now += 13 * 3_600_000;
  for (const answer of [
    await asks("&signin=redirect"),
    await asks(""),
    await asks("&signin=redirect", { page: false }),
  ]) {
    t.is(answer.setCookies.length, 1);
    t.regex(answer.setCookies.join(), /Max-Age=0/);
  }
  t.deepEqual((await asks("&signin=redirect", { as: "" })).setCookies, []);
});

test("where nobody can say who may come in, people and programs are told so, and when to try again", async (t) => {
  const { asks, webhook } = await scene(t);
  webhook.replica.stale = true;
  const page = await asks("");
  t.is(page.status, 503);
  t.is(headline(page), "Nobody can say whether you are signed in");
  t.regex(String(page.headers["retry-after"]), /^\d+$/);
  t.is(codeOf(await asks("", { page: false })), "stale");
  webhook.replica.stale = false;
  webhook.replica.users.clear();
  webhook.replica.unreadable = true;
  t.is(headline(await asks("")), "Nobody can say whether you are signed in");
});

test("each refusal is counted, however it looks", async (t) => {
  const { asks, metrics } = await scene(t);
  await asks("&role=admin");
  await asks("&role=admin", { page: false });
  t.is(metrics.sessionChecks("forbidden").count, 2);
});

test("programs ask who it is, and what isn't understood isn't answered", async (t) => {
  const { ask, cookie } = await scene(t);
  const known = await ask("/session?organization=acme/acme&role=viewer", { cookie });
  t.is(known.status, 200);
  t.is(JSON.parse(known.body).user.email, "ada@acme.example");
  t.is(codeOf(await ask("/session?role=admin&organization=acme/acme", { cookie })), "forbidden");
  const wrong = await ask("/session?roles=admin", { cookie });
  t.deepEqual([wrong.status, codeOf(wrong)], [400, "requirement-misunderstood"]);
  t.deepEqual(wrong.setCookies, []);
  t.is((await ask("/session")).status, 401);
});

test("the keys by which assertions are verified are public, and may be kept for a while", async (t) => {
  const { ask } = await scene(t);
  const { status, headers, body } = await ask("/.well-known/jwks.json");
  t.is(status, 200);
  t.is(headers["content-length"], String(Buffer.byteLength(body)));
  t.regex(String(headers["cache-control"]), /^public, max-age=300$/);
  t.is(headers["x-content-type-options"], "nosniff");
  t.is(headers["content-type"], "application/json");
  const { keys } = JSON.parse(body);
  t.deepEqual(
    keys.map(({ alg, d }: Record<string, string>) => [alg, d]),
    [["ES256", undefined]],
  );
});
