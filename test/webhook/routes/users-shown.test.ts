import test, { type ExecutionContext } from "ava";
import express from "express";
import { confirmEndSessions, endSessions } from "../../../webhook/routes/end-sessions.ts";
import { settings } from "../../../webhook/routes/settings.ts";
import { user } from "../../../webhook/routes/user.ts";
import { users } from "../../../webhook/routes/users.ts";
import { usersCSV } from "../../../webhook/routes/users-csv.ts";
import { headline, SmallWebhook } from "./small-webhook.ts";

/** Kim administers Acme, Ada views it. */
async function scene(t: ExecutionContext) {
  const webhook = new SmallWebhook();
  const { guard, organizations, replica, roster } = webhook;
  const ada = webhook.person("ada", "viewer", { name: "Ada", lastLoginTime: 1_764_000_000_000 });
  const kim = webhook.person("kim", "admin", { name: "Kim" });
  const ended: string[][] = [];
  const signOuts = {
    endAll: async (ref: string, admin: string) => {
      ended.push([ref, admin]);
      const found = replica.users.get(ref);
      return found && { ...found, sessionEpoch: 3 };
    },
  };
  const ask = await webhook.serve(t, (app) => {
    const deps = { ...webhook, guard, roster, signOuts };
    app.get("/login/:path/users", users(deps));
    app.get("/login/:path/users.csv", usersCSV(deps));
    app.get("/login/:path/users/:name", user(deps));
    app.get("/login/:path/users/:name/end-sessions", confirmEndSessions(deps));
    app.post("/login/:path/users/:name/end-sessions", express.urlencoded(), endSessions(deps));
    app.get("/login/:path/settings", settings({ guard, organizations }));
  });
  const [asAda, asKim] = [webhook.signedIn(ada), webhook.signedIn(kim)];
  const look = (path: string, options: Parameters<typeof ask>[1] = {}) =>
    ask(`/login/acme/${path}`, { cookie: asKim, ...options });
  return { webhook, look, ended, asAda, asKim };
}

const ALL = ["users", "users.csv", "users/ada", "users/ada/end-sessions", "settings"];

test("what is for admins is shown to nobody else, whatever there is", async (t) => {
  const { look, asAda, ended } = await scene(t);
  for (const path of [...ALL, "users/nobody"]) {
    const page = await look(path, { cookie: asAda });
    t.deepEqual([page.status, headline(page)], [403, "This page is for administrators"], path);
    t.is((await look(path, { cookie: "" })).status, 303, path);
  }
  const form = await look("users/ada/end-sessions", { cookie: asAda, form: {} });
  t.is(form.status, 403);
  t.deepEqual(ended, []);
  for (const path of ALL) t.is((await look(path)).status, 200, path);
});

test("the list is what its address asks for, and is told anew only where it has changed", async (t) => {
  const { look, webhook } = await scene(t);
  const { body, headers } = await look("users?search=ada");
  t.is(headline({ body }), "Users");
  t.deepEqual([body.includes('id="user-ada"'), body.includes('id="user-kim"')], [true, false]);
  t.true(body.includes("<strong>1</strong> of 2 users"));
  const etag = String(headers.etag);
  t.regex(etag, /^"[^"]+"$/);
  t.true(body.includes(`data-follow="${etag.replaceAll('"', "&quot;")}"`));
  t.regex(body, /<script type="module" src="\/login\/assets\/follow-[^"]+\.js">/);
  const known = { headers: { "if-none-match": etag } };
  const same = await look("users?search=ada", known);
  t.deepEqual([same.status, same.body], [304, ""]);
  t.is((await look("users", { headers: { "if-none-match": '"other"' } })).status, 200);
  webhook.person("ada", "viewer", { name: "Ada Lovelace" });
  t.is((await look("users?search=ada", known)).status, 200);
  t.is((await look("users?state=Gone")).status, 400);
  for (let i = 0; i < 60; i++) webhook.person(`u${i}`);
  t.is((await look("users")).body.match(/<tr id="user-/g)?.length, 50);
});

/** The lines of a file, without what holds its cells together. */
const linesOf = (file: string): string[] =>
  file
    .replace(/[\uFEFF"]/g, "")
    .trim()
    .split("\r\n");

test("the same list is a file, with all that is known of each, whom programs know by the account", async (t) => {
  const { look, webhook } = await scene(t);
  const { email: _, name: __, access: ___, ...bare } = webhook.person("zed");
  webhook.person("zed", undefined, {
    ...bare,
    email: undefined,
    name: undefined,
    access: undefined,
  } as never);
  const { body, headers } = await look("users.csv");
  t.regex(String(headers["content-disposition"]), /^attachment; filename="acme-users-\d{4}-\d\d-\d\d\.csv"$/);
  t.is(headers["content-type"], "text/csv; charset=utf-8; header=present");
  const lines = linesOf(body);
  t.is(lines[0], "Email,Name,Roles,State,Reason,Last sign-in,Source,Account");
  t.deepEqual(lines.slice(1).sort(), [
    ",,,Undecided,,,Okta,zed",
    "ada@acme.example,Ada,viewer,Active,,2025-11-24T16:00:00.000Z,Okta,ada",
    "kim@acme.example,Kim,admin,Active,,,Okta,kim",
  ]);
  t.deepEqual(linesOf((await look("users.csv?search=kim")).body).slice(1), [
    lines.find((line) => line.startsWith("kim")),
  ]);
  t.is(linesOf((await look("users.csv?search=nobody")).body).length, 1);
  t.is((await look("users.csv?sort=age")).status, 400);
});

test("a user's page is found by the account, and says that their sessions have ended where that is so", async (t) => {
  const { look, webhook } = await scene(t);
  const ada = await look("users/ada");
  t.is(headline(ada), "Ada");
  t.true(ada.body.includes("of mapping viewers."));
  t.is((await look("users/nobody")).status, 404);
  webhook.person("bea", "viewer", { organization: "acme/beta" });
  t.is((await look("users/bea")).status, 404);
  const says = async (query: string) => (await look(`users/ada?${query}`)).body.includes("have ended.");
  t.false(await says("ended=0"));
  webhook.person("ada", "viewer", { name: "Ada", sessionEpoch: 3 });
  t.true(await says("ended=3"));
  t.false(await says("ended=2"));
  t.false(await says(""));
});

test("somebody's sessions end when an admin has confirmed it, under the admin's name", async (t) => {
  const { look, ended, webhook } = await scene(t);
  const asked = await look("users/ada/end-sessions");
  t.is(headline(asked), "End all sessions?");
  t.deepEqual(ended, []);
  const done = await look("users/ada/end-sessions", { form: {} });
  t.deepEqual([done.status, done.location], [303, "/login/acme/users/ada?ended=3"]);
  t.deepEqual(ended, [["acme/ada", "kim@acme.example (acme/kim)"]]);
  const own = await look("users/kim/end-sessions", { form: {} });
  t.deepEqual([own.status, headline(own)], [200, "Your sessions have ended"]);
  // It was deleted just now.
  webhook.replica.users.delete("acme/ada");
  t.is((await look("users/ada/end-sessions", { form: {} })).location, "/login/acme/users/ada?ended=0");
  t.is((await look("users/nobody/end-sessions", { form: {} })).status, 404);
  const { email: _, ...nameless } = webhook.person("kim", "admin");
  webhook.replica.users.set(nameless.ref, nameless);
  await look("users/ada/end-sessions", { form: {} });
  t.deepEqual(ended.at(-1), ["acme/ada", "acme/kim"]);
});

test("the settings name this service's own addresses, and that of the event hook where there is one", async (t) => {
  const { look, webhook } = await scene(t);
  const addresses = (body: string) =>
    Array.from(body.matchAll(/<code id="copy-(\w+)">([^<]*)</g), ([, id, at]) => `${id} ${at}`);
  const { body } = await look("settings");
  t.deepEqual(addresses(body), [
    "login https://login.example.com/login/acme",
    "callback https://login.example.com/callback/acme",
  ]);
  t.regex(body, /<script type="module" src="\/login\/assets\/copy-[^"]+\.js">/);
  webhook.organization().spec.okta.eventHook = { secretRef: { name: "s", key: "k" } };
  t.deepEqual(addresses((await look("settings")).body).slice(2), [
    "hook https://login.example.com/hooks/okta/acme",
  ]);
});
