import test from "ava";
import { CodeRejectedError } from "../../../okta/oidc/login-errors.ts";
import { settingsDigest } from "../../../webhook/sign-in/login-states.ts";
import type { SignInResult } from "../../../webhook/sign-in/okta-sign-ins.ts";
import { Jar } from "../sessions/session-fixtures.ts";
import { smallSignIns } from "./small-sign-ins.ts";
import { headline, OWN } from "./small-webhook.ts";

const MINUTE = 60_000;

test("whoever comes back from Okta is signed in, and led to where they wanted to go", async (t) => {
  const { go, begin, who, ada, jar, finished, metrics, counted } = await smallSignIns(t);
  const state = await begin("?return_to=/reports?q=1");
  const answer = await go(`/callback/acme?code=c&state=${state}`);
  t.deepEqual([answer.status, answer.location], [303, `${OWN}/reports?q=1`]);
  t.is(who(), ada.ref);
  t.is(finished[0]?.callbackURL, `${OWN}/callback/acme?code=c&state=${state}`);
  t.like(finished[0]?.transaction, {
    ...{ issuer: "https://acme.okta.com", clientID: "0oa1", redirectURI: `${OWN}/callback/acme`, state },
  });
  t.deepEqual(await counted(), ["admitted MappedGroup 1"]);
  t.is(
    (await metrics.loginSeconds.get()).values.find(({ metricName }) => metricName?.endsWith("_count"))?.value,
    1,
  );
  t.is(jar.cookies.get("__Secure-okta-role-id-token"), "p.h.p.s", "for the day they sign out");
  const lost = await begin("?return_to=//elsewhere.example/");
  t.is((await go(`/callback/acme?code=c&state=${lost}`)).location, `${OWN}/login/acme/me?address=lost`);
});

test("a long address is kept beside, and gone to in a second step", async (t) => {
  const { go, begin, jar } = await smallSignIns(t);
  const path = `/reports?q=${"x".repeat(600)}`;
  const state = await begin(`?return_to=${path}`);
  const first = await go(`/callback/acme?code=c&state=${state}`);
  t.is(first.location, `/callback/acme?state=${encodeURIComponent(state)}`);
  t.true(jar.cookies.has("__Secure-okta-role-way"));
  t.is((await go(String(first.location))).location, `${OWN}${path}`);
  t.false(jar.cookies.has("__Secure-okta-role-way"), "and it isn't kept any longer");
});

test("a callback that is called once more isn't redeemed again: it says what it said", async (t) => {
  const { go, begin, finished, state, counted } = await smallSignIns(t);
  const once = await begin("?return_to=/a");
  await go(`/callback/acme?code=c&state=${once}`);
  t.is((await go(`/callback/acme?code=c&state=${once}`)).location, `${OWN}/a`);
  state.result = () => refusal;
  const refused = await begin();
  const page = await go(`/callback/acme?code=c&state=${refused}`);
  const again = await go(`/callback/acme?code=c&state=${refused}`);
  t.is(again.status, 403);
  const withoutID = ({ body }: { body: string }) => body.replace(/<footer>.*<\/footer>/, "");
  t.is(withoutID(again), withoutID(page));
  t.is(finished.length, 2);
  t.deepEqual(await counted(), ["admitted MappedGroup 1", "refused NoMappedGroup 1"]);
});

const refusal: SignInResult = {
  kind: "refused",
  access: { active: false, grants: [], groups: [], reason: "NoMappedGroup", message: "" },
  groups: [{ name: "marketing" }, { id: "00g1" }],
  explanation: { obstacles: [], misses: [] },
} as never;

test("who has no access reads why and what was received, programs as well; whoever was signed in here is so no longer", async (t) => {
  const { go, begin, who, state, ada, jar } = await smallSignIns(t);
  await go(`/callback/acme?code=c&state=${await begin()}`);
  t.is(who(), ada.ref);
  state.result = () => refusal;
  const page = await go(`/callback/acme?code=c&state=${await begin()}`);
  t.deepEqual([page.status, headline(page)], [403, "You have no access"]);
  t.true(page.body.includes("ada@acme.example") && page.body.includes("in no Okta group that gives access"));
  t.true(page.body.includes('<li dir="auto">marketing</li><li dir="auto">00g1</li>'));
  t.is(who(), "no-session");
  t.true(jar.cookies.has("__Secure-okta-role-id-token"), "to sign in as somebody else they have to sign out");
  const json = await go(`/callback/acme?code=c&state=${await begin()}`, { accept: "application/json" });
  t.is(json.status, 403);
  const { code, reason, message, groups, received } = JSON.parse(json.body);
  t.deepEqual([code, reason, groups, received], ["no-access", "NoMappedGroup", ["marketing", "00g1"], 2]);
  t.regex(message, /^You are in no Okta group that gives access: ask an administrator of Acme/);
});

test("what can't be decided is said, and logged with why; the session there was goes on", async (t) => {
  const { go, begin, who, state, ada, lines, counted, jar } = await smallSignIns(t);
  await go(`/callback/acme?code=c&state=${await begin()}`);
  jar.cookies.delete("__Secure-okta-role-id-token");
  state.result = () => ({ kind: "undecided", reason: "ClaimLost", why: "There is no claim." });
  const page = await go(`/callback/acme?code=c&state=${await begin()}`);
  t.deepEqual([page.status, headline(page)], [502, "Okta didn&#39;t tell us your groups"]);
  t.true(page.body.includes("the condition GroupsClaimReceived of the Organization acme/acme"));
  t.is(who(), ada.ref);
  t.true(jar.cookies.has("__Secure-okta-role-id-token"));
  t.like(lines.at(-1), {
    level: 40,
    reason: "ClaimLost",
    why: "There is no claim.",
    organization: "acme/acme",
  });
  t.true((await counted()).includes("refused ClaimLost 1"));
});

test("a state that isn't this browser's, this organization's, or one at all signs nobody in", async (t) => {
  const { go, begin, who, made, finished, counted, lines } = await smallSignIns(t);
  const state = await begin();
  for (const [path, at] of [
    [`/callback/beta?code=c&state=${state}`, undefined],
    ["/callback/acme?code=c&state=x", undefined],
    ["/callback/acme?code=c", undefined],
    [`/callback/acme?code=c&state=${state}&state=${state}`, undefined],
    [`/callback/acme?code=c&state=${state}`, new Jar()],
    [`/callback/acme?code=c&state=${made({ organizationID: "another" })}`, undefined],
  ] as const) {
    const answer = await go(path, { accept: "application/json" }, at);
    t.is(JSON.parse(answer.body).code, "state-mismatch", path);
  }
  t.is(who(), "no-session");
  t.deepEqual(finished, []);
  t.true((await counted()).some((line) => line.startsWith("failed state-mismatch")));
  t.like(lines.at(-1), { level: 30, msg: "A sign-in failed.", organization: "acme/acme" });
  t.is((await go("/callback/gone?code=c&state=x")).status, 404);
});

test("a tab whose sign-in began under another cookie begins anew, a few times and for ten minutes", async (t) => {
  const { go, begin, jar, stateOf, webhook, made } = await smallSignIns(t);
  const early = await begin("?return_to=/a", new Jar());
  await begin();
  const anew = await go(`/callback/acme?code=c&state=${early}`);
  t.is(anew.status, 303);
  t.regex(String(anew.location), /^https:\/\/acme\.okta\.com\/authorize/);
  t.is((await go(`/callback/acme?code=c&state=${stateOf(anew)}`)).location, `${OWN}/a`);
  // As another browser has begun them.
  const mine = jar.header?.match(/okta-role-browser=([\w-]+)/)?.[1] ?? "";
  const others = (changes: Parameters<typeof made>[0]) => {
    jar.cookies.set("__Host-okta-role-browser", "o".repeat(22));
    const state = made(changes);
    jar.cookies.set("__Host-okta-role-browser", mine);
    return go(`/callback/acme?code=c&state=${state}`, { accept: "application/json" });
  };
  t.is((await others({ restarts: 4 })).status, 303);
  t.is(JSON.parse((await others({ restarts: 5 })).body).code, "state-mismatch");
  t.is((await others({ createdAt: Date.now() - 9 * MINUTE })).status, 303);
  t.is(JSON.parse((await others({ createdAt: Date.now() - 11 * MINUTE })).body).code, "state-mismatch");
  t.is(webhook.replica.who(jar, "acme/acme"), "acme/ada");
  // It counts on from there.
  const next = await others({ restarts: 4 });
  const last = await (async () => {
    jar.cookies.set("__Host-okta-role-browser", "o".repeat(22));
    return go(`/callback/acme?code=c&state=${stateOf(next)}`, { accept: "application/json" });
  })();
  t.is(JSON.parse(last.body).code, "state-mismatch");
});

test("who took too long at Okta, or whose organization was set up otherwise meanwhile, begins again", async (t) => {
  const { go, begin, made, finished, webhook } = await smallSignIns(t);
  await begin();
  const code = async (changes: Parameters<typeof made>[0]) => {
    const answer = await go(`/callback/acme?code=c&state=${made(changes)}`, { accept: "application/json" });
    return answer.status === 303 ? "signed in" : JSON.parse(answer.body).code;
  };
  t.is(await code({ createdAt: Date.now() - 11 * MINUTE }), "login-expired");
  t.is(await code({ createdAt: Date.now() - 9 * MINUTE }), "signed in");
  webhook.organization().spec.okta.clientID = "0oa2";
  t.is(
    await code({ settings: settingsDigest({ issuer: "https://acme.okta.com", clientID: "0oa1" }) }),
    "settings-changed",
  );
  t.is(finished.length, 1);
  // People read where that is, and are led on to where they were going.
  for (const [changes, title] of [
    [{ createdAt: Date.now() - 11 * MINUTE }, "This sign-in has expired"],
    [{ settings: "another" }, "Please start again"],
  ] as const) {
    const page = await go(`/callback/acme?code=c&state=${made(changes)}`);
    t.deepEqual([page.status, headline(page)], [400, title]);
    t.true(page.body.includes('href="/login/acme?return_to=%2Fx">Start again</a>'), title);
  }
  t.is(finished.length, 1);
});

test("a code that was redeemed elsewhere is looked for in this browser's own session, and else it took too long", async (t) => {
  const { go, begin, state, made, lines, webhook, jar, ada } = await smallSignIns(t);
  state.okta = () => {
    throw new CodeRejectedError("used");
  };
  const rejected = await begin("?return_to=/a");
  const page = await go(`/callback/acme?code=c&state=${rejected}`);
  t.is(page.location, `/callback/acme?state=${encodeURIComponent(rejected)}`);
  t.like(lines.at(-1), { level: 30, msg: "A code was refused.", organization: "acme/acme" });
  // It isn't sent to Okta once more.
  t.is((await go(`/callback/acme?code=c&state=${rejected}`)).location, page.location);
  const nobody = await go(String(page.location), { accept: "application/json" });
  t.is(JSON.parse(nobody.body).code, "login-expired");
  webhook.replica.now = Date.now();
  jar.store(webhook.replica.sessions.start(jar.header, ada, webhook.organization()));
  t.is((await go(String(page.location))).location, `${OWN}/a`, "another replica has signed them in");
  webhook.replica.now = Date.now() + 60_000;
  const later = made({ createdAt: Date.now() + 30_000 });
  const before = await go(`/callback/acme?state=${later}`, { accept: "application/json" });
  t.is(JSON.parse(before.body).code, "login-expired", "that session is from before");
  const json = await go(`/callback/acme?code=c&state=${await begin()}`, { accept: "application/json" });
  t.is(JSON.parse(json.body).code, "code-rejected", "programs can't go on by themselves");
});

test("what fails in between is told and logged, as loud as it is ours", async (t) => {
  const { go, begin, state, lines, counted } = await smallSignIns(t);
  state.okta = () => {
    throw new Error("broken");
  };
  const page = await go(`/callback/acme?code=c&state=${await begin()}`);
  t.is(page.status, 500);
  t.like(lines.at(-1), { level: 40, msg: "A sign-in failed.", organization: "acme/acme" });
  t.deepEqual(await counted(), ["failed internal 1"]);
  state.okta = () => {};
  state.unread = new Error("userinfo");
  t.is((await go(`/callback/acme?code=c&state=${await begin()}`)).status, 303);
  t.like(lines.at(-1), { level: 40, organization: "acme/acme" });
  t.regex(String(lines.at(-1)?.msg), /could not be read: what is stored stays/);
});
