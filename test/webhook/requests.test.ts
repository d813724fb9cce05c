import test from "ava";
import { request } from "undici";
import { chartRights } from "../../dev/control-plane/service-account.ts";
import { FlagError, parseFlags } from "../../kubernetes/index.ts";
import { webhookFlags } from "../../webhook/flags.ts";
import { trustedProxies } from "../../webhook/http/rate-limits.ts";
import { cookieStyle, readCookie, setCookie } from "../../webhook/sessions/cookies.ts";
import { durationMs } from "../../webhook/sessions/max-age.ts";
import { waitFor } from "../cluster.ts";
import { Browser } from "./browser.ts";
import { webhookUnderTest } from "./webhook-under-test.ts";

test("of two organizations that want one login path the older one is served, and the other moves up when it goes", async (t) => {
  const { applyAcme, browser, cluster, webhook } = await webhookUnderTest(t);
  await applyAcme({ mappings: {} });
  const { creationTimestamp = "" } =
    webhook.caches.organizations.get(`${cluster.namespace}/acme`)?.metadata ?? {};
  // Ages have seconds.
  const isNextSecond = () => (Date.now() >= Date.parse(creationTimestamp) + 1_000 ? true : undefined);
  await waitFor(isNextSecond, { what: "the next second" });
  await applyAcme({ name: "later", mappings: {}, spec: { loginPath: "acme", displayName: "Later" } });
  t.true((await browser().get("/login/acme/local")).body.includes(">Acme<"));
  await cluster.kubectl("delete", "oktaorg", "acme");
  await untilDeleted(webhook.caches.organizations, `${cluster.namespace}/acme`);
  t.true((await browser().get("/login/acme/local")).body.includes(">Later<"));
});

test("a form of our own is recognised by older browsers' Origin, too; without either header it isn't", async (t) => {
  const { applyAcme, signIn, session, url } = await webhookUnderTest(t);
  await applyAcme();
  const { cookies } = await signIn("ada");
  const post = async (headers: Record<string, string>): Promise<number> => {
    const cookie = cookies.header(new URL(url)) ?? "";
    const type = { "content-type": "application/x-www-form-urlencoded" };
    const answer = await request(`${url}/logout`, {
      method: "POST",
      headers: { ...type, cookie, ...headers },
    });
    await answer.body.dump();
    return answer.statusCode;
  };
  t.is(await post({}), 403);
  t.is(await post({ origin: "null" }), 403);
  t.is(await post({ origin: `${url}.evil.example` }), 403);
  t.is((await session(cookies)).status, 200);
  t.is(await post({ origin: url }), 303);
});

test("a request that can't be understood is answered as that, and Kubernetes' refusals aren't", async (t) => {
  const { applyAcme, browser, cluster, replica } = await webhookUnderTest(t);
  await applyAcme({ mappings: {} });
  const tooLarge = await browser().post("/login/acme/local", { token: "x".repeat(100_000) });
  t.is(tooLarge.status, 413);
  t.regex(tooLarge.body, /can&#39;t be understood/);
  const undecodable = await browser().get("/login/%E0%A4%A/local");
  t.is(undecodable.status, 400);
  t.regex(undecodable.body, /can&#39;t be understood/);

  const { role } = await chartRights();
  const withoutReviews = await cluster.serviceAccount({ role, clusterRole: [] });
  const { url } = await replica({ kubeconfig: withoutReviews });
  const refused = await new Browser(url).post("/login/acme/local", { token: "ab.cd.ef" });
  t.is(refused.status, 503);
  t.regex(refused.body, /out of order/);
});

test("who is counted is the client, not what it says of itself; behind a trusted proxy it is who the proxy names", async (t) => {
  const alone = await webhookUnderTest(t, { loginsPerMinute: 3 });
  await alone.applyAcme();
  const spoofed = [];
  for (let i = 0; i < 5; i++)
    spoofed.push((await alone.browser().get("/login/acme", { "x-forwarded-for": `10.0.0.${i}` })).status);
  t.deepEqual(spoofed, [303, 303, 303, 429, 429]);

  const behind = await webhookUnderTest(t, { loginsPerMinute: 1, trustedProxies: 1 });
  await behind.applyAcme();
  const ask = async (address: string) =>
    (await behind.browser().get("/login/acme", { "x-forwarded-for": address })).status;
  t.is(await ask("10.0.0.1"), 303);
  t.is(await ask("10.0.0.1"), 429);
  // What isn't an address counts as the proxy's own, or each would be a client of its own.
  t.is(await ask("10.0.0.2:4711"), 303);
  t.is(await ask("x".repeat(20_000)), 429);
  t.is(await ask("10.0.0.2"), 303);
  t.is(await ask("10.0.0.9, 10.0.0.1"), 429, "what the client itself has put in front doesn't count");
  t.is(await ask("2001:db8:1:1::1"), 303);
  t.is(await ask("2001:db8:1:1:ffff::2"), 429, "an IPv6 network is one client");
});

test("a cookie is found by its whole name, wherever it stands", (t) => {
  const name = "okta-role-session";
  t.is(readCookie(`${name}=a`, name), "a");
  t.is(readCookie(`x=1; ${name}=a; y=2`, name), "a");
  t.is(readCookie(`x=1;${name}=a`, name), "a");
  t.is(readCookie(`x-${name}=b; ${name}2=c; ${name}=a`, name), "a");
  t.is(readCookie(`x=${name}=b; ${name}=a`, name), "a");
  t.is(readCookie(`x=y ${name}=b`, name), undefined);
  t.is(readCookie(`${name}`, name), undefined);
  t.is(readCookie(`__Host-${name}=b`, name), undefined);
  t.is(readCookie("", name), undefined);
  t.is(readCookie(undefined, name), undefined);
});

test("over https cookies are Secure and bound to the host; over http that is for localhost only", (t) => {
  t.deepEqual(cookieStyle("https://login.example.com"), {
    hostPrefix: "__Host-",
    securePrefix: "__Secure-",
    secure: true,
  });
  t.deepEqual(cookieStyle("http://localhost:8080"), { hostPrefix: "", securePrefix: "", secure: false });
  t.is(
    setCookie("a", "b", { secure: true, maxAgeS: 60 }),
    "a=b; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure",
  );
  const start = (url: string) => () =>
    parseFlags({ name: "x", summary: "y" }, webhookFlags, ["--base-url", url], {});
  t.notThrows(start("https://login.example.com"));
  t.notThrows(start("http://localhost:1234"));
  for (const url of [
    "http://login.example.com",
    "https://login.example.com/path",
    "ftp://x",
    "login.example.com",
  ])
    t.throws(start(url), { instanceOf: FlagError }, url);
});

test("durations are hours, minutes and seconds", (t) => {
  t.is(durationMs("12h"), 12 * 3_600_000);
  t.is(durationMs("1h30m"), 5_400_000);
  t.is(durationMs("90s"), 90_000);
  for (const text of ["", "h", "1d", "1m1h", "-1h", " 1h"])
    t.throws(() => durationMs(text), { instanceOf: RangeError }, text);
});

test("--trusted-proxies is a number of hops or a list of networks", (t) => {
  t.is(trustedProxies(""), false);
  t.is(trustedProxies("2"), 2);
  t.deepEqual(trustedProxies("loopback, 10.0.0.0/8,fd00::/8"), ["loopback", "10.0.0.0/8", "fd00::/8"]);
  const flags = (list: string) => () =>
    parseFlags({ name: "x", summary: "y" }, webhookFlags, ["--trusted-proxies", list], {});
  t.notThrows(flags("10.0.0.0/8,loopback"));
  t.throws(flags("everybody"), { instanceOf: FlagError });
});

function untilDeleted(
  cache: {
    get(key: string): unknown;
    subscribe(fn: (change: { kind: string; key: string }) => void): () => void;
  },
  key: string,
): Promise<void> {
  return new Promise((resolve) => {
    if (!cache.get(key)) return resolve();
    const stop = cache.subscribe((change) => {
      if (change.kind !== "deleted" || change.key !== key) return;
      stop();
      resolve();
    });
  });
}
