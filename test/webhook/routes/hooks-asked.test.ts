import test, { type ExecutionContext } from "ava";
import { Registry } from "prom-client";
import { request } from "undici";
import { ConnectionError } from "../../../kubernetes/index.ts";
import { EventHooks } from "../../../webhook/hooks/event-hooks.ts";
import { HookSecrets } from "../../../webhook/hooks/hook-secrets.ts";
import { WebhookMetrics } from "../../../webhook/metrics.ts";
import { hookChallenge, hookDelivery } from "../../../webhook/routes/hooks.ts";
import { exactly } from "../../exactly.ts";
import { logLines } from "../../log-lines.ts";
import { SmallWebhook } from "./small-webhook.ts";

const SECRET = "the hook's secret";
const RIGHT = { authorization: SECRET };
const CHALLENGE = { "x-okta-verification-challenge": "c-1" };
const EVENT = {
  ...{ uuid: "e1", published: "2026-11-26T08:00:00.123Z", eventType: "user.lifecycle.suspend" },
  target: [{ id: "00u1", type: "User" }],
};
const DELIVERY = JSON.stringify({ eventType: "com.okta.event_hook", data: { events: [EVENT] } });

/** The event hook of Acme, whose secret is read and whose hints are stored as the test says; Beta has none. */
async function scene(t: ExecutionContext, { most }: { most?: number } = {}) {
  const webhook = new SmallWebhook();
  const { okta } = webhook.organization().spec;
  Object.assign(okta, { eventHook: { secretRef: { name: "s", key: "k" } }, directory: {} });
  const metrics = new WebhookMetrics(new Registry());
  const heard: object[] = [];
  const told: string[] = [];
  const state = { secret: (): string => SECRET, store: (): void => {} };
  const hooks = new EventHooks({
    hints: {
      heard: async (_, what) => {
        heard.push(what);
        state.store();
      },
    },
    concerned: async (hints) => hints,
    metrics,
    events: { record: ({ reason }) => told.push(reason) },
    log: logLines().log,
  });
  const hookSecrets = new HookSecrets({ read: async () => state.secret() });
  const deps = { hooks, hookSecrets, organizations: webhook.organizations };
  const url = await webhook.listen(t, (app) => {
    app.get("/hooks/okta/:path", hookChallenge(deps));
    app.post("/hooks/okta/:path", ...hookDelivery(deps, most));
  });
  const asked = async (headers: Record<string, string>, body?: string, path = "acme") => {
    const method = body === undefined ? "GET" : "POST";
    const all = { accept: "application/json", "content-type": "application/json", ...headers };
    const answer = await request(`${url}/hooks/okta/${path}`, { method, headers: all, body: body ?? null });
    const text = await answer.body.text();
    const content = text === "" ? {} : JSON.parse(text);
    return { status: answer.statusCode, code: content.code, content, headers: answer.headers };
  };
  const calls = async () =>
    (await metrics.hookCalls.get()).values.map(({ labels, value }) => `${labels.outcome} ${value}`);
  return { asked, webhook, heard, told, state, calls };
}

test("a challenge is answered to whoever asks; who sends the secret along has verified the hook", async (t) => {
  const { asked, heard, calls } = await scene(t);
  t.like(await asked(CHALLENGE), { status: 200, content: { verification: "c-1" } });
  t.deepEqual([heard, await calls()], [[], []]);
  t.like(await asked({ ...CHALLENGE, ...RIGHT }), { status: 200, content: { verification: "c-1" } });
  t.deepEqual([heard, await calls()], [[{ eventHook: "verified" }], ["verified 1"]]);
  t.like(await asked({ ...CHALLENGE, authorization: "wrong" }), {
    status: 401,
    code: "event-hook-secret-wrong",
  });
  t.deepEqual(heard.at(-1), { eventHook: "refused" });
  t.like(await asked(RIGHT), { status: 400, code: "event-hook-challenge-missing" });
});

test("a delivery is answered when it is stored, and not said to be where it couldn't be", async (t) => {
  const { asked, heard, state } = await scene(t);
  t.like(await asked(RIGHT, DELIVERY), { status: 204 });
  t.like(heard, exactly({ eventHook: "called", hints: { length: 1 } }));
  state.store = () => {
    throw new ConnectionError("no answer", { sent: true });
  };
  t.like(await asked(RIGHT, DELIVERY), { status: 503, code: "event-hook-out-of-order" });
  state.store = () => {
    throw new Error("broken");
  };
  t.is((await asked(RIGHT, DELIVERY)).status, 500, "what isn't expected isn't said to be out of order");
});

test("nothing is read of whoever doesn't know the secret, and who sends none isn't taken for Okta", async (t) => {
  const { asked, heard, calls } = await scene(t);
  const none = await asked({}, "not even JSON");
  t.like(none, { status: 401, code: "event-hook-secret-wrong" });
  t.truthy(none.headers["www-authenticate"]);
  t.deepEqual([heard, await calls()], [[], ["refused 1"]]);
  t.is((await asked({ authorization: "wrong" }, "not even JSON")).status, 401);
  t.deepEqual([heard, await calls()], [[{ eventHook: "refused" }], ["refused 2"]]);
});

test("where the secret can't be read Okta is to try again, and it is counted and told", async (t) => {
  const { asked, state, told, heard, calls } = await scene(t);
  state.secret = () => {
    throw new Error("broken");
  };
  t.is((await asked(RIGHT, DELIVERY)).status, 500);
  state.secret = () => {
    throw new ConnectionError("no answer", { sent: false });
  };
  t.like(await asked(RIGHT, DELIVERY), { status: 503, code: "event-hook-out-of-order" });
  t.is((await asked({ ...CHALLENGE, ...RIGHT })).status, 503);
  t.deepEqual([told, await calls()], [["EventHookSecretUnreadable"], ["unreadable 2"]]);
  t.deepEqual(heard, []);
});

test("where there is no event hook it is said in the same words as where there is no organization", async (t) => {
  const { asked, webhook } = await scene(t);
  const without = ({ content }: { content: object }) => ({ ...content, requestID: "" });
  const [beta, gone] = [await asked(RIGHT, DELIVERY, "beta"), await asked(RIGHT, DELIVERY, "gone")];
  t.deepEqual([beta.status, beta.code], [404, "event-hook-not-found"]);
  t.deepEqual(without(beta), without(gone));
  webhook.isUnreadable = true;
  t.like(await asked(RIGHT, DELIVERY), { status: 503, code: "event-hook-out-of-order" });
  t.is((await asked(CHALLENGE)).status, 503);
});

test("what isn't a delivery is refused", async (t) => {
  const { asked, heard } = await scene(t);
  t.like(await asked(RIGHT, "{}"), { status: 400, code: "event-hook-delivery-invalid" });
  t.like(await asked({ ...RIGHT, "content-type": "text/plain" }, DELIVERY), {
    status: 415,
    code: "event-hook-delivery-invalid",
  });
  t.deepEqual(heard, []);
  // As large as many events are.
  const many = JSON.stringify({
    eventType: "com.okta.event_hook",
    data: { events: Array(5_000).fill(EVENT) },
  });
  t.is((await asked(RIGHT, many)).status, 204);
});

test("of one organization so many deliveries are taken in a minute; whoever doesn't know the secret takes none of them", async (t) => {
  const { asked } = await scene(t, { most: 2 });
  for (let i = 0; i < 5; i++) t.is((await asked({ authorization: "wrong" }, DELIVERY)).status, 401);
  for (let i = 0; i < 2; i++) t.is((await asked(RIGHT, DELIVERY)).status, 204);
  t.like(await asked(RIGHT, DELIVERY), { status: 503, code: "event-hook-out-of-order" });
});
