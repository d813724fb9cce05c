import test from "ava";
import type { HttpAnswer } from "../../../okta/http/answer.ts";
import { Destinations } from "../../../okta/http/destinations.ts";
import { Http } from "../../../okta/http/http.ts";
import { HostNotListedError, HttpStatusError } from "../../../okta/http/http-errors.ts";
import { Issuers } from "../../../okta/oidc/issuer.ts";
import { IssuerUnreachableError, WrongIssuerError } from "../../../okta/oidc/issuer-errors.ts";
import { onBehalfOf } from "../../../okta/owner.ts";
import { LOOPBACK } from "../loopback.ts";
import { type Route, TestServer } from "../server.ts";

const WELL_KNOWN = "/.well-known/openid-configuration";
const CUSTOM = "/oauth2/default";

/** Issuers of a server that may have an org and a custom authorization server, at a clock of our own. */
class Scene implements AsyncDisposable {
  readonly server: TestServer;
  readonly http: Http;
  now = 0;
  readonly issuers: Issuers;

  constructor(server: TestServer, { destinations = LOOPBACK, timeoutMs = 60_000 } = {}) {
    this.server = server;
    this.http = new Http({ destinations, timeoutMs });
    this.issuers = new Issuers({ http: this.http, now: () => this.now, maxEntries: 3 });
  }

  static async start(...paths: string[]): Promise<Scene> {
    const scene = new Scene(await TestServer.start());
    for (const path of paths) scene.server.routes[path + WELL_KNOWN] = scene.metadata(path);
    return scene;
  }

  metadata(path: string, change: Record<string, unknown> = {}): Route {
    const issuer = `${this.server.url}${path}`;
    const base = `${this.server.url}${path || "/oauth2"}/v1`;
    return () => ({
      body: {
        issuer,
        authorization_endpoint: `${base}/authorize`,
        token_endpoint: `${base}/token`,
        jwks_uri: `${base}/keys`,
        ...change,
      },
    });
  }

  get reads(): number {
    return this.server.calls.filter(({ path }) => path.endsWith(WELL_KNOWN)).length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
    await this.http.close();
  }
}

test("metadata is read once an hour, and once for all who ask at the same time", async (t) => {
  await using s = await Scene.start("");
  const discover = () => s.issuers.discover(s.server.url);
  const [first, second] = await Promise.all([discover(), discover()]);
  t.is(first, second);
  s.now = 3_599_999;
  t.is(await s.issuers.discover(s.server.url), first);
  t.is(s.reads, 1);
  s.now = 3_600_000;
  const later = await s.issuers.discover(s.server.url);
  t.is(s.reads, 2);
  t.is(later.keys, first.keys, "the keys stay known");
});

test("a fresh reading never comes from memory", async (t) => {
  await using s = await Scene.start("");
  await s.issuers.discover(s.server.url);
  await s.issuers.discover(s.server.url, { fresh: true });
  t.is(s.reads, 2);
  s.server.routes[WELL_KNOWN] = () => ({ status: 503 });
  await t.throwsAsync(s.issuers.discover(s.server.url, { fresh: true }), { code: "issuer-unreachable" });
  await t.notThrowsAsync(s.issuers.discover(s.server.url), "whoever isn't as strict still signs in");
});

test("an issuer that was known is used for a day while it can't be reached", async (t) => {
  await using s = await Scene.start("");
  const known = await s.issuers.discover(s.server.url);
  s.server.routes[WELL_KNOWN] = () => ({ status: 503 });
  s.now = 7_200_000;
  t.is(await s.issuers.discover(s.server.url), known);
  t.is(await s.issuers.discover(s.server.url), known);
  t.is(s.reads, 2, "it isn't asked by everybody meanwhile");
  s.now = 25 * 3_600_000;
  await t.throwsAsync(s.issuers.discover(s.server.url), { code: "issuer-unreachable" });
});

test("an issuer that has become wrong isn't used any more", async (t) => {
  await using s = await Scene.start("");
  await s.issuers.discover(s.server.url);
  s.server.routes[WELL_KNOWN] = s.metadata("", { issuer: "https://another.example.com" });
  s.now = 3_600_000;
  await t.throwsAsync(s.issuers.discover(s.server.url), { code: "issuer-wrong" });
  s.server.routes[WELL_KNOWN] = s.metadata("", { token_endpoint: "http://evil.example.com/token" });
  s.now += 5_000;
  await t.throwsAsync(s.issuers.discover(s.server.url), { code: "issuer-wrong" });
});

for (const [what, answer, code] of [
  ["isn't there", { status: 404 }, "issuer-wrong"],
  ["is a page", { headers: { "content-type": "text/html" }, body: "<html>" }, "issuer-unreachable"],
  ["is forbidden", { status: 403 }, "issuer-unreachable"],
  ["is empty", { body: {} }, "issuer-wrong"],
] as const) {
  test(`metadata that ${what} for a moment doesn't replace what was good`, async (t) => {
    await using s = await Scene.start("");
    const known = await s.issuers.discover(s.server.url);
    s.server.routes[WELL_KNOWN] = () => answer;
    s.now = 7_200_000;
    t.is(await s.issuers.discover(s.server.url), known);
    t.is(await s.issuers.discover(s.server.url), known);
    await t.throwsAsync(s.issuers.discover(s.server.url, { fresh: true }), { code });
    s.now = 25 * 3_600_000;
    await t.throwsAsync(s.issuers.discover(s.server.url), { code });
  });
}

test("keys at another address are other keys", async (t) => {
  await using s = await Scene.start("");
  const known = await s.issuers.discover(s.server.url);
  s.server.routes[WELL_KNOWN] = s.metadata("", { jwks_uri: `${s.server.url}/other/keys` });
  const { keys } = await s.issuers.discover(s.server.url, { fresh: true });
  t.not(keys, known.keys);
});

test("an issuer that fails isn't asked again for five seconds", async (t) => {
  await using s = await Scene.start();
  s.server.routes[WELL_KNOWN] = () => ({ status: 503, headers: { "retry-after": "7" } });
  for (let i = 0; i < 3; i++) {
    const error = await t.throwsAsync(s.issuers.discover(s.server.url), {
      instanceOf: IssuerUnreachableError,
    });
    t.is(error.retryAfterMs, 7_000);
    t.true(error.cause instanceof HttpStatusError);
  }
  t.is(s.reads, 1);
  s.server.routes[WELL_KNOWN] = s.metadata("");
  s.now = 5_000;
  await t.notThrowsAsync(s.issuers.discover(s.server.url));
});

test("only so many issuers are remembered", async (t) => {
  const paths = ["/oauth2/a", "/oauth2/b", "/oauth2/c", "/oauth2/d"];
  await using s = await Scene.start(...paths);
  for (const path of paths) await s.issuers.discover(s.server.url + path);
  await s.issuers.discover(`${s.server.url}/oauth2/d`);
  t.is(s.reads, 4);
  await s.issuers.discover(`${s.server.url}/oauth2/a`);
  t.is(s.reads, 5);
});

test("those that are asked for most lately are remembered", async (t) => {
  const paths = ["/oauth2/a", "/oauth2/b", "/oauth2/c", "/oauth2/a", "/oauth2/d"];
  await using s = await Scene.start(...paths);
  for (const path of paths) await s.issuers.discover(s.server.url + path);
  t.is(s.reads, 4);
  await s.issuers.discover(`${s.server.url}/oauth2/a`);
  t.is(s.reads, 4);
  await s.issuers.discover(`${s.server.url}/oauth2/b`);
  t.is(s.reads, 5);
});

for (const [what, answer, timeoutMs] of [
  ["is busy", { status: 429 }],
  ["is down", { status: 500 }],
  ["has waited too long itself", { status: 408 }],
  ["wants to know who asks", { status: 401 }],
  ["lets nobody in", { status: 403 }],
  ["wants to be asked otherwise", { status: 405 }],
  ["leads to a login page", { status: 302, headers: { location: "https://x.example.com" } }],
  ["is a page of a proxy", { headers: { "content-type": "text/html" }, body: "<html>" }],
  [
    "isn't there by a page of a proxy",
    { status: 404, headers: { "content-type": "text/html; a=b" }, body: "<html>" },
  ],
  ["answers with half of something", { headers: { "content-type": "application/json" }, body: "{" }],
  ["answers with more than anybody reads", { body: { issuer: "a".repeat(1_100_000) } }],
  ["never answers", undefined, 50],
] as const) {
  test(`an issuer that ${what} isn't called wrong`, async (t) => {
    await using s = new Scene(await TestServer.start(), timeoutMs === undefined ? {} : { timeoutMs });
    s.server.routes[WELL_KNOWN] = () => answer;
    await t.throwsAsync(s.issuers.discover(s.server.url), {
      instanceOf: IssuerUnreachableError,
      message: /can't be read: .*\/\.well-known\/openid-configuration (answered|didn't answer)/,
    });
    t.false(
      s.server.calls.some(({ path }) => path.startsWith(CUSTOM)),
      "nor is another looked for",
    );
  });
}

test("an issuer that is gone for good is one that isn't there", async (t) => {
  await using s = await Scene.start(CUSTOM);
  s.server.routes[WELL_KNOWN] = () => ({ status: 410 });
  const { mistake, suggestion } =
    (await t.throwsAsync(s.issuers.discover(s.server.url), { instanceOf: WrongIssuerError })) ?? {};
  t.deepEqual([mistake, suggestion], ["custom-server-meant", s.server.url + CUSTOM]);
});

/** What is written as the issuer, and what is said of it. */
function mistaken(
  what: string,
  { has = [], write }: { has?: string[]; write: (url: string) => string },
  mistake: WrongIssuerError["mistake"],
  suggestion?: (url: string) => string,
): void {
  test(`a wrong issuer is told how to be right: ${what}`, async (t) => {
    await using s = await Scene.start(...has);
    const error = await t.throwsAsync(s.issuers.discover(write(s.server.url)), {
      instanceOf: WrongIssuerError,
    });
    t.is(error.mistake, mistake);
    t.is(error.suggestion, suggestion?.(s.server.url));
    if (error.suggestion) t.true(error.message.includes(error.suggestion), error.message);
  });
}

const self = (url: string) => url;
const custom = (url: string) => url + CUSTOM;

mistaken("not a URL", { write: () => "acme" }, "not-a-url");
mistaken("with a query", { write: (url) => `${url}?a=b` }, "not-a-url");
mistaken("plain http", { write: () => "http://acme.okta.com" }, "not-https", () => "https://acme.okta.com");
mistaken(
  "the admin console",
  { write: () => "https://acme-admin.okta.com/oauth2/default" },
  "admin-domain",
  () => "https://acme.okta.com/oauth2/default",
);
mistaken(
  "a preview org's admin console",
  { write: () => "https://acme-admin.oktapreview.com" },
  "admin-domain",
  () => "https://acme.oktapreview.com",
);
mistaken("the metadata's address", { write: (url) => custom(url) + WELL_KNOWN }, "discovery-url", custom);
mistaken(
  "an endpoint of the org server",
  { write: (url) => `${url}/oauth2/v1/authorize` },
  "endpoint-url",
  self,
);
mistaken(
  "an endpoint of a custom server",
  { write: (url) => `${url}/oauth2/default/v1/token` },
  "endpoint-url",
  custom,
);
mistaken("a slash too many", { has: [CUSTOM], write: (url) => `${custom(url)}/` }, "trailing-slash", custom);
mistaken("a slash after the bare domain", { has: [""], write: (url) => `${url}/` }, "trailing-slash", self);
mistaken(
  "the bare domain where only a custom server is",
  { has: [CUSTOM], write: self },
  "custom-server-meant",
  custom,
);
mistaken("default where there is none", { has: [""], write: custom }, "no-default-server", self);
mistaken(
  "an unknown custom server",
  { has: [""], write: (url) => `${url}/oauth2/aus9` },
  "no-such-server",
  self,
);
mistaken("nothing of Okta's", { write: custom }, "not-an-issuer");

test("a wrong issuer is told how to be right: it calls itself something else", async (t) => {
  await using s = await Scene.start();
  s.server.routes[WELL_KNOWN] = s.metadata("", { issuer: "https://login.acme.com" });
  const error = await t.throwsAsync(s.issuers.discover(s.server.url), { instanceOf: WrongIssuerError });
  t.is(error.mistake, "issuer-mismatch");
  t.is(error.suggestion, "https://login.acme.com");
});

test("an issuer with a slash at its end is none of Okta's, and isn't suggested", async (t) => {
  await using s = await Scene.start();
  s.server.routes[WELL_KNOWN] = s.metadata("", { issuer: `${s.server.url}/` });
  const error = await t.throwsAsync(s.issuers.discover(s.server.url), { instanceOf: WrongIssuerError });
  t.is(error.mistake, "issuer-mismatch");
  t.is(error.suggestion, undefined);
});

for (const [what, answer, mistake] of [
  ["a list", { body: [] }, "metadata-incomplete"],
  ["no endpoints", { body: { issuer: "https://acme.okta.com" } }, "metadata-incomplete"],
] as const) {
  test(`an issuer that answers with ${what} is wrong`, async (t) => {
    await using s = await Scene.start();
    s.server.routes[WELL_KNOWN] = () => answer;
    const error = await t.throwsAsync(s.issuers.discover(s.server.url), { instanceOf: WrongIssuerError });
    t.is(error.mistake, mistake);
  });
}

const ENDPOINTS = [
  "authorization_endpoint",
  "token_endpoint",
  "jwks_uri",
  "userinfo_endpoint",
  "end_session_endpoint",
];

for (const endpoint of ENDPOINTS) {
  for (const url of ["http://evil.example.com/", "javascript:alert(1)"]) {
    test(`${url} as ${endpoint} isn't used`, async (t) => {
      await using s = await Scene.start();
      s.server.routes[WELL_KNOWN] = s.metadata("", { [endpoint]: url });
      const error = await t.throwsAsync(s.issuers.discover(s.server.url), { instanceOf: WrongIssuerError });
      t.is(error.mistake, "endpoint-not-allowed");
      t.true(error.message.endsWith(`names an endpoint without https: ${url}.`), error.message);
    });
  }
}

test("where hosts are listed, an issuer on another is wrong, and so is one whose endpoints are elsewhere", async (t) => {
  const addresses = ["loopback"] as const;
  await using s = new Scene(await TestServer.start(), {
    destinations: new Destinations({ addresses, hosts: ["127.0.0.1"] }),
  });
  const mistake = async (issuer: string) => {
    const error = await t.throwsAsync(s.issuers.discover(issuer), { instanceOf: WrongIssuerError });
    t.regex(error.message, /isn't one of the hosts that organizations may use here/);
    t.true(error.cause instanceof HostNotListedError);
    return error.mistake;
  };
  t.is(await mistake("https://evil.example.com"), "host-not-listed");
  t.is(await mistake(s.server.url.replace("127.0.0.1", "localhost")), "host-not-listed");
  t.is(s.server.calls.length, 0, "nobody is asked");
  for (const endpoint of ENDPOINTS) {
    s.server.routes[WELL_KNOWN] = s.metadata("", { [endpoint]: "https://evil.example.com/" });
    t.is(await mistake(s.server.url), "endpoint-not-allowed", endpoint);
    s.now += 5_000;
  }
  s.server.routes[WELL_KNOWN] = s.metadata("");
  await t.notThrowsAsync(s.issuers.discover(s.server.url));
});

test("an hour, a day and five seconds count from the reading, whenever that was", async (t) => {
  await using s = await Scene.start("");
  s.now = 5_000_000;
  const route = s.server.routes[WELL_KNOWN];
  const discover = () => s.issuers.discover(s.server.url);
  const known = await discover();
  s.now += 3_599_999;
  t.is(await discover(), known);
  t.is(s.reads, 1);
  s.server.routes[WELL_KNOWN] = () => ({ status: 503 });
  s.now += 1;
  t.is(await discover(), known, "it can't be read, and what was read is good for a day");
  t.is(s.reads, 2);
  s.now += 4_999;
  t.is(await discover(), known);
  t.is(s.reads, 2, "the failure is repeated without asking");
  s.now = 5_000_000 + 86_400_000 - 1;
  t.is(await discover(), known);
  s.now += 1;
  await t.throwsAsync(discover(), { code: "issuer-unreachable" });
  if (route) s.server.routes[WELL_KNOWN] = route;
  await t.throwsAsync(discover(), { code: "issuer-unreachable" }, "within five seconds");
  s.now += 5_000;
  t.not(await discover(), known);
});

test("metadata that lacks something says what, and slashes at the issuer's end make no other address", async (t) => {
  await using s = await Scene.start("");
  const messageOf = async (body: unknown) => {
    s.server.routes[WELL_KNOWN] = () => ({ body });
    s.now += 5_000;
    return (await t.throwsAsync(s.issuers.discover(s.server.url), { code: "issuer-wrong" }))?.message ?? "";
  };
  t.regex(await messageOf([]), /lacks a usable everything/);
  t.regex(await messageOf({}), /lacks a usable issuer/);
  t.regex(await messageOf({ issuer: s.server.url }), /lacks a usable authorization_endpoint/);
  const before = s.reads;
  s.server.routes[WELL_KNOWN] = s.metadata("");
  await t.throwsAsync(s.issuers.discover(`${s.server.url}///`), { code: "issuer-wrong", message: /slash/ });
  t.is(s.reads, before + 1);
});

/** What is read without a network: over https, say, or not at all for a mistake of ours. */
class Canned extends Http {
  endpoint = "https://acme.okta.com/token";
  mistake: { where: "request" | "endpoint"; error: Error } | undefined;

  override allowed(url: string | URL): URL {
    if (this.mistake?.where === "endpoint" && url === this.endpoint) throw this.mistake.error;
    return super.allowed(url);
  }

  override async request(): Promise<HttpAnswer> {
    if (this.mistake?.where === "request") throw this.mistake.error;
    const metadata = {
      issuer: "https://acme.okta.com",
      authorization_endpoint: "https://acme.okta.com/authorize",
      token_endpoint: this.endpoint,
      jwks_uri: "https://acme.okta.com/keys",
    };
    return {
      where: "https://acme.okta.com",
      status: 200,
      headers: { "content-type": "application/json" },
      body: Buffer.from(JSON.stringify(metadata)),
    };
  }
}

test("what is reached over https leads nowhere in the clear, not even to this machine", async (t) => {
  const http = new Canned({ destinations: LOOPBACK });
  const issuers = new Issuers({ http });
  const discover = () => issuers.discover("https://acme.okta.com", { fresh: true });
  await t.notThrowsAsync(discover());
  http.endpoint = "http://127.0.0.1/token";
  const error = await t.throwsAsync(discover(), { instanceOf: WrongIssuerError });
  t.is(error.mistake, "endpoint-not-allowed");
});

test("a mistake of ours is no word on the issuer, and isn't remembered as one", async (t) => {
  const http = new Canned({ destinations: LOOPBACK });
  const issuers = new Issuers({ http, now: () => 0 });
  const discover = () => issuers.discover("https://acme.okta.com");
  for (const where of ["request", "endpoint"] as const) {
    const error = new TypeError("a mistake");
    http.mistake = { where, error };
    await t.throwsAsync(discover(), { is: error }, where);
  }
  http.mistake = undefined;
  const known = await discover();
  t.is(await discover(), known);
});

test("an issuer that was read a moment ago isn't read again", async (t) => {
  await using s = await Scene.start("");
  const issuers = new Issuers({ http: s.http });
  t.is(await issuers.discover(s.server.url), await issuers.discover(s.server.url));
  t.is(s.reads, 1);
});

test("where one owner's memory is taken, others who name the same issuer read it for themselves", async (t) => {
  await using s = await Scene.start("");
  const ask = (owner: string) => onBehalfOf(owner, () => s.issuers.discover(s.server.url));
  using taken = onBehalfOf("a", () => s.http.room.share(""));
  taken.take(24 * 1024 * 1024);
  await t.throwsAsync(ask("a"), { message: /no memory for more/ });
  await t.throwsAsync(ask("a"), { instanceOf: IssuerUnreachableError });
  t.is(s.reads, 1, "that is known of it for five seconds");
  t.is((await ask("b")).metadata.issuer, s.server.url);
  t.is(s.reads, 2);
});
