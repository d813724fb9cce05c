import test from "ava";
import { cookieStyle } from "../../../webhook/sessions/cookies.ts";
import { KeyRing } from "../../../webhook/sessions/key-ring.ts";
import { newKey } from "../../../webhook/sessions/stored-keys.ts";
import { BrowserCookie } from "../../../webhook/sign-in/browser-cookie.ts";
import { LoginStarts } from "../../../webhook/sign-in/login-starts.ts";
import {
  fitsInState,
  LoginStates,
  settingsDigest,
  stateDigest,
} from "../../../webhook/sign-in/login-states.ts";
import { organization } from "../../organizations/organization.ts";

const acme = organization("team/acme", "acme", { uid: "acme-uid" });

type Starting = ConstructorParameters<typeof LoginStarts>[0]["okta"]["startLogin"];

function scene() {
  const ring = new KeyRing([newKey(1)], 0);
  const states = new LoginStates({ current: () => ring.current(2), find: (id) => ring.find(id) });
  const browsers = new BrowserCookie(cookieStyle("https://login.example.com"));
  const asked: Parameters<Starting>[1][] = [];
  const startLogin: Starting = async (_organization, options) => {
    asked.push(options);
    return { url: `https://acme.okta.com/authorize?state=${options.proof?.state}` } as Awaited<
      ReturnType<Starting>
    >;
  };
  const starts = new LoginStarts({
    okta: { startLogin },
    organizations: { callbackURI: ({ spec }) => `https://login.example.com/callback/${spec.loginPath}` },
    states,
    browsers,
  });
  return { starts, states, browsers, asked };
}

const address = (path: string) => ({ kind: "address", path }) as const;

test("a sign-in that begins is bound to its browser, and carries where to go afterwards", async (t) => {
  const { starts, states, browsers, asked } = scene();
  const before = Date.now();
  const begun = await starts.begin(acme, undefined, { way: address("/reports") });
  t.is(begun.url, `https://acme.okta.com/authorize?state=${begun.state}`);
  t.is(begun.long, undefined);
  t.is(begun.setCookies.length, 1);
  const cookie = begun.setCookies[0]?.split(";", 1)[0];
  const browser = browsers.read(cookie);
  const opened = states.open(browser, begun.state);
  t.like(opened, {
    organizationID: "acme-uid",
    settings: settingsDigest(acme.spec.okta),
    path: "/reports",
    restarts: 0,
  });
  t.true((opened?.createdAt ?? 0) >= before);
  t.deepEqual(asked, [
    { redirectURI: "https://login.example.com/callback/acme", returnTo: "", proof: opened?.proof },
  ] as typeof asked);

  const next = await starts.begin(acme, cookie, { way: { kind: "none" }, anew: true, restarts: 2 });
  t.deepEqual(next.setCookies, [], "it has one already");
  t.like(states.open(browser, next.state), { path: undefined, restarts: 2, proof: { state: next.state } });
  t.is(asked[1]?.prompt, "login");
  t.false("prompt" in (asked[0] ?? {}));
});

test("an address that is too long for the state is kept beside it", async (t) => {
  const { starts, states, browsers } = scene();
  const fitting = `/${"a".repeat(279)}`;
  for (const [path, fits] of [
    [fitting, true],
    [`${fitting}a`, false],
    [`/"${"a".repeat(277)}`, true],
    [`/"${"a".repeat(278)}`, false],
  ] as const) {
    t.is(fitsInState(path), fits);
    const begun = await starts.begin(acme, undefined, { way: address(path) });
    const browser = browsers.read(begun.setCookies[0]?.split(";", 1)[0]);
    t.is(states.open(browser, begun.state)?.path, fits ? path : undefined);
    t.is(begun.long, fits ? undefined : path);
    t.true(begun.state.length <= 600);
  }
});

test("settings and states have digests that tell them apart, short and the same everywhere", (t) => {
  const settings = { issuer: "https://acme.okta.com", clientID: "0oa1" };
  t.regex(settingsDigest(settings), /^[\w-]{16}$/);
  t.is(settingsDigest(settings), settingsDigest({ ...settings }));
  t.not(settingsDigest({ ...settings, clientID: "0oa2" }), settingsDigest(settings));
  t.not(settingsDigest({ ...settings, issuer: "https://beta.okta.com" }), settingsDigest(settings));
  t.regex(stateDigest("a"), /^[\w-]{12}$/);
  t.is(stateDigest("a"), stateDigest("a"));
  t.not(stateDigest("a"), stateDigest("b"));
});
