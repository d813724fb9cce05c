import test, { type ExecutionContext } from "ava";
import { type LogEvent, type OktaOptions, setStatus } from "../../../dev/okta/index.ts";
import { managementApi, nextLink } from "./management-api.ts";
import { recordedOktaFor } from "./recorded-okta.ts";
import { login, relyingParty, startCallback } from "./relying-party.ts";

const callback = await startCallback();
test.after.always(() => callback.stop());

const seed: OktaOptions = {
  groups: ["service_admin", "marketing"],
  users: [
    { login: "ada@acme.example", password: "pw", groups: ["service_admin"] },
    { login: "eve@acme.example", password: "pw" },
  ],
  apps: [
    {
      clientId: "app",
      clientSecret: "secret",
      redirectUris: [callback.url],
      groupsClaim: {},
    },
  ],
};

interface OktaObject {
  id: string;
  status: string;
  lastMembershipUpdated: string;
  profile: { login: string; name: string };
}

/** An Okta whose reads trail by three seconds of a clock that only the test moves. */
async function trailing(t: ExecutionContext, readLagMs = 3000) {
  let now = Date.parse("2026-01-01T00:00:00Z");
  const okta = await recordedOktaFor(t, { ...seed, readLagMs, now: () => now });
  const { call, json } = managementApi(okta);
  const { directory } = okta;
  const group = directory.group("service_admin").id;
  const ada = directory.user("ada").id;
  return {
    okta,
    call,
    json,
    directory,
    group,
    ada,
    pass: (milliseconds: number) => {
      now += milliseconds;
    },
    members: async () =>
      (await json<OktaObject[]>("GET", `/groups/${group}/users`)).map(({ profile }) => profile.login),
    groupsOf: async (id = ada) =>
      (await json<OktaObject[]>("GET", `/users/${id}/groups`)).map(({ profile }) => profile.name),
    status: async (id = ada) => (await json<OktaObject>("GET", `/users/${id}`)).status,
  };
}

test("members, users and their groups are shown as they were until the lag is over", async (t) => {
  const { directory, ada, pass, members, groupsOf, status } = await trailing(t);
  directory.removeFromGroup("service_admin", "ada");
  directory.addToGroup("service_admin", "eve");
  setStatus(directory, directory.user("ada"), "SUSPENDED");
  for (const milliseconds of [0, 2999]) {
    pass(milliseconds);
    t.deepEqual(await members(), ["ada@acme.example"]);
    t.deepEqual(await groupsOf(), ["Everyone", "service_admin"]);
    t.is(await status(), "ACTIVE");
  }
  pass(1);
  t.deepEqual(await members(), ["eve@acme.example"]);
  t.deepEqual(await groupsOf(), ["Everyone"]);
  t.is(await status(ada), "SUSPENDED");
});

test("changes are seen one after the other, in their order", async (t) => {
  const { directory, pass, members } = await trailing(t);
  directory.removeFromGroup("service_admin", "ada");
  pass(1000);
  directory.addToGroup("service_admin", "ada");
  pass(1000);
  directory.addToGroup("service_admin", "eve");
  const seen = [];
  for (let second = 2; second <= 5; second++) {
    seen.push(await members());
    pass(1000);
  }
  t.deepEqual(seen, [
    ["ada@acme.example"],
    [],
    ["ada@acme.example"],
    ["ada@acme.example", "eve@acme.example"],
  ]);
});

test("who is made, renamed or deleted is there, has the old name or is still there for a while", async (t) => {
  const { directory, group, call, json, pass } = await trailing(t);
  const eve = directory.user("eve").id;
  const created = await json<OktaObject>("POST", "/users", {
    profile: { login: "zoe@acme.example", email: "zoe@acme.example" },
  });
  await call("PUT", `/groups/${group}`, { profile: { name: "admins" } });
  directory.deleteUser(eve);
  directory.deleteGroup("marketing");

  const shown = async () => ({
    zoe: (await call("GET", `/users/${created.id}`)).status,
    eve: (await call("GET", `/users/${eve}`)).status,
    users: (await json<OktaObject[]>("GET", "/users")).map(({ profile }) => profile.login),
    groups: (await json<OktaObject[]>("GET", "/groups")).map(({ profile }) => profile.name),
  });
  t.deepEqual(await shown(), {
    zoe: 404,
    eve: 200,
    users: ["ada@acme.example", "eve@acme.example"],
    groups: ["Everyone", "service_admin", "marketing"],
  });
  pass(3000);
  t.deepEqual(await shown(), {
    zoe: 200,
    eve: 404,
    users: ["ada@acme.example", "zoe@acme.example"],
    groups: ["Everyone", "admins"],
  });
});

test("when a group's members were changed is told late, with the time at which they were", async (t) => {
  const { directory, json, pass } = await trailing(t);
  pass(1000);
  directory.addToGroup("marketing", "eve");
  const changedSince = (time: string) =>
    json<OktaObject[]>(
      "GET",
      `/groups?${new URLSearchParams({ filter: `lastMembershipUpdated gt "${time}"` })}`,
    );
  t.deepEqual(await changedSince("2026-01-01T00:00:00.000Z"), []);
  pass(3000);
  t.like(await changedSince("2026-01-01T00:00:00.000Z"), [
    { profile: { name: "marketing" }, lastMembershipUpdated: "2026-01-01T00:00:01.000Z" },
  ]);
});

test("the system log and tokens don't trail", async (t) => {
  const { okta, directory, json } = await trailing(t);
  directory.removeFromGroup("service_admin", "ada");
  directory.addToGroup("marketing", "ada");
  const events = await json<LogEvent[]>(
    "GET",
    "/logs?since=2026-01-01T00:00:00Z&sortOrder=DESCENDING&limit=1",
  );
  t.like(events, [{ eventType: "group.user_membership.add" }]);
  const { idToken } = await login(okta, await relyingParty(okta), callback.url, "ada");
  t.deepEqual(idToken.groups, ["Everyone", "marketing"]);
});

test("the lag is switched on and off while it runs; what was changed without one is seen", async (t) => {
  const { okta, directory, members, pass } = await trailing(t, 0);
  directory.addToGroup("service_admin", "eve");
  okta.settings.readLagMs = 3000;
  t.deepEqual(await members(), ["ada@acme.example", "eve@acme.example"]);
  directory.removeFromGroup("service_admin", "ada");
  t.deepEqual(await members(), ["ada@acme.example", "eve@acme.example"]);
  okta.settings.readLagMs = 0;
  t.deepEqual(await members(), ["eve@acme.example"]);
  okta.settings.readLagMs = 3000;
  directory.addToGroup("service_admin", "ada");
  t.deepEqual(await members(), ["eve@acme.example"]);
  pass(3000);
  t.deepEqual(await members(), ["eve@acme.example", "ada@acme.example"]);
});

test("a next link from before a change leads on after it", async (t) => {
  const { directory, group, call, pass } = await trailing(t);
  directory.addToGroup("service_admin", "eve");
  pass(3000);
  const first = await call("GET", `/groups/${group}/users?limit=1`);
  t.like(await first.json(), [{ profile: { login: "ada@acme.example" } }]);
  directory.removeFromGroup("service_admin", "ada");
  const second = await call("GET", nextLink(first) ?? "");
  t.like(await second.json(), [{ profile: { login: "eve@acme.example" } }]);
});
