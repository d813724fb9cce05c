import test, { type ExecutionContext } from "ava";
import type { Request, RequestHandler } from "express";
import type { Organization } from "../../../crds/types.ts";
import type { User } from "../../../identity/index.ts";
import { type Audience, Guard } from "../../../webhook/console/guard.ts";
import type { Visitor } from "../../../webhook/console/visitor.ts";
import { Origins } from "../../../webhook/origins.ts";
import { smallApp } from "../http/small-app.ts";
import { visitorOfAcme } from "../pages/a-visitor.ts";
import { Jar, Replica } from "../sessions/session-fixtures.ts";

const BASE = "https://login.example.com";
const BROWSER = { "x-mode": "navigate", "sec-fetch-dest": "document", accept: "text/html" };

/** A browser says of its own how it comes, and so does `fetch`: that isn't asked. */
const asBrowsersDo: RequestHandler = (req, _res, next) => {
  req.headers["sec-fetch-mode"] = String(req.headers["x-mode"] ?? "cors");
  next();
};

const granted = (...roles: string[]): Partial<User> => ({
  access: {
    active: true,
    grants: roles.map((role) => ({ role })),
    groups: [],
    reason: "MappedGroup",
    message: "",
  },
});

/** Acme's pages for everybody and for admins. Ada is an admin, Ben is somebody. */
async function scene(t: ExecutionContext) {
  const replica = new Replica();
  const made = replica.organization("acme");
  const roles = [
    { name: "owner", displayName: "Owners", admin: true },
    { name: "viewer", displayName: "Viewers" },
  ];
  const acme: Organization = { ...made, spec: { ...made.spec, displayName: "Acme Inc.", roles } };
  replica.organizations.set("team/acme", acme);
  const ada = replica.user("team/ada", granted("viewer", "owner"));
  const ben = replica.user("team/ben", { ...granted("viewer"), source: "Local" });
  const guard = new Guard({
    organizations: {
      at: () => acme,
      loginURI: ({ spec }) => `${BASE}/login/${spec.loginPath}`,
      origins: new Origins(BASE),
    },
    sessions: replica.sessions,
  });
  const ask = await smallApp(t, asBrowsersDo, async (req, res) => {
    const audience: Audience = req.path.endsWith("/me") ? "everybody" : "admins";
    const visitor = await guard.enter(req, res, audience);
    if (visitor) {
      const { user, isAdmin, isLocal } = visitor;
      res.json({ who: user.ref, isAdmin, isLocal });
    }
    if (!res.writableEnded) res.status(500).end("nobody was answered");
  });
  const cookiesOf = (user: User) =>
    new Jar().store(replica.sessions.start(undefined, user, acme)).header ?? "";
  return { replica, guard, ask, ada, ben, cookiesOf };
}

test("who is signed in comes in to what is theirs to see, and an admin to all", async (t) => {
  const { ask, ada, ben, cookiesOf } = await scene(t);
  for (const [user, path, isAdmin] of [
    [ada, "/login/acme/me", true],
    [ada, "/login/acme/users", true],
    [ben, "/login/acme/me", false],
  ] as const) {
    const answer = await ask(path, { headers: { ...BROWSER, cookie: cookiesOf(user) } });
    t.deepEqual(await answer.json(), { who: user.ref, isAdmin, isLocal: user === ben });
  }
});

test("who isn't an admin is told so, by a page or by JSON", async (t) => {
  const { ask, ben, cookiesOf } = await scene(t);
  const cookie = cookiesOf(ben);
  const page = await ask("/login/acme/users", { headers: { ...BROWSER, cookie } });
  t.is(page.status, 403);
  t.regex(page.headers.get("content-type") ?? "", /^text\/html/);
  t.regex(await page.text(), /hold no role that administers Acme Inc\./);
  const told = await ask("/login/acme/users", { headers: { accept: "application/json", cookie } });
  t.is(told.status, 403);
  const { code, detail } = (await told.json()) as Record<string, string>;
  t.is(code, "not-an-admin");
  t.regex(detail ?? "", /for administrators of Acme Inc\./);
});

test("who isn't signed in goes to sign in and comes back to where they were going", async (t) => {
  const { ask } = await scene(t);
  const answer = await ask("/login/acme/users?state=Active", { headers: BROWSER });
  t.is(answer.status, 303);
  t.is(answer.headers.get("location"), `${BASE}/login/acme?return_to=/login/acme/users?state=Active`);
  t.deepEqual(answer.headers.getSetCookie(), []);
});

test("a session that is over is cleared away", async (t) => {
  const { ask, replica, ada, cookiesOf } = await scene(t);
  const cookie = cookiesOf(ada);
  replica.users.set(ada.ref, { ...ada, sessionEpoch: 1 });
  const answer = await ask("/login/acme/users", { headers: { ...BROWSER, cookie } });
  t.is(answer.status, 303);
  const [cleared, ...more] = answer.headers.getSetCookie();
  t.true(cleared?.startsWith(`${cookie.split("=")[0]}=;`));
  t.regex(cleared ?? "", /Max-Age=0/);
  t.deepEqual(more, []);
});

test("what a page or a form sends without a session is refused with a way to sign in, and nothing is changed", async (t) => {
  const { ask } = await scene(t);
  for (const [method, headers] of [
    ["POST", BROWSER],
    ["GET", { "sec-fetch-dest": "empty", accept: "text/html" }],
  ] as const) {
    const answer = await ask("/login/acme/mappings/save", { method, headers });
    t.is(answer.status, 401);
    const page = await answer.text();
    t.regex(page, /You are not signed in any more/);
    t.regex(page, /href="\/login\/acme"/);
    t.regex(page, /Acme Inc\./);
  }
  const told = await ask("/login/acme/users", { headers: { accept: "application/json" } });
  t.is(told.status, 401);
  t.like(await told.json(), { code: "no-session" });
});

test("where nobody can say, that is what everybody is told, and when to try again", async (t) => {
  const { ask, replica, ada, cookiesOf } = await scene(t);
  const cookie = cookiesOf(ada);
  replica.stale = true;
  const answer = await ask("/login/acme/users?state=Active&after=x", { headers: { ...BROWSER, cookie } });
  t.is(answer.status, 503);
  t.is(answer.headers.get("retry-after"), "5");
  t.regex(
    await answer.text(),
    /moment\.<\/p>.*href="\/login\/acme\/users\?state=Active&amp;after=x">Try again</s,
    "at the page that they asked for",
  );
  const sent = await ask("/login/acme/mappings/save", { method: "POST", headers: { ...BROWSER, cookie } });
  t.deepEqual([sent.status, sent.headers.get("retry-after")], [503, "5"]);
  const page = await sent.text();
  t.regex(page, /so nothing was changed\. Go back, and do it again in a moment\./);
  t.notRegex(page, /Try again|href="\/login/, "there is no page to be asked for where a form was sent to");
  const told = await ask("/login/acme/users", { headers: { accept: "application/json", cookie } });
  t.like(await told.json(), { code: "stale" });
});

test("an admin who has come in may go on while they are one, and by no session of somebody else's", async (t) => {
  const { replica, guard, ada, ben, cookiesOf } = await scene(t);
  const organization = replica.organizations.get("team/acme") ?? t.fail();
  const visitor = { ...visitorOfAcme([]), user: ada, organization } as Visitor;
  const leaves = async (cookie: string) => {
    const refusal = await guard.leaves({ headers: { cookie } } as Request, visitor);
    return refusal?.kind === "refused" ? refusal.reason : refusal?.kind;
  };
  const cookie = cookiesOf(ada);
  t.is(await leaves(cookie), undefined);
  const bea = replica.user("team/bea", granted("owner"));
  t.is(await leaves(cookiesOf(bea)), "session-ended");
  replica.users.set(ada.ref, { ...ada, ...granted("viewer") });
  t.is(await leaves(cookie), "no-admin");
  replica.users.set(ada.ref, { ...ada, sessionEpoch: 1 });
  t.is(await leaves(cookie), "session-ended");
  t.is(await leaves(""), "no-session");
  replica.stale = true;
  t.is(await leaves(cookiesOf(ben)), "stale");
});
