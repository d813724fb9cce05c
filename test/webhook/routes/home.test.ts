import test, { type ExecutionContext } from "ava";
import { home } from "../../../webhook/routes/home.ts";
import { cookieStyle } from "../../../webhook/sessions/cookies.ts";
import { formatLogoutState } from "../../../webhook/sessions/logout-state.ts";
import { RememberedOrganization } from "../../../webhook/sign-in/remembered-organization.ts";
import { headline, OWN, SmallWebhook } from "./small-webhook.ts";

async function scene(t: ExecutionContext) {
  const webhook = new SmallWebhook();
  const { organizations, policies, replica } = webhook;
  const remembered = new RememberedOrganization(cookieStyle(OWN));
  const handler = home({ organizations, policies, remembered, sessions: replica.sessions });
  const ask = await webhook.serve(t, (app) => app.get(["/", "/login/:path/me"], handler));
  return { ask, webhook, remembered };
}

test("an organization is found as people copy it, and led to; what isn't one stands in the field again", async (t) => {
  const { ask } = await scene(t);
  const entered = (text: string) => ask(`/?${new URLSearchParams({ organization: text })}`);
  for (const text of ["acme", " ACME ", `${OWN}/login/acme`, "login/acme//"]) {
    const { status, location } = await entered(text);
    t.deepEqual([status, location], [303, `${OWN}/login/acme`], text);
  }
  for (const text of ["acne", "acme/x", ""]) {
    const { status, body } = await entered(text);
    t.is(status, 404, text);
    t.true(body.includes(`There is no organization <code>${text}</code> here.`), text);
    t.is(headline({ body }), "There is no such organization");
  }
  t.true((await entered("x".repeat(70))).body.includes(`<code>${"x".repeat(63)}</code>`));
  // Twice: that is no organization, and no question.
  t.is((await ask("/?organization=acme&organization=beta")).status, 200);
  t.is((await ask("/login/acme/me?organization=beta")).status, 200);
});

test("who is signed in reads what they hold, by the most recent sign-in or where they ask, and where else they are", async (t) => {
  const { ask, webhook } = await scene(t);
  const ada = webhook.person("ada", "viewer", { name: "Ada of Acme" });
  const bea = webhook.person("bea", "admin", { name: "Ada of Beta", organization: "acme/beta" });
  const cookie = webhook.signedIn(ada, bea);
  const latest = await ask("/", { cookie });
  t.is(headline(latest), "Signed in as Ada of Beta");
  t.true(latest.body.includes('<a href="/login/acme/me" dir="auto">Acme</a>'));
  t.false(latest.body.includes('href="/login/beta/me" dir="auto"'));
  const asked = await ask("/login/acme/me", { cookie });
  t.is(headline(asked), "Signed in as Ada of Acme");
  t.true(asked.body.includes("(mapping viewers)"));
  t.regex(asked.body, /Tell an administrator of Acme/);
  t.false(asked.body.includes("can't be gone to"));
  t.true((await ask("/?address=lost", { cookie })).body.includes("can't be gone to"));
  t.false((await ask("/?address=found", { cookie })).body.includes("can't be gone to"));
  t.is((await ask("/login/gone/me", { cookie })).status, 404);
});

test("what is missing is said by what Okta has said of the person", async (t) => {
  const { ask, webhook } = await scene(t);
  const ada = webhook.person("ada", "viewer", { groups: [{ name: "view" }, { name: "OPS" }] });
  const { body } = await ask("/", { cookie: webhook.signedIn(ada) });
  t.regex(body, /One of your groups is almost one that gives it: ask an administrator of Acme/);
});

test("who isn't signed in is asked where, unless they stand at a door; where they were last is offered", async (t) => {
  const { ask, remembered } = await scene(t);
  const start = await ask("/");
  t.is(start.status, 200);
  t.deepEqual(start.setCookies, []);
  t.true(start.body.includes('name="organization" value=""'));
  t.false(start.body.includes("you were last at"));
  const cookieOf = (path: string) => remembered.keep(undefined, path)[0]?.split(";")[0] ?? "";
  t.regex((await ask("/", { cookie: cookieOf("acme") })).body, /last at <strong dir="auto">Acme</);
  t.false((await ask("/", { cookie: cookieOf("gone") })).body.includes("you were last at"));
  const at = await ask("/login/beta/me");
  t.true(at.body.includes('href="/login/beta">Sign in</a>'));
  t.is(headline(at), "You are not signed in here", "they may be at another organization");
  t.false(at.body.includes('name="organization"'));
});

test("who comes back from a sign-out by the address of old is led to where it is said what is so", async (t) => {
  const { ask, webhook } = await scene(t);
  for (const again of [false, true]) {
    const state = formatLogoutState({ again, loginPath: "acme" });
    const { status, location } = await ask(`/?state=${state}`);
    t.deepEqual([status, location], [303, `/logout/done?state=${state}`]);
  }
  for (const path of ["/?state=nonsense", "/?state=out.acme&state=out.acme"])
    t.is(headline(await ask(path)), "You are not signed in", path);
  t.is(headline(await ask("/login/acme/me?state=out.acme")), "You are not signed in here");
  const cookie = webhook.signedIn(webhook.person("ada", "viewer", { name: "Ada" }));
  t.is(headline(await ask("/?state=out.acme", { cookie })), "Signed in as Ada");
});

test("a session that will never be good again leaves the browser; whether one is good nobody can say while all is stale", async (t) => {
  const { ask, webhook } = await scene(t);
  const cookie = webhook.signedIn(webhook.person("ada", "viewer"));
  webhook.replica.stale = true;
  const stale = await ask("/", { cookie });
  t.is(stale.status, 503);
  t.deepEqual(stale.setCookies, []);
  webhook.replica.stale = false;
  webhook.replica.now += 13 * 3_600_000;
  const over = await ask("/", { cookie });
  t.is(headline(over), "You are not signed in");
  t.regex(over.setCookies.join(), /^__Host-okta-role-session[^=]*=; .*Max-Age=0/);
});
