import test, { type ExecutionContext } from "ava";
import type { EventHookSeed, LogEvent, OktaOptions } from "../../../dev/okta/index.ts";
import { deliveriesIn, type HookReceiver, hookReceiverFor } from "./hook-receiver.ts";
import { managementApi } from "./management-api.ts";
import { recordedOktaFor } from "./recorded-okta.ts";

const seed: OktaOptions = {
  groups: ["service_admin", "marketing"],
  users: [{ login: "ada@acme.example" }, { login: "eve@acme.example" }],
  // A busy machine isn't a receiver that doesn't answer.
  eventDelivery: { timeoutMs: 60_000 },
};

interface HookObject {
  id: string;
  status: string;
  verificationStatus: string;
  [other: string]: unknown;
}

/** A hook as it is made at the API. */
const hookBody = (uri: string, items = ["group.user_membership.add", "group.user_membership.remove"]) => ({
  name: "role operator",
  events: { type: "EVENT_TYPE", items },
  channel: {
    type: "HTTP",
    version: "1.0.0",
    config: {
      uri,
      headers: [{ key: "X-Tenant", value: "acme" }],
      authScheme: { type: "HEADER", key: "Authorization", value: "the secret" },
    },
  },
});

/** An Okta with a hook that is verified. */
async function hooked(t: ExecutionContext, hook: Partial<EventHookSeed> = {}) {
  const receiver = await hookReceiverFor(t);
  const okta = await recordedOktaFor(t, seed);
  const { id } = okta.eventHooks.add({
    name: "role operator",
    uri: receiver.url,
    events: ["group.user_membership.add", "group.user_membership.remove"],
    authorization: { secret: "the secret" },
    ...hook,
  });
  await okta.eventHooks.verify(id);
  const { directory } = okta;
  return {
    okta,
    id,
    receiver,
    directory,
    ...managementApi(okta),
    deliveries: () => deliveriesIn(receiver.calls).map(({ body }) => JSON.parse(body)),
    told: () => receiver.events.map(({ eventType }) => eventType.split(".").at(-1)),
    logged: (eventType: string) => directory.log.events.filter((event) => event.eventType === eventType),
  };
}

test("a hook is made, changed, switched off and deleted; its secret is never told", async (t) => {
  const okta = await recordedOktaFor(t, seed);
  const { call, json } = managementApi(okta);
  const uri = "https://hooks.example/hooks/okta/acme";
  const created = await json<HookObject>("POST", "/eventHooks", hookBody(uri));
  t.like(created, {
    status: "ACTIVE",
    verificationStatus: "UNVERIFIED",
    name: "role operator",
    channel: {
      config: { uri, method: "POST", authScheme: { type: "HEADER", key: "Authorization" } },
    },
  });
  t.regex(created.id, /^who/);
  t.deepEqual(await json("GET", "/eventHooks"), [created]);
  t.deepEqual(await json("GET", `/eventHooks/${created.id}`), created);
  const replaced = await json<HookObject>("PUT", `/eventHooks/${created.id}`, {
    ...hookBody(uri, ["user.lifecycle.suspend"]),
    name: "another name",
  });
  t.like(replaced, { id: created.id, name: "another name", events: { items: ["user.lifecycle.suspend"] } });
  t.notRegex(JSON.stringify([created, replaced]), /the secret/);

  t.is((await call("DELETE", `/eventHooks/${created.id}`)).status, 403, "while it is active");
  const off = await json<HookObject>("POST", `/eventHooks/${created.id}/lifecycle/deactivate`);
  t.is(off.status, "INACTIVE");
  t.is((await json<HookObject>("POST", `/eventHooks/${created.id}/lifecycle/activate`)).status, "ACTIVE");
  await call("POST", `/eventHooks/${created.id}/lifecycle/deactivate`);
  t.is((await call("DELETE", `/eventHooks/${created.id}`)).status, 204);
  t.is((await call("GET", `/eventHooks/${created.id}`)).status, 404);
  t.deepEqual(
    okta.directory.log.events
      .map(({ eventType }) => eventType)
      .filter((type) => type.startsWith("event_hook")),
    ["created", "updated", "deactivated", "activated", "deactivated", "deleted"].map(
      (what) => `event_hook.${what}`,
    ),
  );
});

test("event types that hooks aren't told of are refused, and so is what isn't a URL", async (t) => {
  const okta = await recordedOktaFor(t, seed);
  const { call } = managementApi(okta);
  const uri = "https://hooks.example/";
  for (const type of [
    "user.lifecycle.delete.completed",
    "group.user_membership.added",
    "event_hook.delivery",
  ])
    t.is((await call("POST", "/eventHooks", hookBody(uri, [type]))).status, 400, type);
  t.is((await call("POST", "/eventHooks", hookBody("ftp://hooks.example/"))).status, 400);
  t.throws(() => okta.eventHooks.add({ name: "x", uri, events: ["user.lifecycle.delete.completed"] }), {
    code: "seed-invalid",
  });
});

test("a hook that is seeded is told nothing until it has given the challenge back", async (t) => {
  const receiver = await hookReceiverFor(t);
  const events = ["group.user_membership.add", "group.user_membership.remove"];
  const authorization = { header: "X-Hook-Secret", secret: "the secret" };
  const okta = await recordedOktaFor(t, {
    ...seed,
    eventHooks: [{ id: "whoSeeded", name: "hook", uri: receiver.url, events, authorization }],
  });
  const { json } = managementApi(okta);
  okta.directory.addToGroup("service_admin", "ada");
  await okta.eventHooks.settled();
  t.is(receiver.calls.length, 0);

  t.like(await json("POST", "/eventHooks/whoSeeded/lifecycle/verify"), { verificationStatus: "VERIFIED" });
  t.like(receiver.calls, [{ method: "GET", headers: { "x-hook-secret": "the secret" } }]);
  okta.directory.removeFromGroup("service_admin", "ada");
  await okta.eventHooks.settled();
  t.deepEqual(
    receiver.events.map(({ eventType }) => eventType),
    ["group.user_membership.remove"],
    "what happened before isn't told",
  );
});

const verifications: [string, HookReceiver["answer"], calls?: number][] = [
  ["gives something else back", () => ({ body: '{"verification": "something else"}' }), 1],
  ["gives back what isn't JSON", () => ({ body: "<html>" }), 1],
  ["refuses", () => ({ status: 401 }), 1],
  ["never answers", () => "never"],
  ["fails twice", () => ({ status: 503 }), 2],
];
for (const [what, answer, calls] of verifications)
  test(`a receiver that ${what} isn't verified`, async (t) => {
    const receiver = await hookReceiverFor(t);
    const okta = await recordedOktaFor(t, seed);
    const { call, json } = managementApi(okta);
    const { id } = await json<HookObject>("POST", "/eventHooks", hookBody(receiver.url));
    receiver.answer = answer;
    if (what.startsWith("never")) okta.settings.eventDelivery.timeoutMs = 50;
    const verified = await call("POST", `/eventHooks/${id}/lifecycle/verify`);
    t.is(verified.status, 400);
    if (calls !== undefined) t.is(receiver.calls.length, calls);
    t.like(await verified.json(), { errorCode: "E0000001" });
    t.like(await json("GET", `/eventHooks/${id}`), { verificationStatus: "UNVERIFIED" });
    t.like(okta.directory.log.events.at(-1), {
      eventType: "event_hook.verified",
      outcome: { result: "FAILURE" },
    });
  });

test("a receiver that fails once is asked again, and verified", async (t) => {
  const receiver = await hookReceiverFor(t);
  const okta = await recordedOktaFor(t, seed);
  const { json } = managementApi(okta);
  const { id } = await json<HookObject>("POST", "/eventHooks", hookBody(receiver.url));
  receiver.answer = () => (receiver.calls.length === 1 ? { status: 500 } : undefined);
  t.like(await json("POST", `/eventHooks/${id}/lifecycle/verify`), { verificationStatus: "VERIFIED" });
});

test("an event is delivered as the system log has it, with the secret and the other headers", async (t) => {
  const { okta, id, receiver, directory, json, deliveries } = await hooked(t, {
    headers: { "X-Tenant": "acme" },
  });
  directory.addToGroup("service_admin", "ada");
  await okta.eventHooks.settled();
  t.like(deliveriesIn(receiver.calls), [
    { headers: { authorization: "the secret", "x-tenant": "acme", "content-type": "application/json" } },
  ]);
  const [delivery] = deliveries();
  t.like(delivery, {
    eventType: "com.okta.event_hook",
    eventTypeVersion: "1.0",
    cloudEventsVersion: "0.1",
    contentType: "application/json",
    source: `${okta.url}/api/v1/eventHooks/${id}`,
  });
  t.regex(delivery.eventId, /^[0-9a-f-]{36}$/);
  t.false(Number.isNaN(Date.parse(delivery.eventTime)));
  const logged = await json<LogEvent[]>("GET", "/logs?sortOrder=DESCENDING&limit=1");
  t.deepEqual(delivery.data.events, logged);
});

test("only what a hook is subscribed to is told, and nothing while it is switched off", async (t) => {
  const { okta, id, directory, told } = await hooked(t, { events: ["user.lifecycle.deactivate"] });
  directory.addToGroup("service_admin", "ada");
  okta.eventHooks.deactivate(id);
  await managementApi(okta).call("DELETE", `/users/${directory.user("eve").id}`);
  await okta.eventHooks.settled();
  t.deepEqual(told(), []);
  okta.eventHooks.activate(id);
  await managementApi(okta).call("DELETE", `/users/${directory.user("ada").id}`);
  await okta.eventHooks.settled();
  t.deepEqual(told(), ["deactivate"]);
});

test("a hook whose settings change has to be verified again", async (t) => {
  const { okta, id, receiver, directory, json, told } = await hooked(t);
  t.like(await json("PUT", `/eventHooks/${id}`, hookBody(receiver.url)), {
    verificationStatus: "UNVERIFIED",
  });
  directory.addToGroup("service_admin", "ada");
  await okta.eventHooks.settled();
  t.deepEqual(told(), []);
  await json("POST", `/eventHooks/${id}/lifecycle/verify`);
  directory.removeFromGroup("service_admin", "ada");
  await okta.eventHooks.settled();
  t.deepEqual(told(), ["remove"]);
});

test("what happens in one go comes in one request, and what happens during a request in the next", async (t) => {
  const { okta, receiver, directory, deliveries } = await hooked(t);
  okta.settings.eventDelivery.batch = 3;
  receiver.answer = ({ method }) => {
    if (method === "POST" && deliveries().length === 1) {
      directory.removeFromGroup("service_admin", "ada");
      directory.removeFromGroup("marketing", "ada");
    }
    return undefined;
  };
  directory.addToGroup("service_admin", "ada");
  directory.addToGroup("marketing", "ada");
  await okta.eventHooks.settled();
  for (const group of ["service_admin", "marketing"])
    for (const login of ["ada", "eve"]) directory.addToGroup(group, login);
  await okta.eventHooks.settled();
  t.deepEqual(
    deliveries().map(({ data }) => data.events.length),
    [2, 2, 3, 1],
  );
});

const failures: [string, HookReceiver["answer"], tries: number, reason: RegExp][] = [
  ["an error of the receiver", () => ({ status: 500 }), 2, /status 500/],
  ["a redirect, which isn't followed", () => ({ status: 302, headers: { location: "/" } }), 2, /status 302/],
  ["no answer in time", () => "never", 2, /time-out/],
  ["a connection that ends", () => "hang-up", 2, /No answer: /],
  ["a refusal", () => ({ status: 404 }), 1, /status 404/],
  ["too many requests", () => ({ status: 429 }), 1, /status 429/],
];
for (const [what, answer, tries, reason] of failures)
  test(`after ${what} a delivery is tried ${tries === 1 ? "no more" : "once more"}, and then given up`, async (t) => {
    const { okta, id, receiver, directory, deliveries, logged } = await hooked(t);
    receiver.answer = answer;
    if (what.startsWith("no answer")) okta.settings.eventDelivery.timeoutMs = 50;
    directory.addToGroup("service_admin", "ada");
    await okta.eventHooks.settled();
    t.is(okta.eventHooks.sent.length, tries);
    t.is(new Set(okta.eventHooks.sent.map(({ eventId }) => eventId)).size, 1, "the same delivery");
    // What is given up after so short a time may never have got there.
    if (okta.settings.eventDelivery.timeoutMs > 50) t.is(deliveries().length, tries);
    const [failure] = logged("event_hook.delivery");
    t.like(failure, { outcome: { result: "FAILURE" }, target: [{ id, type: "EventHook" }] });
    t.regex(failure?.outcome.reason ?? "", reason);

    receiver.answer = () => undefined;
    okta.settings.eventDelivery.timeoutMs = 60_000;
    directory.removeFromGroup("service_admin", "ada");
    await okta.eventHooks.settled();
    t.is(receiver.events.at(-1)?.eventType, "group.user_membership.remove", "the next one is delivered");
    t.like(okta.eventHooks.sent.at(-1), { hook: id, outcome: 200 });
  });

test("a delivery that succeeds at the second try has succeeded", async (t) => {
  const { okta, receiver, directory, deliveries, logged } = await hooked(t);
  receiver.answer = () => (deliveries().length === 1 ? { status: 503 } : undefined);
  directory.addToGroup("service_admin", "ada");
  await okta.eventHooks.settled();
  t.deepEqual(
    okta.eventHooks.sent.map(({ outcome }) => outcome),
    [503, 200],
  );
  t.is(logged("event_hook.delivery").length, 0);
});

test("events get lost, the second one and no other", async (t) => {
  const { okta, directory, told } = await hooked(t);
  const losing = okta.eventHooks.misdeliver({ fault: { kind: "lost" }, skip: 1, times: 1 });
  directory.addToGroup("service_admin", "ada");
  directory.removeFromGroup("service_admin", "ada");
  directory.addToGroup("service_admin", "ada");
  await okta.eventHooks.settled();
  t.deepEqual(told(), ["add", "add"]);
  t.is(losing.hits, 1);
});

test("events of some types get lost, the others don't", async (t) => {
  const { okta, directory, told } = await hooked(t);
  okta.eventHooks.misdeliver({ fault: { kind: "lost" }, eventTypes: ["group.user_membership.remove"] });
  directory.addToGroup("service_admin", "ada");
  directory.removeFromGroup("service_admin", "ada");
  await okta.eventHooks.settled();
  t.deepEqual(told(), ["add"]);
});

test("events come twice, at once or later, and are the same by their uuid", async (t) => {
  const { okta, receiver, directory } = await hooked(t);
  okta.eventHooks.misdeliver({ fault: { kind: "doubled" }, times: 1 });
  okta.eventHooks.misdeliver({ fault: { kind: "doubled", afterMs: 20 }, times: 1 });
  directory.addToGroup("service_admin", "ada");
  directory.addToGroup("service_admin", "eve");
  await okta.eventHooks.settled();
  const [ada, eve] = directory.log.events.slice(-2).map(({ uuid }) => uuid);
  t.deepEqual(
    receiver.events.map(({ uuid }) => uuid),
    [ada, ada, eve, eve],
  );
});

test("events come late, after those that happened later", async (t) => {
  const { okta, directory, told } = await hooked(t);
  okta.eventHooks.misdeliver({ fault: { kind: "late", milliseconds: 20 }, times: 1 });
  directory.addToGroup("service_admin", "ada");
  directory.removeFromGroup("service_admin", "ada");
  await okta.eventHooks.settled();
  t.deepEqual(told(), ["remove", "add"]);
});

test("events come out of order, as many as wanted; those held back come when it ends", async (t) => {
  const { okta, receiver, directory } = await hooked(t);
  const reordering = okta.eventHooks.misdeliver({ fault: { kind: "reordered", window: 3 } });
  const groups = ["service_admin", "marketing"];
  for (const login of ["ada", "eve"]) for (const group of groups) directory.addToGroup(group, login);
  await okta.eventHooks.settled();
  const uuids = directory.log.events.slice(-4).map(({ uuid }) => uuid);
  t.deepEqual(
    receiver.events.map(({ uuid }) => uuid),
    uuids.slice(0, 3).reverse(),
  );
  reordering.stop();
  await okta.eventHooks.settled();
  t.is(receiver.events.at(-1)?.uuid, uuids[3]);
});

test("stopping ends deliveries that hang and those that wait", async (t) => {
  const { okta, receiver, directory } = await hooked(t);
  receiver.answer = ({ method }) => (method === "POST" ? "never" : undefined);
  okta.eventHooks.misdeliver({ fault: { kind: "late", milliseconds: 600_000 }, skip: 1 });
  directory.addToGroup("service_admin", "ada");
  directory.removeFromGroup("service_admin", "ada");
  await receiver.until(({ method }) => method === "POST");
  const settled = okta.eventHooks.settled();
  await okta.stop();
  await settled;
  t.is(receiver.events.length, 1);
});
