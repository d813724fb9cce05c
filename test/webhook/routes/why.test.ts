import test, { type ExecutionContext } from "ava";
import { why } from "../../../webhook/routes/why.ts";
import { headline, SmallWebhook } from "./small-webhook.ts";

async function scene(t: ExecutionContext) {
  const webhook = new SmallWebhook();
  const ask = await webhook.serve(t, (app) => app.get("/login/:path/why", why(webhook)));
  const ada = webhook.signedIn(webhook.person("ada", "viewer", { name: "Ada" }));
  const kim = webhook.signedIn(webhook.person("kim", "admin", { name: "Kim" }));
  const of = async (cookie: string, query: Record<string, string> = {}) => {
    const { body } = await ask(`/login/acme/why?${new URLSearchParams(query)}`, { cookie });
    return body;
  };
  return { ask, of, ada, kim, webhook };
}

/** Whose accounts are explained. */
const about = (body: string) =>
  Array.from(body.matchAll(/<section><h2 dir="auto">([^<]*)</g), ([, who]) => who);

test("an admin asks about somebody by their address, others about themselves, whatever they enter", async (t) => {
  const { of, ada, kim } = await scene(t);
  t.deepEqual(about(await of(kim)), ["kim@acme.example"]);
  t.deepEqual(about(await of(kim, { email: " ADA@acme.example " })), ["ada@acme.example"]);
  t.deepEqual(about(await of(kim, { email: " " })), ["kim@acme.example"]);
  t.deepEqual(about(await of(ada, { email: "kim@acme.example" })), ["ada@acme.example"]);
  t.deepEqual(about(await of(kim, { email: `ada@acme.example${"x".repeat(400)}` })), []);
  t.regex(await of(kim), /<strong>Admin<\/strong>.*?>Held</s);
  const nobody = await of(kim, { email: "nobody@acme.example" });
  t.true(nobody.includes("<h2>No account</h2>"));
  t.false((await of(kim)).includes("<h2>No account</h2>"));
});

test("one role or all of them are explained", async (t) => {
  const { of, kim } = await scene(t);
  const roles = (body: string) => Array.from(body.matchAll(/<dt><strong>([^<]*)</g), ([, role]) => role);
  t.deepEqual(roles(await of(kim)), ["Viewer", "Admin"]);
  t.deepEqual(roles(await of(kim, { role: "viewer" })), ["Viewer"]);
  t.deepEqual(roles(await of(kim, { role: " viewer ", email: "x@acme.example" })), ["Viewer"]);
  t.deepEqual(roles(await of(kim, { role: `${"r".repeat(63)}s` })), ["r".repeat(63)]);
});

test("twice given is as if it weren't there; who isn't signed in is sent to sign in", async (t) => {
  const { ask, kim } = await scene(t);
  const { body } = await ask("/login/acme/why?email=ada@acme.example&email=x@acme.example", { cookie: kim });
  t.deepEqual(about(body), ["kim@acme.example"]);
  const { status, location, body: none } = await ask("/login/acme/why");
  t.deepEqual([status, none], [303, ""]);
  t.regex(String(location), /^https:\/\/login\.example\.com\/login\/acme\?return_to=/);
  t.is(headline(await ask("/login/gone/why")), "There is no such organization");
});
