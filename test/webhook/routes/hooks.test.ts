import test, { type ExecutionContext } from "ava";
import { request } from "undici";
import type { OktaHints } from "../../../crds/types.ts";
import { EVENT_TYPES } from "../../../okta/events/event-types.ts";
import { waitFor } from "../../cluster.ts";
import { exactly } from "../../exactly.ts";
import { FaultServer } from "../../kubernetes/fault-server.ts";
import { type ReplicaOptions, secret, type UnderTest, webhookUnderTest } from "../webhook-under-test.ts";

const PATH = "/hooks/okta/acme";
const SECRET = "the hook's secret";
const TIME = "2026-11-26T08:00:00.000Z";
const HOOK = { secretRef: { name: "acme-hook", key: "secret" } };
/** Whoever joins a mapped group is of interest before they sign in. */
const DIRECTORY = { apiTokenRef: { name: "acme-okta", key: "apiToken" }, provision: "BeforeLogin" };

interface Hooked extends UnderTest {
  readonly faults: FaultServer;
  /** Sends something to the webhook as Okta would. */
  send(body: unknown, headers?: Record<string, string>, path?: string, at?: { url: string }): Promise<Sent>;
  challenge(headers: Record<string, string>, path?: string): Promise<Sent>;
  hints(): Promise<OktaHints["spec"] | undefined>;
  /** What the webhooks have asked of the API server about hints: the methods. */
  hintsRequests(): string[];
  metric(name: string): Promise<Record<string, number>>;
}

interface Sent {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: string;
}

async function hooked(
  t: ExecutionContext,
  { hook = HOOK, ...options }: ReplicaOptions & { hook?: object | "none" } = {},
): Promise<Hooked> {
  const faults = await FaultServer.start(t);
  const under = await webhookUnderTest(t, {
    faults,
    okta: { eventDelivery: { timeoutMs: 60_000 } },
    ...options,
  });
  await under.apply(secret("acme-hook", { secret: SECRET, previous: "the one before" }));
  const directory = { url: under.okta.url, ...DIRECTORY };
  await under.applyAcme({ okta: { directory, ...(hook !== "none" && { eventHook: hook }) } });
  const answered = async (method: "GET" | "POST", path: string, at: string, rest: object): Promise<Sent> => {
    const answer = await request(new URL(path, at), { method, ...rest });
    return { status: answer.statusCode, headers: answer.headers, body: await answer.body.text() };
  };
  return {
    ...under,
    faults,
    send: (body, headers = {}, path = PATH, at = under) =>
      answered("POST", path, at.url, {
        headers: {
          authorization: SECRET,
          "content-type": "application/json",
          accept: "application/json",
          ...headers,
        },
        body: typeof body === "string" ? body : JSON.stringify(body),
      }),
    challenge: (headers, path = PATH) =>
      answered("GET", path, under.url, { headers: { accept: "application/json", ...headers } }),
    hints: async () => {
      const { stdout } = await under.cluster.kubectl(
        "get",
        "hints",
        "acme",
        "-o",
        "json",
        "--ignore-not-found",
      );
      return stdout.trim() === "" ? undefined : (JSON.parse(stdout) as OktaHints).spec;
    },
    hintsRequests: () =>
      faults.requests.flatMap((each) => (each.includes("/oktahints") ? each.split(" ", 1) : [])),
    metric: async (name) => {
      const { values = [] } = (await under.metrics.getSingleMetric(name)?.get()) ?? {};
      return Object.fromEntries(values.map(({ labels, value }) => [String(labels.outcome), value]));
    },
  };
}

const user = (id: string) => ({ id, type: "User", alternateId: "a@acme.example", displayName: "A" });
const group = (id: string, displayName: string) => ({
  id,
  type: "UserGroup",
  alternateId: null,
  displayName,
});

function event(eventType: string, ...target: object[]): object {
  return { uuid: crypto.randomUUID(), published: TIME, eventType, outcome: { result: "SUCCESS" }, target };
}

function delivery(...events: unknown[]): object {
  return {
    eventType: "com.okta.event_hook",
    eventId: "1",
    data: { events },
    contentType: "application/json",
  };
}

const joinsServices = (id: string) =>
  delivery(event("group.user_membership.add", user(id), group("00g1", "service_admin")));

test("Okta verifies the hook, and what happens from then on is noted", async (t) => {
  const { okta, url, hints, metric } = await hooked(t);
  const hook = okta.eventHooks.add({
    name: "role operator",
    uri: `${url}${PATH}`,
    events: EVENT_TYPES.filter((type) => type !== "user.lifecycle.delete.completed"),
    authorization: { secret: SECRET },
  });
  t.is((await okta.eventHooks.verify(hook.id)).verificationStatus, "VERIFIED");
  await waitFor(async () => (await hints())?.eventHook?.verifiedTime, {
    what: "the verification to be noted",
  });
  okta.directory.removeFromGroup("service_admin", "ada@acme.example");
  await okta.eventHooks.settled();
  const { id } = okta.directory.user("ada@acme.example");
  const spec = await hints();
  t.like(spec?.people, { 0: { id, left: exactly(okta.directory.group("service_admin").id) }, length: 1 });
  t.truthy(spec?.eventHook?.lastEventTime);
  t.like(await metric("okta_role_event_hook_calls_total"), { verified: 1, called: 1 });
  t.like(await metric("okta_role_event_hook_events_total"), { concerned: 1 });
});

test("what is told of somebody who has no account is noted once they have signed in", async (t) => {
  const { send, signIn, okta, hints, applyAcme } = await hooked(t);
  const directory = { url: okta.url, ...DIRECTORY, provision: "OnLogin" };
  await applyAcme({ okta: { directory, eventHook: HOOK } });
  const { id } = okta.directory.user("ada@acme.example");
  const leaves = delivery(event("group.user_membership.remove", user(id), group("00g1", "service_admin")));
  t.is((await send(leaves)).status, 204);
  t.is((await hints())?.people, undefined);
  t.is((await signIn("ada@acme.example")).response.status, 303);
  await waitFor(async () => (await hints())?.people?.some((person) => person.id === id) || undefined, {
    what: "it to be noted",
  });
});

test("a challenge is answered as it came", async (t) => {
  const { challenge } = await hooked(t);
  const value = "Me_rShK8JHsTnbyYrWXCEoMGbM_zsZ6k0hLPZ_Pg";
  for (const headers of [{}, { authorization: SECRET }]) {
    const answer = await challenge({ "x-okta-verification-challenge": value, ...headers });
    t.is(answer.status, 200);
    t.is(answer.headers["content-type"], "application/json");
    t.deepEqual(JSON.parse(answer.body), { verification: value });
  }
  t.is((await challenge({ "x-okta-verification-challenge": value, authorization: "wrong" })).status, 401);
  t.is((await challenge({})).status, 400);
  t.is((await challenge({ "x-okta-verification-challenge": "x".repeat(513) })).status, 400);
});

test("what is answered has been stored, and one delivery may tell of many", async (t) => {
  const { send, hints } = await hooked(t);
  const answer = await send(
    delivery(
      event("group.user_membership.add", user("00u1"), group("00g1", "service_admin")),
      event("group.profile.update", group("00g2", "portal_admin")),
    ),
  );
  t.is(answer.status, 204);
  t.like(await hints(), {
    people: { 0: { id: "00u1", eventTime: TIME, joined: exactly("00g1") }, length: 1 },
    groups: { 0: { id: "00g2", eventTime: TIME }, length: 1 },
  });
});

test("what can't be stored isn't said to be, and Okta's second try is stored", async (t) => {
  const { send, hints, faults, metric, lines } = await hooked(t);
  faults.fault = ({ url = "" }, response) => {
    if (!url.includes("/oktahints")) return false;
    response
      .writeHead(403, { "content-type": "application/json" })
      .end('{"kind":"Status","reason":"Forbidden"}');
    return true;
  };
  const refused = await send(joinsServices("00u1"));
  t.is(refused.status, 503);
  t.like(JSON.parse(refused.body), { code: "event-hook-out-of-order" });
  t.true(JSON.stringify(lines).includes("apply the roles of this version"), "why is in the log");
  t.is((await metric("okta_role_event_hook_calls_total")).failed, 1);
  faults.fault = () => false;
  t.is((await send(joinsServices("00u1"))).status, 204);
  t.like((await hints())?.people, { length: 1 });
});

test("whoever doesn't know the secret is refused, and nothing of theirs is read", async (t) => {
  const { send, hints, metric, lines } = await hooked(t);
  for (const authorization of ["wrong", "", `Bearer ${SECRET}`, SECRET.toUpperCase(), "the one before"]) {
    const answer = await send(joinsServices("00u1"), { authorization });
    t.is(answer.status, 401, authorization);
    t.truthy(answer.headers["www-authenticate"]);
  }
  t.is((await send("{", { authorization: "wrong" })).status, 401);
  t.is((await metric("okta_role_event_hook_calls_total")).refused, 6);
  await waitFor(async () => (await hints())?.eventHook?.refusedTime, { what: "the refusal to be noted" });
  const spec = await hints();
  t.is(spec?.people, undefined);
  t.is(spec?.eventHook?.verifiedTime, undefined);
  t.false(JSON.stringify(lines).includes(SECRET));
});

test("whoever sends no secret at all isn't taken for Okta with a wrong one, and the right one ends that at once", async (t) => {
  const { send, hints, url } = await hooked(t);
  const anonymous = await request(`${url}${PATH}`, { method: "POST" });
  await anonymous.body.dump();
  t.is(anonymous.statusCode, 401);
  t.is((await send(delivery())).status, 204);
  const known = await waitFor(async () => (await hints())?.eventHook, { what: "the call to be noted" });
  t.deepEqual(Object.keys(known).sort(), ["lastEventTime", "loginPath", "verifiedTime"]);
  t.is((await send(delivery(), { authorization: "wrong" })).status, 401);
  await waitFor(async () => (await hints())?.eventHook?.refusedTime, { what: "the refusal to be noted" });
  t.is((await send(delivery())).status, 204);
  await waitFor(
    async () => {
      const { verifiedTime = "", refusedTime = "" } = (await hints())?.eventHook ?? {};
      return verifiedTime > refusedTime || undefined;
    },
    { what: "the right secret to be noted" },
  );
});

test("during a rotation both secrets are right, and a new one as soon as it is stored", async (t) => {
  const previousSecretRef = { name: "acme-hook", key: "previous" };
  const { send, apply } = await hooked(t, { hook: { ...HOOK, previousSecretRef } });
  for (const authorization of [SECRET, "the one before"])
    t.is((await send(delivery(), { authorization })).status, 204, authorization);
  await apply(secret("acme-hook", { secret: "a new one", previous: SECRET }));
  t.is((await send(delivery(), { authorization: "a new one" })).status, 204);
  t.is((await send(delivery(), { authorization: SECRET })).status, 204);
  t.is((await send(delivery(), { authorization: "the one before" })).status, 401);
});

test("a previous secret that is gone keeps the present one from nothing", async (t) => {
  const { send } = await hooked(t, { hook: { ...HOOK, previousSecretRef: { name: "gone", key: "secret" } } });
  t.is((await send(delivery())).status, 204);
  t.is((await send(delivery(), { authorization: "" })).status, 401);
});

test("where the secret isn't there, Okta is to try again", async (t) => {
  const { send, metric, cluster } = await hooked(t, {
    hook: { secretRef: { name: "not-made-yet", key: "secret" } },
  });
  for (const authorization of [SECRET, ""]) t.is((await send(delivery(), { authorization })).status, 503);
  t.deepEqual(await metric("okta_role_event_hook_calls_total"), { unreadable: 2 });
  const note = await waitFor(
    async () => {
      const { stdout } = await cluster.kubectl("get", "events", "-o", "jsonpath={.items[*].message}");
      return /in vain.*$/.exec(stdout)?.[0];
    },
    { what: "the organization's Event" },
  );
  t.regex(note, /There is no Secret not-made-yet in this namespace: create it\./);
});

test("an organization without an event hook is told in the same words as one that isn't there", async (t) => {
  const { send, challenge, applyAcme } = await hooked(t, { hook: "none" });
  await applyAcme({ name: "beta", mappings: {} });
  const words = async (answer: Promise<Sent>) => {
    const { status, body } = await answer;
    return [status, { ...JSON.parse(body), requestID: "" }];
  };
  for (const ask of [(path: string) => send(delivery(), {}, path), (path: string) => challenge({}, path)]) {
    const unknown = await words(ask("/hooks/okta/nobodys"));
    t.is(unknown[0], 404);
    t.deepEqual(await words(ask(PATH)), unknown);
    t.deepEqual(await words(ask("/hooks/okta/beta")), unknown);
  }
});

test("what isn't a delivery is refused, and what is too large isn't read", async (t) => {
  const { send } = await hooked(t);
  t.is((await send("{")).status, 400);
  t.is((await send({ eventType: "other" })).status, 400);
  t.is((await send("a=b", { "content-type": "application/x-www-form-urlencoded" })).status, 415);
  t.is((await send(delivery({ filler: "x".repeat(4 * 1024 * 1024) }))).status, 413);
  t.is((await send(delivery(event("unheard.of", user("00u1")), "no event", null))).status, 204);
});

test("events that concern nobody here cost no request, but the hook is known to be alive", async (t) => {
  const { send, hints, hintsRequests, metric } = await hooked(t);
  const foreign = delivery(
    event("group.user_membership.add", user("00u1"), group("00g9", "marketing")),
    event("user.lifecycle.suspend", user("00u1")),
    event("user.session.start", user("00u1")),
  );
  t.is((await send(foreign)).status, 204);
  await waitFor(async () => (await hints())?.eventHook?.lastEventTime, { what: "the call to be noted" });
  for (let n = 0; n < 20; n++) t.is((await send(foreign)).status, 204);
  t.deepEqual(hintsRequests(), ["GET", "POST"]);
  t.deepEqual(Object.keys((await hints()) ?? {}), ["eventHook"]);
  t.like(await metric("okta_role_event_hook_events_total"), { foreign: 63 });
});

test("whoever has an account is concerned by what happens to them", async (t) => {
  const { send, signedIn, okta, hints, webhook } = await hooked(t);
  await signedIn("ada");
  await waitFor(() => webhook.caches.users.list().length === 1 || undefined, {
    what: "the account to be known",
  });
  const { id } = okta.directory.user("ada@acme.example");
  t.is((await send(delivery(event("user.lifecycle.suspend", user(id))))).status, 204);
  t.like((await hints())?.people, { 0: { id, active: false }, length: 1 });
});

test("without a directory nobody could look, and nothing is noted of whom", async (t) => {
  const { send, applyAcme, hints } = await hooked(t);
  await applyAcme({ okta: { eventHook: HOOK } });
  t.is((await send(delivery(event("group.profile.update", group("00g1", "service_admin"))))).status, 204);
  await waitFor(async () => (await hints())?.eventHook?.lastEventTime, { what: "the call to be noted" });
  t.deepEqual(Object.keys((await hints()) ?? {}), ["eventHook"]);
});

test("two replicas that are told at once lose nothing of what they were told", async (t) => {
  const under = await hooked(t);
  const other = await under.replica();
  const ids = Array.from({ length: 40 }, (_, n) => `00u${n}`);
  const sent = await Promise.all(
    ids.map((id, n) => under.send(joinsServices(id), {}, PATH, n % 2 === 0 ? under : other)),
  );
  t.deepEqual(new Set(sent.map(({ status }) => status)), new Set([204]));
  t.deepEqual((await under.hints())?.people?.map(({ id }) => id).sort(), ids.sort());
});
