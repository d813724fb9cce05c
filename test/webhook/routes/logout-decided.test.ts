import test, { type ExecutionContext } from "ava";
import express from "express";
import type { User } from "../../../identity/index.ts";
import { confirmLogout, loggedOut, logout } from "../../../webhook/routes/logout.ts";
import { cookieStyle } from "../../../webhook/sessions/cookies.ts";
import { LogoutHint } from "../../../webhook/sessions/logout-hint.ts";
import type { Session } from "../../../webhook/sessions/session-token.ts";
import { logLines } from "../../log-lines.ts";
import { headline, SmallWebhook } from "./small-webhook.ts";

const OKTA = "https://acme.okta.com/out";

/** Sign-outs, with what is asked of Okta's addresses and of where sign-outs are stored. */
async function scene(t: ExecutionContext) {
  const webhook = new SmallWebhook();
  const { organizations, replica } = webhook;
  const logoutHint = new LogoutHint(cookieStyle("https://login.example.com"));
  const ended: Session[] = [];
  const told: object[] = [];
  const { log, lines } = logLines();
  const state = { isStored: true, okta: OKTA as string | Error };
  const handler = logout({
    organizations,
    logoutHint,
    log,
    sessions: replica.sessions,
    signOuts: {
      end: async (sessions) => {
        ended.push(...sessions);
        return state.isStored;
      },
    },
    okta: {
      endSessionURL: async (_, options) => {
        told.push(options);
        if (state.okta instanceof Error) throw state.okta;
        return state.okta;
      },
    },
  });
  const ask = await webhook.serve(t, (app) => {
    app.get("/logout", confirmLogout({ sessions: replica.sessions }));
    app.get("/logout/done", loggedOut());
    app.post("/logout", express.urlencoded({ extended: false }), handler);
  });
  const claims = Buffer.from(JSON.stringify({ iss: OKTA.slice(0, -4), aud: "0oa1" })).toString("base64url");
  const hint = logoutHint.keep(`h.${claims}.s`, 60, 5_000).split(";")[0] ?? "";
  const ada = webhook.person("ada", "viewer");
  /** Ada's browser: signed in, and with the token that Okta ends her session for. */
  const of = (user: User) => `${webhook.signedIn(user)}; ${hint}`;
  const out = (form: Record<string, string>, cookie = of(ada), headers: Record<string, string> = {}) =>
    ask("/logout", { form, cookie, headers });
  return { webhook, ask, out, ada, of, hint, ended, told, lines, state };
}

const JSON_PLEASE = { accept: "application/json" };

test("it is asked first, of where somebody is signed in", async (t) => {
  const { ask, of, ada } = await scene(t);
  const asked = await ask("/logout", { cookie: of(ada) });
  t.is(headline(asked), "Sign out?");
  t.true(asked.body.includes("your session at Acme,") && asked.body.includes('value="acme"'));
  t.deepEqual(asked.setCookies, []);
  const nobody = await ask("/logout");
  t.deepEqual([headline(nobody), nobody.body.includes("Acme")], ["Sign out?", false]);
  t.is(headline(await ask("/logout/done?state=out")), "You are signed out");
});

test("a sign-out ends the session here, for good, and brings the browser to Okta", async (t) => {
  const { out, ada, ended, told } = await scene(t);
  const { status, body, setCookies } = await out({});
  t.is(status, 200);
  t.true(body.includes(`content="0; url=${OKTA}"`));
  t.deepEqual(
    ended.map(({ user }) => user),
    [ada.ref],
  );
  t.is(setCookies.length, 2);
  t.regex(
    setCookies.join("\n"),
    /^__Host-okta-role-session[^\n]*Max-Age=0[^\n]*\n__Secure-okta-role-id-token=;[^\n]*Max-Age=0/,
  );
  t.like(told[0], { postLogoutRedirectURI: "https://login.example.com/logout/done", state: "out.acme" });
  t.regex(String(Reflect.get(told[0] ?? {}, "idTokenHint")), /^h\..*\.s$/);
});

test("who wants to sign in again is brought there, by Okta or without it; programs are told where", async (t) => {
  const { out, told, webhook, ada } = await scene(t);
  await out({ again: "yes" });
  t.like(told[0], { state: "again.acme" });
  await out({ again: "no" });
  t.like(told[1], { state: "out.acme" });
  const without = webhook.signedIn(ada);
  const again = await out({ again: "yes" }, without);
  t.true(again.body.includes('content="0; url=/login/acme?prompt=login"'));
  t.is(told.length, 2, "who shows no token isn't sent to Okta");
  const json = await out({}, undefined, JSON_PLEASE);
  t.deepEqual(JSON.parse(json.body), { signedOut: true, continueAt: OKTA });
  const jsonAgain = await out({ again: "yes" }, without, JSON_PLEASE);
  t.deepEqual(JSON.parse(jsonAgain.body), { signedOut: true });
});

test("where Okta can't be told, it is said that one may still be signed in there", async (t) => {
  const { out, webhook, ada, state, lines } = await scene(t);
  const without = await out({}, webhook.signedIn(ada));
  t.is(headline(without), "You are signed out here");
  t.true(without.body.includes('href="/login/acme?prompt=login"'));
  t.false(without.body.includes("tell an administrator"));
  t.is(lines.length, 0);
  state.okta = new Error("no answer");
  t.is(headline(await out({})), "You are signed out here");
  t.like(lines[0], { msg: "Okta's logout address could not be found out." });
  t.regex(String(lines[0]?.requestID), /^[\w-]{12}$/);
});

test("that copies of the session may count is said on every way out", async (t) => {
  const { out, webhook, ada, hint, state } = await scene(t);
  state.isStored = false;
  const on = await out({});
  t.is(headline(on), "You are signed out in this browser");
  t.true(on.body.includes(`href="${OKTA}"`));
  const here = await out({}, webhook.signedIn(ada));
  t.is(headline(here), "You are signed out here");
  t.true(here.body.includes("tell an administrator"));
  const nobody = await out({}, "");
  t.is(headline(nobody), "You are signed out in this browser");
  t.true(nobody.body.includes('href="/logout/done?state=out"'));
  t.true(
    (await out({}, hint)).body.includes("tell an administrator"),
    "also where isn't known where that was",
  );
  const json = await out({}, undefined, JSON_PLEASE);
  t.deepEqual(JSON.parse(json.body), { signedOut: true, copiesMayCount: true, continueAt: OKTA });
});

test("the session at one organization ends, or all of them; the way leads by the one that is named, or the latest", async (t) => {
  const { out, webhook, ada, hint, ended, told } = await scene(t);
  const bea = webhook.person("bea", "viewer", { organization: "acme/beta" });
  const both = `${webhook.signedIn(bea, ada)}; ${hint}`;
  await out({ organization: "beta" }, both);
  t.deepEqual(
    ended.splice(0).map(({ user }) => user),
    [bea.ref],
  );
  t.like(told[0], { state: "out.beta" });
  await out({}, both);
  t.deepEqual(
    ended
      .splice(0)
      .map(({ user }) => user)
      .sort(),
    [ada.ref, bea.ref].sort(),
  );
  t.like(told[1], { state: "out.acme" });
  // Who was refused has no session, and wants to sign in as somebody else.
  const refused = await out({ organization: "acme", again: "yes" }, hint);
  t.true(refused.body.includes(`content="0; url=${OKTA}"`));
  t.deepEqual(ended, []);
});

test("nobody, and who is in past Okta, is done at once; of whom isn't known where they signed in, Okta may know more", async (t) => {
  const { out, webhook, hint, told } = await scene(t);
  const nobody = await out({ again: "yes" }, "");
  t.deepEqual([nobody.status, nobody.location], [303, "/logout/done?state=out"]);
  t.deepEqual(JSON.parse((await out({}, "", JSON_PLEASE)).body), {
    signedOut: true,
    continueAt: "/logout/done?state=out",
  });
  const somewhere = await out({}, hint);
  t.is(headline(somewhere), "You are signed out here");
  t.false(somewhere.body.includes("Sign in again"));
  t.is((await out({}, hint, JSON_PLEASE)).status, 200);
  const mia = webhook.person("mia", "admin", { source: "Local", serviceAccountName: "mia" });
  const [local = ""] = webhook.replica.sessions.start(undefined, mia, webhook.organization(), {
    isLocal: true,
  });
  const past = await out({}, `${local.split(";")[0]}; ${hint}`);
  t.deepEqual([past.status, past.location], [303, "/logout/done?state=out"]);
  t.deepEqual(told, []);
});
