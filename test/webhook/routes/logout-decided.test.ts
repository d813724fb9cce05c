import test, { type ExecutionContext } from "ava";
import express from "express";
import { StoreError, type User } from "../../../identity/index.ts";
import { confirmLogout, loggedOut, logout } from "../../../webhook/routes/logout.ts";
import { cookieStyle } from "../../../webhook/sessions/cookies.ts";
import { LogoutHint } from "../../../webhook/sessions/logout-hint.ts";
import { SignOuts } from "../../../webhook/sessions/sign-outs.ts";
import { newKey } from "../../../webhook/sessions/stored-keys.ts";
import { logLines } from "../../log-lines.ts";
import { cleared } from "../sessions/session-fixtures.ts";
import { headline, OWN, SmallWebhook } from "./small-webhook.ts";

const OKTA = "https://acme.okta.com/out";

/** Sign-outs, with what is asked of Okta's addresses and of where sign-outs are stored. */
async function scene(t: ExecutionContext) {
  const webhook = new SmallWebhook();
  const { organizations, replica } = webhook;
  const logoutHint = new LogoutHint(cookieStyle(OWN));
  const ended: string[] = [];
  const told: object[] = [];
  const { log, lines } = logLines();
  const state = { isStored: true, okta: OKTA as string | Error };
  const sessions = replica.sessions;
  const signOuts = new SignOuts({
    store: {
      get: (ref) => replica.users.get(ref),
      fresh: async (ref) => replica.users.get(ref),
      update: async (user, { endSession }) => {
        if (!state.isStored) throw new StoreError("no answer");
        ended.push(user.ref);
        return { ...user, endedSessions: endSession ? [endSession] : [] };
      },
    },
    audit: { write: () => {} },
    log,
    now: () => replica.now,
  });
  const handler = logout({
    ...{ organizations, logoutHint, log, sessions, signOuts },
    okta: {
      endSessionURL: async (_, options) => {
        told.push(options);
        if (state.okta instanceof Error) throw state.okta;
        return state.okta;
      },
    },
  });
  const ask = await webhook.serve(t, (app) => {
    app.get("/logout", confirmLogout({ sessions, logoutHint }));
    app.get("/logout/done", loggedOut({ sessions, organizations, logoutHint }));
    app.post("/logout", express.urlencoded({ extended: false }), handler);
  });
  /** The token of a sign-in with Okta, as the browser keeps it. */
  const tokenOf = (aud: string) => {
    const claims = Buffer.from(JSON.stringify({ iss: OKTA.slice(0, -4), aud })).toString("base64url");
    return logoutHint.keep(`h.${claims}.s`, 60, 5_000).split(";")[0] ?? "";
  };
  const hint = tokenOf("0oa1");
  const ada = webhook.person("ada", "viewer");
  /** Ada's browser: signed in, and with the token that Okta ends her session for. */
  const of = (user: User) => `${webhook.signedIn(user)}; ${hint}`;
  const out = (form: Record<string, string>, cookie = of(ada), headers: Record<string, string> = {}) =>
    ask("/logout", { form, cookie, headers });
  /** Mia's browser: she is in past Okta. */
  const local = (cookie?: string) => {
    const mia = webhook.person("mia", "admin", { source: "Local", serviceAccountName: "mia" });
    const [set = ""] = sessions.start(cookie, mia, webhook.organization(), { isLocal: true });
    return set.split(";")[0] ?? "";
  };
  return { webhook, ask, out, ada, of, hint, tokenOf, local, ended, told, lines, state };
}

/** What stands in the list of where somebody is still signed in. */
const still = ({ body }: { body: string }) =>
  Array.from(body.matchAll(/<li><a href="([^"]+)"/g), ([, address]) => address);

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

test("what is asked promises of Okta only what will come of it", async (t) => {
  const { ask, webhook, ada, of, hint, tokenOf, local } = await scene(t);
  const promised = async (cookie?: string) => {
    const { body } = await ask("/logout", cookie === undefined ? {} : { cookie });
    return [body.includes("here and at Okta."), body.includes("You may stay signed in at Okta")];
  };
  const [ends, goesOn, none] = [
    [true, false],
    [false, true],
    [false, false],
  ];
  t.deepEqual(await promised(of(ada)), ends);
  t.deepEqual(await promised(webhook.signedIn(ada)), goesOn);
  t.deepEqual(await promised(`${webhook.signedIn(ada)}; ${tokenOf("0oa9")}`), goesOn);
  t.deepEqual(await promised(local()), none, "who is in past Okta has no session there");
  t.deepEqual(await promised(`${local()}; ${hint}`), ends, "unless they had signed in with Okta before");
  t.deepEqual(await promised(`${local()}; ${tokenOf("0oa9")}`), goesOn);
  t.deepEqual(await promised(), none);
  t.deepEqual(await promised(hint), goesOn);
});

test("after a sign-out it is said what is so, whatever the address says", async (t) => {
  const { ask, webhook, ada, hint, tokenOf, of } = await scene(t);
  const { replica } = webhook;
  const bea = webhook.person("bea", "viewer", { organization: "acme/beta" });
  const [acme, beta] = ["/login/acme/me", "/login/beta/me"];
  const adas = webhook.signedIn(ada);
  const both = webhook.signedIn(ada, bea);
  for (const [state, cookie, title, at] of [
    ["out.beta", "", "You are signed out", []],
    ["out.beta", adas, "You are signed out", [acme]],
    ["out.acme", adas, "You are still signed in", [acme]],
    ["out.acme", both, "You are still signed in", [beta, acme]],
    ["out.gone", adas, "You are still signed in", [acme]],
    ["out", adas, "You are still signed in", [acme]],
    ["", adas, "You are still signed in", [acme]],
    ["nonsense", "", "You are not signed in", []],
    ["nonsense", hint, "You are not signed in", []],
    // Okta was told nothing, else the token would be gone.
    ["out.acme", hint, "You are signed out here", []],
    ["out", hint, "You are signed out here", []],
    ["out.acme", tokenOf("0oa9"), "You are signed out", []],
  ] as const) {
    const page = await ask(`/logout/done?state=${state}`, { cookie });
    t.deepEqual([headline(page), still(page)], [title, [...at]], `${state}: ${title}`);
  }
  const out = await ask("/logout/done?state=out.beta", { cookie: adas });
  t.true(out.body.includes("Your session has ended, here and at Okta."));
  t.true(out.body.includes('href="/login/beta">Sign in again</a>'));
  const again = await ask("/logout/done?state=again.acme", { cookie: adas });
  t.deepEqual([again.status, again.location], [303, "/login/acme?prompt=login"]);

  replica.stale = true;
  const undecided = await ask("/logout/done?state=out.acme", { cookie: of(ada) });
  t.is(undecided.status, 503);
  t.true(undecided.body.includes('href="/logout/done?state=out.acme">Try again</a>'));
  t.is((await ask("/logout/done?state=out.beta", { cookie: of(ada) })).status, 200, "there is none at Beta");
  replica.stale = false;
  // This replica hasn't heard of her account yet, and asks.
  replica.unheard.set(ada.ref, ada);
  replica.users.delete(ada.ref);
  const asked = await ask("/logout/done?state=out.acme", { cookie: webhook.signedIn(ada) });
  t.deepEqual([headline(asked), still(asked)], ["You are still signed in", [acme]]);
});

test("a sign-out ends the session here, for good, and brings the browser to Okta", async (t) => {
  const { out, ada, ended, told } = await scene(t);
  const { status, body, setCookies } = await out({});
  t.is(status, 200);
  t.true(body.includes(`content="0; url=${OKTA}"`));
  t.deepEqual(ended, [ada.ref]);
  t.is(setCookies.length, 2);
  t.regex(
    setCookies.join("\n"),
    /^__Host-okta-role-session[^\n]*Max-Age=0[^\n]*\n__Secure-okta-role-id-token=;[^\n]*Max-Age=0/,
  );
  t.like(told[0], { postLogoutRedirectURI: `${OWN}/logout/done`, state: "out.acme" });
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
  const { out, webhook, ada, of, local, state } = await scene(t);
  state.isStored = false;
  const on = await out({});
  t.is(headline(on), "You are signed out in this browser");
  t.true(on.body.includes(`href="${OKTA}"`));
  const here = await out({}, webhook.signedIn(ada));
  t.is(headline(here), "You are signed out here");
  t.true(here.body.includes("tell an administrator"));
  const again = await out({ again: "yes" }, webhook.signedIn(ada));
  t.is(headline(again), "You are signed out in this browser");
  t.true(again.body.includes('href="/login/acme?prompt=login">Sign in again</a>'), "there it leads");
  const past = await out({}, local());
  t.is(headline(past), "You are signed out in this browser");
  t.true(past.body.includes('href="/logout/done?state=out">Go on signing out</a>'));
  t.is((await out({}, "")).status, 303, "of nobody there are no copies");
  const json = await out({}, undefined, JSON_PLEASE);
  t.deepEqual(JSON.parse(json.body), { signedOut: true, copiesMayCount: true, continueAt: OKTA });
  const [gone, goneWithToken] = [webhook.signedIn(ada), of(ada)];
  webhook.replica.organizations.delete("acme/acme");
  const unknown = await out({}, gone);
  t.is(headline(unknown), "You are signed out in this browser");
  t.true(unknown.body.includes('href="/logout/done?state=out">Go on signing out</a>'));
  const nowhere = await out({}, goneWithToken);
  t.is(headline(nowhere), "You are signed out here");
  t.true(nowhere.body.includes("tell an administrator"), "also where isn't known where that was");
});

test("a session whose key this replica has yet to read is ended; where it can't be read, it is said that copies may count", async (t) => {
  const { out, webhook, ada, of, hint, ended, lines } = await scene(t);
  const { replica } = webhook;
  const mine = replica.stored;
  /** Ada's browser, signed in at another replica, which has made a key since. */
  const atAnother = () => {
    replica.stored = [...mine, newKey(2)];
    replica.readKeys();
    const cookie = of(ada);
    const theirs = replica.stored;
    replica.stored = mine;
    replica.readKeys();
    replica.stored = theirs;
    return cookie;
  };
  for (const form of [{}, { organization: "acme" }]) {
    ended.length = 0;
    const found = await out(form, atAnother());
    t.is(headline(found), "Signing you out");
    t.true(found.body.includes(`href="${OKTA}"`), "at its Okta, too");
    t.deepEqual(ended, [ada.ref]);
  }
  ended.length = 0;
  const bea = webhook.person("bea", "viewer", { organization: "acme/beta" });
  const fromAnother = atAnother().split("; ")[0];
  await out({}, `${fromAnother}; ${webhook.signedIn(bea)}; ${hint}`);
  t.deepEqual(ended.toSorted(), [ada.ref, bea.ref].toSorted(), "beside one whose key is known");

  for (const why of ["it was read just now", "nobody answers"]) {
    const cookie = atAnother();
    replica.readJustNow = why === "it was read just now";
    replica.unreadable = why === "nobody answers";
    const here = await out({ organization: "acme" }, cookie);
    t.is(headline(here), "You are signed out in this browser", why);
    t.true(here.body.includes("tell an administrator"), why);
    t.true(cleared(here.setCookies).some((name) => cookie.startsWith(`${name}=`)));
    const json = await out({}, cookie, JSON_PLEASE);
    t.like(JSON.parse(json.body), { copiesMayCount: true }, why);
  }
  t.regex(String(lines.at(-1)?.msg), /key of a session that ends could not be looked for/);
  replica.unreadable = false;
  const old = atAnother();
  replica.stored = mine;
  t.is(
    JSON.parse((await out({}, old, JSON_PLEASE)).body).copiesMayCount,
    undefined,
    "a key that is gone signs nobody in",
  );
});

test("the session at one organization ends, or all of them; the way leads by the one that is named, or the latest", async (t) => {
  const { out, webhook, ada, hint, ended, told } = await scene(t);
  const bea = webhook.person("bea", "viewer", { organization: "acme/beta" });
  const both = `${webhook.signedIn(bea, ada)}; ${hint}`;
  await out({ organization: "beta" }, both);
  t.deepEqual(ended.splice(0), [bea.ref]);
  t.like(told[0], { state: "out.beta" });
  await out({}, both);
  t.deepEqual(ended.splice(0).sort(), [ada.ref, bea.ref].sort());
  t.like(told[1], { state: "out.acme" });
  // Who was refused has no session, and wants to sign in as somebody else.
  const refused = await out({ organization: "acme", again: "yes" }, hint);
  t.true(refused.body.includes(`content="0; url=${OKTA}"`));
  t.deepEqual(ended, []);
});

test("the token of another organization's Okta stays for the day its session ends", async (t) => {
  const { out, webhook, ada, of, tokenOf, ended, told } = await scene(t);
  webhook.organization("beta").spec.okta.clientID = "0oa2";
  const bea = webhook.person("bea", "viewer", { organization: "acme/beta" });
  const both = `${webhook.signedIn(ada, bea)}; ${tokenOf("0oa2")}`;
  const one = await out({ organization: "acme" }, both);
  t.deepEqual([headline(one), still(one)], ["You are signed out here", ["/login/beta/me"]]);
  t.deepEqual([ended.splice(0), told], [[ada.ref], []]);
  const forgotten = ({ setCookies }: { setCookies: string[] }) => setCookies.join().includes("id-token=;");
  t.false(forgotten(one));
  const other = await out({ organization: "beta" }, `${webhook.signedIn(bea)}; ${tokenOf("0oa2")}`);
  t.true(forgotten(other));
  t.like(told[0], { state: "out.beta" });
  const all = await out({}, of(ada));
  t.true(forgotten(all));
  const every = await out({}, `${webhook.signedIn(bea, ada)}; ${tokenOf("0oa2")}`);
  t.deepEqual([headline(every), still(every), forgotten(every)], ["You are signed out here", [], true]);
});

test("who is in past Okta, and had signed in with it before, is signed out there, too, or told that it may go on", async (t) => {
  const { out, hint, tokenOf, local, told } = await scene(t);
  const past = await out({ organization: "acme" }, `${local()}; ${hint}`);
  t.true(past.body.includes(`content="0; url=${OKTA}"`));
  t.like(told[0], { state: "out.acme" });
  const elsewhere = `${local()}; ${tokenOf("0oa9")}`;
  t.is(headline(await out({ organization: "acme" }, elsewhere)), "You are signed out here");
  t.deepEqual(JSON.parse((await out({}, elsewhere, JSON_PLEASE)).body), { signedOut: true });
  t.is(told.length, 1);
});

test("nobody, and who is in past Okta alone, is done at once; of whom isn't known where they signed in, Okta may know more", async (t) => {
  const { out, hint, told, local } = await scene(t);
  const atOnce = { signedOut: true, continueAt: "/logout/done?state=out" };
  for (const cookie of ["", local()]) {
    const page = await out({}, cookie);
    t.deepEqual([page.status, page.location], [303, "/logout/done?state=out"], cookie);
    t.deepEqual(JSON.parse((await out({}, cookie, JSON_PLEASE)).body), atOnce, cookie);
  }
  t.is((await out({ again: "yes" }, "")).location, "/logout/done?state=out", "nobody knows where");
  const again = await out({ again: "yes" }, local());
  t.true(again.body.includes('content="0; url=/login/acme?prompt=login"'), "as the button says");
  const somewhere = await out({}, hint);
  t.is(headline(somewhere), "You are signed out here");
  t.false(somewhere.body.includes("Sign in again"));
  t.deepEqual(JSON.parse((await out({}, hint, JSON_PLEASE)).body), { signedOut: true });
  t.deepEqual(told, []);
});
