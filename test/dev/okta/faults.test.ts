import { setImmediate } from "node:timers/promises";
import test from "ava";
import {
  type AppSeed,
  type Endpoint,
  type Misbehaviour,
  managementFaults,
  type OktaOptions,
} from "../../../dev/okta/index.ts";
import { managementApi, nextLink } from "./management-api.ts";
import { oktaFor } from "./recorded-okta.ts";
import { authorize, callbackUrl, login, relyingParty, startCallback } from "./relying-party.ts";

const callback = await startCallback();
test.after.always(() => callback.stop());

const app: AppSeed = {
  clientId: "app",
  clientSecret: "secret",
  redirectUris: [callback.url],
  groupsClaim: {},
};
const seed: OktaOptions = {
  groups: ["service_admin", "marketing"],
  users: [{ login: "ada@acme.example", password: "pw", groups: ["service_admin"] }],
  apps: [app, { ...app, clientId: "other" }],
};

const paths: Record<string, string> = {
  discovery: "/.well-known/openid-configuration",
  keys: "/oauth2/v1/keys",
  userinfo: "/oauth2/v1/userinfo",
  token: "/oauth2/v1/token",
  management: "/api/v1/groups",
};

test("each endpoint answers with the status that is wanted, and the others don't", async (t) => {
  const okta = await oktaFor(t, seed);
  for (const endpoint of Object.keys(paths) as Endpoint[]) {
    const misbehaving = okta.misbehave({
      fault: { kind: "status", status: 503, body: "down" },
      on: [endpoint],
    });
    for (const [other, path] of Object.entries(paths)) {
      const answer = await fetch(okta.url + path, { method: other === "token" ? "POST" : "GET" });
      t.is(answer.status === 503, other === endpoint, `${endpoint}, asked for ${other}`);
    }
    t.is(misbehaving.hits, 1);
    misbehaving.stop();
  }
  okta.misbehave({ fault: { kind: "status", status: 500 } });
  for (const path of Object.values(paths)) t.is((await fetch(okta.url + path)).status, 500, path);
  okta.behave();
  t.is((await fetch(okta.url + paths.discovery)).status, 200);
});

test("a 429 tells when to come back, and is counted down", async (t) => {
  const okta = await oktaFor(t, seed);
  okta.misbehave({
    fault: { kind: "rate-limited", resetSeconds: 7, retryAfterSeconds: 7 },
    on: ["management"],
    skip: 1,
    times: 1,
  });
  const { call } = managementApi(okta);
  t.is((await call("GET", "/groups")).status, 200);
  const before = Math.floor(Date.now() / 1000);
  const refused = await call("GET", "/groups");
  t.is(refused.status, 429);
  t.is(refused.headers.get("x-rate-limit-remaining"), "0");
  t.true(Number(refused.headers.get("x-rate-limit-reset")) >= before + 7);
  t.is(refused.headers.get("retry-after"), "7");
  t.is((await call("GET", "/groups")).status, 200);

  okta.misbehave({
    fault: { kind: "rate-limited", concurrency: true },
    path: "^/api/v1/users",
    method: "get",
  });
  t.is((await call("GET", "/users")).headers.get("x-rate-limit-limit"), "0");
  t.is((await call("GET", "/groups")).status, 200);
});

test("an endpoint hangs until it is let go", async (t) => {
  const okta = await oktaFor(t, seed);
  const misbehaving = okta.misbehave({ fault: { kind: "hang" }, on: ["keys"] });
  const controller = new AbortController();
  const given = fetch(okta.url + paths.keys, { signal: controller.signal });
  const waiting = fetch(okta.url + paths.keys);
  const outcome = t.throwsAsync(waiting);
  while (misbehaving.hits < 2) await setImmediate();
  controller.abort();
  await t.throwsAsync(given, { name: "AbortError" });
  misbehaving.stop();
  await outcome;
  t.is((await fetch(okta.url + paths.keys)).status, 200);
});

test("answers are late, cut off, broken or far too long", async (t) => {
  const okta = await oktaFor(t, seed);
  const get = () => fetch(okta.url + paths.discovery);
  const spoiled = async (fault: Misbehaviour["fault"], check: () => Promise<void>) => {
    const misbehaving = okta.misbehave({ fault, on: ["discovery"] });
    await check();
    misbehaving.stop();
  };
  await spoiled({ kind: "slow", milliseconds: 20 }, async () => {
    t.like(await (await get()).json(), { issuer: okta.url });
  });
  await spoiled({ kind: "disconnect" }, async () => void (await t.throwsAsync(get())));
  await spoiled({ kind: "broken-json" }, async () => {
    const answer = await get();
    t.is(answer.status, 200);
    await t.throwsAsync(answer.json(), { name: "SyntaxError" });
  });
  await spoiled({ kind: "empty-list" }, async () => {
    const answer = await get();
    t.is(answer.status, 200);
    t.deepEqual(await answer.json(), []);
  });
  await spoiled({ kind: "html" }, async () => {
    const answer = await get();
    t.is(answer.status, 200);
    t.regex(answer.headers.get("content-type") ?? "", /text\/html/);
    await t.throwsAsync(answer.json(), { name: "SyntaxError" });
  });
  await spoiled({ kind: "html", status: 503 }, async () => {
    t.is((await get()).status, 503);
  });
  await spoiled({ kind: "cut-off" }, async () => {
    const answer = await get();
    t.is(answer.status, 200);
    await t.throwsAsync(answer.text(), { name: "TypeError" });
  });
  await spoiled({ kind: "oversized", bytes: 5_000_000 }, async () => {
    t.true((await (await get()).text()).length >= 5_000_000);
  });
  await spoiled({ kind: "oversized", bytes: 500_000_000 }, async () => {
    const answer = await get();
    await answer.body?.cancel();
    t.is(answer.status, 200, "whoever stops reading is done with it");
  });
});

test("a body drips and never ends, until it is let go", async (t) => {
  const okta = await oktaFor(t, seed);
  const misbehaving = okta.misbehave({ fault: { kind: "drip", milliseconds: 1 }, on: ["keys"] });
  const answer = await fetch(okta.url + paths.keys);
  t.is(answer.status, 200);
  let body = "";
  for await (const chunk of answer.body ?? []) {
    body += Buffer.from(chunk).toString();
    if (body.length > 5) break;
  }
  t.regex(body, /^\[ +$/);
  const waiting = (await fetch(okta.url + paths.keys)).text();
  misbehaving.stop();
  await t.throwsAsync(waiting);
});

for (const [name, at] of Object.entries(managementFaults))
  test(`the second answer of the Management API is spoiled, and no other: ${name}`, async (t) => {
    const okta = await oktaFor(t, seed);
    const read = async () => {
      const { call } = managementApi(okta);
      try {
        const answer = await call("GET", "/groups");
        let body = "";
        // Some of them never end: what matters is how they begin.
        for await (const chunk of answer.body ?? []) {
          body += Buffer.from(chunk).toString();
          if (body.length > 100_000 || body.endsWith("[  ")) break;
        }
        return { status: answer.status, body: body.slice(0, 1000), next: nextLink(answer) };
      } catch (error) {
        return error;
      }
    };
    const well = await read();
    const misbehaving = okta.misbehave(at(2, "^/api/v1/groups"));
    t.deepEqual(await read(), well);
    const spoiled = read();
    while (misbehaving.hits < 1) await setImmediate();
    if (name === "hang") misbehaving.stop();
    t.notDeepEqual(await spoiled, well);
    t.deepEqual(await read(), well);
    t.is(misbehaving.hits, 1);
  });

test("discovery tells another issuer", async (t) => {
  const okta = await oktaFor(t, seed);
  okta.misbehave({
    fault: { kind: "wrong-issuer", issuer: "https://evil.example" },
    path: "^/oauth2/default/",
  });
  await t.throwsAsync(relyingParty(okta, { server: "default" }), {
    code: "OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED",
  });
  await t.notThrowsAsync(relyingParty(okta));
});

test("next links lead elsewhere, or in a circle", async (t) => {
  const okta = await oktaFor(t, seed);
  const { call } = managementApi(okta);
  const evil = okta.misbehave({ fault: { kind: "next-link", url: "https://evil.example/steal" } });
  t.is(nextLink(await call("GET", "/groups?limit=1")), "https://evil.example/steal");
  evil.stop();
  okta.misbehave({ fault: { kind: "next-link", url: "same" } });
  t.is(nextLink(await call("GET", "/groups?limit=1")), `${okta.url}/api/v1/groups?limit=1`);
});

test("the groups claim is a string, holds numbers, or is missing, for one app or all", async (t) => {
  const okta = await oktaFor(t, seed);
  const config = await relyingParty(okta);
  const groups = async (clientId = "app") => {
    const as = clientId === "app" ? config : await relyingParty(okta, { clientId });
    const { idToken, userinfo } = await login(okta, as, callback.url, "ada");
    return [idToken.groups, userinfo.groups];
  };
  const right = ["Everyone", "service_admin"];
  const cases: [Misbehaviour["fault"], unknown, unknown][] = [
    [{ kind: "groups-claim", as: "string" }, "Everyone,service_admin", "Everyone,service_admin"],
    [{ kind: "groups-claim", as: "missing" }, undefined, undefined],
    [{ kind: "groups-claim", as: "missing", use: "id_token" }, undefined, right],
    [{ kind: "groups-claim", as: { value: { a: 1 } }, use: "userinfo" }, right, { a: 1 }],
  ];
  for (const [fault, inIdToken, inUserinfo] of cases) {
    const misbehaving = okta.misbehave({ fault });
    t.deepEqual(await groups(), [inIdToken, inUserinfo]);
    misbehaving.stop();
  }
  okta.misbehave({ fault: { kind: "groups-claim", as: "numbers" }, app: "other" });
  t.deepEqual(await groups(), [right, right]);
  t.deepEqual((await groups("other"))[0], [...right, 42, null, { name: "object" }]);
});

test("a fault for one app leaves the others alone", async (t) => {
  const okta = await oktaFor(t, seed);
  const misbehaving = okta.misbehave({ fault: { kind: "status", status: 502 }, on: ["token"], app: "other" });
  await t.notThrowsAsync(login(okta, await relyingParty(okta), callback.url, "ada"));
  await t.throwsAsync(login(okta, await relyingParty(okta, { clientId: "other" }), callback.url, "ada"));
  t.is(misbehaving.hits, 1);
});

test("what a browser is shown fails too, where that is wanted", async (t) => {
  const okta = await oktaFor(t, seed);
  const config = await relyingParty(okta);
  okta.misbehave({ fault: { kind: "status", status: 500 }, on: ["authorize"], times: 1 });
  t.is((await authorize(okta, config, callback.url, "ada")).journey.response.status, 500);
  t.truthy(callbackUrl((await authorize(okta, config, callback.url, "ada")).journey));
});

test("a misbehaviour that isn't known is refused at once", async (t) => {
  const okta = await oktaFor(t, seed);
  t.throws(() => okta.misbehave({ fault: { kind: "nonsense" } } as unknown as Misbehaviour));
});
