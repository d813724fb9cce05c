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
  let page = await poll("/logs?limit=2");
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

test("polling with a filter for types and a target looks at each event once", async (t) => {
  const okta = await recordedOktaFor(t, {
    ...seed,
    users: [...(seed.users ?? []), { login: "eve@acme.example" }],
  });
  const { call } = managementApi(okta);
  const ada = okta.directory.user("ada").id;
  const types = ["group.user_membership.add", "group.user_membership.remove"];
  const filter = `(${types.map((type) => `eventType eq "${type}"`).join(" or ")}) and target.id eq "${ada}"`;
  const poll = async (path: string) => {
    const answer = await call("GET", path);
    const events = (await answer.json()) as LogEvent[];
    const next = nextLink(answer) ?? "";
    const { searchParams } = new URL(next);
    t.is(searchParams.get("filter"), filter);
    return { types: events.map(({ eventType }) => eventType), next, after: searchParams.get("after") };
  };
  const first = await poll(`/logs?${new URLSearchParams({ filter })}`);
  t.deepEqual(first.types, []);
  okta.directory.addToGroup("service_admin", "eve");
  const second = await poll(first.next);
  t.deepEqual(second.types, []);
  t.not(second.after, first.after, "what was looked at needn't be looked at again");
  okta.directory.addToGroup("service_admin", "ada");
  okta.directory.removeFromGroup("service_admin", "eve");
  okta.directory.removeFromGroup("service_admin", "ada");
  const third = await poll(second.next);
  t.deepEqual(third.types, types);
  t.deepEqual((await poll(third.next)).types, []);
  t.deepEqual((await poll(second.next)).types, types, "a cursor may be used again");
});

test("an event that comes into the log late is missed by no poll, but has its own time", async (t) => {
  let now = Date.parse("2026-01-01T12:00:00Z");
  const okta = await recordedOktaFor(t, { ...seed, now: () => now });
  const { call, json } = managementApi(okta);
  const idle = nextLink(await call("GET", "/logs")) ?? "";
  now += 60_000;
  okta.directory.addToGroup("service_admin", "ada");
  const { actor, target } = okta.directory.log.events.at(-1) ?? {};
  if (!actor || !target) throw new Error("nothing was logged");
  okta.directory.log.append({
    eventType: "user.lifecycle.suspend",
    displayMessage: "Suspend Okta user",
    actor,
    target,
    published: now - 30_000,
  });
  const polled = (await (await call("GET", idle)).json()) as LogEvent[];
  t.like(polled, [
    { eventType: "group.user_membership.add", published: "2026-01-01T12:01:00.000Z" },
    { eventType: "user.lifecycle.suspend", published: "2026-01-01T12:00:30.000Z" },
  ]);
  const bounded = await json<LogEvent[]>(
    "GET",
    "/logs?since=2026-01-01T12:00:10Z&until=2026-01-01T13:00:00Z",
  );
  t.deepEqual(bounded, polled.toReversed(), "in the order in which they happened");
});

test("events are kept for 90 days: older cursors go on with what is left", async (t) => {
  let now = Date.parse("2026-01-01T00:00:00Z");
  const okta = await recordedOktaFor(t, { ...seed, now: () => now });
  const { call } = managementApi(okta);
  const old = nextLink(await call("GET", "/logs")) ?? "";
  okta.directory.addToGroup("service_admin", "ada");
  now += 91 * 24 * 3600 * 1000;
  okta.directory.removeFromGroup("service_admin", "ada");
  const answer = await call("GET", old);
  t.is(answer.status, 200);
  t.like(await answer.json(), { length: 1, 0: { eventType: "group.user_membership.remove" } });
  t.is((await call("GET", "/logs?since=2026-01-01T00:00:00Z")).status, 200);
  const tooOld = await call("GET", "/logs?since=2025-09-01T00:00:00Z");
  t.is(tooOld.status, 400);
  t.like(await tooOld.json(), { errorCode: "E0000053" });
});

test("since and after together, and limits beyond 1000, are refused", async (t) => {
  const okta = await recordedOktaFor(t, seed);
  const { call } = managementApi(okta);
  const next = nextLink(await call("GET", "/logs"));
  t.is((await call("GET", `${next}&since=2026-01-01T00:00:00Z`)).status, 400);
  for (const query of [
    "limit=1001",
    "limit=-1",
    "since=yesterday",
    "after=x",
    "filter=x",
    'filter=published gt "2026-01-01T00:00:00Z"',
  ])
    t.is((await call("GET", `/logs?${query}`)).status, 400, query);
  t.deepEqual(await (await call("GET", "/logs?limit=0")).json(), []);
});

test("what the seed has can have come to be a while ago, so that whoever asks for what is new isn't told of it", async (t) => {
  const okta = await recordedOktaFor(t, { ...seed, seededAgoMs: 3_600_000 });
  const { json } = managementApi(okta);
  const since = new Date(Date.now() - 600_000).toISOString();
  okta.directory.addToGroup("service_admin", "ada");
  const events = await json<LogEvent[]>("GET", `/logs?since=${since}`);
  t.deepEqual(
    events.map(({ eventType }) => eventType),
    ["group.user_membership.add"],
  );
  t.true((await json<LogEvent[]>("GET", "/logs")).length > 1);
});
