import test from "ava";
import type { OktaOptions } from "../../../dev/okta/index.ts";
import { managementApi, nextLink } from "./management-api.ts";
import { oktaFor } from "./recorded-okta.ts";

const seed: OktaOptions = {
  groups: ["service_admin"],
  users: [{ login: "ada@acme.example", groups: ["service_admin"] }],
};

test("calls can be counted by endpoint, by what is limited together, and by minute", async (t) => {
  let now = 60_000_000;
  const okta = await oktaFor(t, { ...seed, rateLimits: { groups: 2 }, now: () => now });
  const { call } = managementApi(okta);
  const group = okta.directory.group("service_admin").id;
  const ada = okta.directory.user("ada").id;
  await call("GET", "/groups?limit=1");
  await call("GET", `/groups/${group}/users?limit=1`);
  now += 60_000;
  await call("GET", `/groups/${group}`);
  await call("PUT", `/groups/${group}/users/${ada}`);
  await call("POST", `/users/${ada}/lifecycle/suspend`);
  await call("GET", `/users/${ada}/groups`);
  await call("GET", "/logs");
  await fetch(`${okta.url}/oauth2/default/v1/keys`);
  await fetch(`${okta.url}/oauth2/default/v1/authorize?client_id=app`);

  t.deepEqual(
    [...okta.calls].map(({ method, endpoint }) => `${method} ${endpoint}`),
    [
      "GET /api/v1/groups",
      "GET /api/v1/groups/{id}/users",
      "GET /api/v1/groups/{id}",
      "PUT /api/v1/groups/{id}/users/{id}",
      "POST /api/v1/users/{id}/lifecycle/suspend",
      "GET /api/v1/users/{id}/groups",
      "GET /api/v1/logs",
      "GET /oauth2/default/v1/keys",
    ],
    "and not where browsers are sent",
  );
  t.like(okta.calls.of({ area: "groups" }), [
    { url: "/api/v1/groups?limit=1", time: 60_000_000, used: 1, limit: 2, status: 200 },
    { used: 2, limit: 2, status: 200 },
    { method: "PUT", used: 1, limit: 2, status: 204 },
  ]);
  t.is(okta.calls.count({ since: now }), 6);
  t.is(okta.calls.count({ until: now, endpoint: "/api/v1/groups" }), 1);
  t.deepEqual(
    [...(okta.calls.perMinute().get(60_000_000) ?? [])],
    [
      ["GET /api/v1/groups", 1],
      ["GET /api/v1/groups/{id}/users", 1],
    ],
  );
  okta.calls.clear();
  t.is(okta.calls.count(), 0);
});

test("a refusal is a call, and one whose answer never came has no status", async (t) => {
  const okta = await oktaFor(t, { ...seed, rateLimits: { logs: 1 } });
  const { call } = managementApi(okta);
  await call("GET", "/logs");
  await call("GET", "/logs");
  okta.misbehave({ fault: { kind: "disconnect" } });
  await t.throwsAsync(call("GET", "/groups"));
  t.deepEqual(
    [...okta.calls].map(({ status }) => status),
    [200, 429, undefined],
  );
});

test("limits may change while it runs, and hold for a page of a list as for any call", async (t) => {
  const okta = await oktaFor(t, seed);
  const { call } = managementApi(okta);
  const first = await call("GET", "/groups?limit=1");
  t.is(first.headers.get("x-rate-limit-limit"), "100000");
  okta.settings.rateLimits.groups = 1;
  const second = await call("GET", nextLink(first) ?? "");
  t.is(second.status, 429);
  t.is(second.headers.get("x-rate-limit-limit"), "1");
});
