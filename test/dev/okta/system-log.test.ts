import test from "ava";
import { changeStatus, type LogEvent, type OktaOptions } from "../../../dev/okta/index.ts";
import { managementApi, nextLink } from "./management-api.ts";
import { recordedOktaFor } from "./recorded-okta.ts";

const seed: OktaOptions = {
  groups: ["service_admin"],
  users: [{ login: "ada@acme.example", firstName: "Ada", lastName: "Lovelace", password: "pw" }],
};

test("a membership change is logged with whom and where, by type", async (t) => {
  const okta = await recordedOktaFor(t, seed);
  const { call, json } = managementApi(okta);
  const user = okta.directory.user("ada");
  const group = okta.directory.group("service_admin");
  await call("PUT", `/groups/${group.id}/users/${user.id}`);
  await call("PUT", `/groups/${group.id}/users/${user.id}`);
  await call("DELETE", `/groups/${group.id}/users/${user.id}`);

  const filter = encodeURIComponent('eventType sw "group.user_membership"');
  const events = await json<LogEvent[]>("GET", `/logs?filter=${filter}`);
  t.deepEqual(
    events.map(({ eventType }) => eventType),
    ["group.user_membership.add", "group.user_membership.remove"],
    "and only when something changes",
  );
  const [event] = events;
  t.like(event, {
    outcome: { result: "SUCCESS" },
    actor: { type: "User", displayName: "Okta Admin" },
    target: [
      { type: "User", id: user.id, alternateId: "ada@acme.example", displayName: "Ada Lovelace" },
      { type: "UserGroup", id: group.id, displayName: "service_admin" },
    ],
  });
  t.regex(event?.uuid ?? "", /^[0-9a-f-]{36}$/);
});

test("every change of a person or group has its event", async (t) => {
  const okta = await recordedOktaFor(t, seed);
  const { call, json } = managementApi(okta);
  const before = okta.directory.log.events.length;
  const { id } = okta.directory.user("ada");
  const group = await json<{ id: string }>("POST", "/groups", { profile: { name: "ops" } });
  await call("PUT", `/groups/${group.id}`, { profile: { name: "operations" } });
  await call("DELETE", `/groups/${group.id}`);
  await call("POST", `/users/${id}`, { profile: { lastName: "King" } });
  for (const operation of ["suspend", "unsuspend", "deactivate", "activate", "deactivate"])
    await call("POST", `/users/${id}/lifecycle/${operation}`);
  await call("DELETE", `/users/${id}`);
  t.deepEqual(
    okta.directory.log.events.slice(before).map(({ eventType }) => eventType),
    [
      "group.lifecycle.create",
      "group.profile.update",
      "group.lifecycle.delete",
      "user.account.update_profile",
      "user.lifecycle.suspend",
      "user.lifecycle.unsuspend",
      "user.lifecycle.deactivate",
      "user.lifecycle.activate",
      "user.lifecycle.deactivate",
      "user.lifecycle.delete.initiated",
      "user.lifecycle.delete.completed",
    ],
  );
});

test("a polling query always has a next link and misses nothing", async (t) => {
  const okta = await recordedOktaFor(t, seed);
  const { call } = managementApi(okta);
  const poll = async (path: string) => {
    const answer = await call("GET", path);
    const events = (await answer.json()) as LogEvent[];
    return { types: events.map(({ eventType }) => eventType), next: nextLink(answer) ?? "" };
  };
  let page = await poll("/logs?since=2020-01-01T00:00:00Z&limit=2");
  t.is(page.types.length, 2);
  const seen = [...page.types];
  while (page.types.length > 0) {
    page = await poll(page.next);
    seen.push(...page.types);
  }
  t.deepEqual(
    seen,
    okta.directory.log.events.map(({ eventType }) => eventType),
  );

  const idle = await poll(page.next);
  t.deepEqual(idle.types, []);
  okta.directory.addToGroup("service_admin", "ada");
  changeStatus(okta.directory, okta.directory.user("ada"), "suspend", {
    id: "x",
    type: "User",
    alternateId: "x",
    displayName: "x",
  });
  t.deepEqual((await poll(idle.next)).types, ["group.user_membership.add", "user.lifecycle.suspend"]);
  t.false(new URL(idle.next).searchParams.has("since"));

  const later = await poll(`/logs?since=${encodeURIComponent(new Date(Date.now() + 1000).toISOString())}`);
  t.deepEqual(later.types, []);
  t.truthy(later.next);
});

test("a bounded query ends, and can be read backwards", async (t) => {
  let now = Date.parse("2026-01-01T00:00:00Z");
  const okta = await recordedOktaFor(t, { ...seed, now: () => now });
  const { call } = managementApi(okta);
  now += 60_000;
  okta.directory.addToGroup("service_admin", "ada");
  now += 60_000;
  okta.directory.removeFromGroup("service_admin", "ada");
  now += 60_000;

  const read = async (path: string) => {
    const answer = await call("GET", path);
    return { events: (await answer.json()) as LogEvent[], next: nextLink(answer) };
  };
  const bounded = await read("/logs?since=2026-01-01T00:00:30Z&until=2026-01-01T00:01:30Z");
  t.deepEqual(
    bounded.events.map(({ published }) => published),
    ["2026-01-01T00:01:00.000Z"],
  );
  t.is(bounded.next, undefined);

  const backwards = await read("/logs?sortOrder=DESCENDING&limit=1");
  t.deepEqual(
    backwards.events.map(({ eventType }) => eventType),
    ["group.user_membership.remove"],
  );
  const further = await read(backwards.next ?? "");
  t.deepEqual(
    further.events.map(({ eventType }) => eventType),
    ["group.user_membership.add"],
  );

  const words = await read("/logs?q=LOVELACE%20remove");
  t.is(words.events.length, 1);
});

test("since and after together, and limits beyond 1000, are refused", async (t) => {
  const okta = await recordedOktaFor(t, seed);
  const { call } = managementApi(okta);
  const next = nextLink(await call("GET", "/logs"));
  t.is((await call("GET", `${next}&since=2026-01-01T00:00:00Z`)).status, 400);
  for (const query of ["limit=1001", "limit=-1", "since=yesterday", "after=x", "filter=x"])
    t.is((await call("GET", `/logs?${query}`)).status, 400, query);
  t.deepEqual(await (await call("GET", "/logs?limit=0")).json(), []);
});
