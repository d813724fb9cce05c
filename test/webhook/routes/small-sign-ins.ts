import type { ExecutionContext } from "ava";
import { Registry } from "prom-client";
import { WebhookMetrics } from "../../../webhook/metrics.ts";
import { callback } from "../../../webhook/routes/callback.ts";
import { login } from "../../../webhook/routes/login.ts";
import { cookieStyle } from "../../../webhook/sessions/cookies.ts";
import { KeyRing } from "../../../webhook/sessions/key-ring.ts";
import { LogoutHint } from "../../../webhook/sessions/logout-hint.ts";
import { newKey } from "../../../webhook/sessions/stored-keys.ts";
import { BrowserCookie } from "../../../webhook/sign-in/browser-cookie.ts";
import { ConcurrencyLimit } from "../../../webhook/sign-in/concurrency-limit.ts";
import { DoneCookie } from "../../../webhook/sign-in/done-cookie.ts";
import { LoginStarts } from "../../../webhook/sign-in/login-starts.ts";
import { LoginStates, settingsDigest } from "../../../webhook/sign-in/login-states.ts";
import type { SignInResult } from "../../../webhook/sign-in/okta-sign-ins.ts";
import { RememberedOrganization } from "../../../webhook/sign-in/remembered-organization.ts";
import { WayCookie } from "../../../webhook/sign-in/way-cookie.ts";
import { logLines } from "../../log-lines.ts";
import { Jar } from "../sessions/session-fixtures.ts";
import { OWN, SmallWebhook } from "./small-webhook.ts";

/** Sign-ins from the login page to the callback; what Okta says of a code, and what follows from it, the test says. */
export async function smallSignIns(t: ExecutionContext) {
  const webhook = new SmallWebhook();
  const { organizations, replica } = webhook;
  const ring = new KeyRing([newKey(1)], 0);
  const keys = { current: () => ring.current(Date.now()), find: (id: string) => ring.find(id) };
  const cookies = cookieStyle(OWN);
  const [states, browsers, ways] = [
    new LoginStates(keys),
    new BrowserCookie(cookies),
    new WayCookie(cookies),
  ];
  const ada = webhook.person("ada", "viewer");
  const { log, lines } = logLines();
  const metrics = new WebhookMetrics(new Registry());
  const finished: { callbackURL: string; transaction: object }[] = [];
  const state = {
    start: (): void => {},
    okta: (): void => {},
    result: (): SignInResult => ({ kind: "admitted", user: ada, before: ada, isNoted: true }),
    unread: undefined as Error | undefined,
  };
  const okta = {
    startLogin: async (_: unknown, { proof, prompt }: { proof?: { state: string }; prompt?: string }) => {
      state.start();
      return { url: `https://acme.okta.com/authorize?state=${proof?.state}&prompt=${prompt}` } as never;
    },
    finishLogin: async (_: unknown, options: (typeof finished)[number]) => {
      finished.push(options);
      state.okta();
      const person = { issuer: "https://acme.okta.com", subject: "00u1", email: "ada@acme.example" };
      return { person, idToken: "h.p.s", returnTo: "", groups: {}, unread: state.unread } as never;
    },
  };
  const deps = {
    ...{ organizations, okta, states, browsers, ways, metrics, log },
    starts: new LoginStarts({ okta, organizations, states, browsers }),
    done: new DoneCookie(keys, cookies),
    oktaSignIns: { complete: async () => state.result() },
    sessions: replica.sessions,
    logoutHint: new LogoutHint(cookies),
    concurrency: new ConcurrencyLimit(10),
    remembered: new RememberedOrganization(cookies),
  };
  const ask = await webhook.serve(t, (app) => {
    app.get("/login/:path", login(deps));
    app.get("/callback/:path", callback(deps));
  });
  const jar = new Jar();
  /** Goes somewhere in the one browser. */
  const go = async (path: string, headers: Record<string, string> = {}, at = jar) => {
    const answer = await ask(path, { headers, ...(at.header === undefined ? {} : { cookie: at.header }) });
    at.store(answer.setCookies);
    return answer;
  };
  const stateOf = ({ location }: { location?: unknown }) =>
    new URL(String(location)).searchParams.get("state") ?? "";
  const begin = async (query = "", at = jar) => stateOf(await go(`/login/acme${query}`, {}, at));
  const who = () => replica.who(jar, "acme/acme");
  /** A state of this browser, begun at another time, or otherwise than usual. */
  const made = (changes: Partial<Parameters<LoginStates["make"]>[1]> = {}) =>
    states.make(browsers.read(jar.header) ?? "", {
      organizationID: webhook.organization().metadata.uid ?? "",
      settings: settingsDigest(webhook.organization().spec.okta),
      ...{ path: "/x", createdAt: Date.now(), restarts: 0, ...changes },
    }).state;
  const counted = async (): Promise<string[]> =>
    (await metrics.logins.get()).values.map(
      ({ labels, value }) => `${labels.outcome} ${labels.reason} ${value}`,
    );
  return { webhook, go, begin, stateOf, who, made, jar, ada, state, finished, lines, metrics, counted };
}
