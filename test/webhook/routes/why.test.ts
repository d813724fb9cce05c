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
  t.deepEqual(roles(await of(kim, { role: "r".repeat(63) })), ["r".repeat(63)]);
});

test("what can't be asked about is refused by the parameter's name: nothing else is answered in its place", async (t) => {
  const { ask, kim, ada } = await scene(t);
  const email = "email=ada@acme.example";
  for (const [query, name] of [
    ["role=viewer&role=admin", "role"],
    [`role=${"r".repeat(64)}`, "role"],
    [`${email}&email=x@acme.example`, "email"],
    [`email=${"x".repeat(321)}`, "email"],
  ] as const) {
    const { status, body } = await ask(`/login/acme/why?${query}`, { cookie: kim });
    t.is(status, 400, query);
    t.true(body.includes(`The parameter ${name} has to be given once, in `), query);
    t.deepEqual(about(body), [], query);
  }
  const { status, body } = await ask(`/login/acme/why?email=${"x".repeat(320)}`, { cookie: kim });
  t.deepEqual([status, body.includes("<h2>No account</h2>")], [200, true]);
  const own = await ask(`/login/acme/why?${email}&email=x@acme.example`, { cookie: ada });
  t.deepEqual(about(own.body), ["ada@acme.example"], "whatever they enter");
});

test("who isn't signed in is sent to sign in", async (t) => {
  const { ask } = await scene(t);
  const { status, location, body: none } = await ask("/login/acme/why");
  t.deepEqual([status, none], [303, ""]);
  t.regex(String(location), /^https:\/\/login\.example\.com\/login\/acme\?return_to=/);
  t.is(headline(await ask("/login/gone/why")), "There is no such organization");
});
