import test from "ava";
import type { CallOptions } from "../../../kubernetes/client/client.ts";
import type { Client } from "../../../kubernetes/index.ts";
import { sample } from "../api-server.ts";
import { fakeClock } from "../fake-clock.ts";
import { gadgets } from "../gadgets.ts";
import { plainServer } from "../plain-server.ts";

// In a file of its own: there is one clock for all tests of a file.
const clock = fakeClock(test);

const metadata = { namespace: "team", name: "x" };

const CALLS: [verb: string, ms: number, call: (client: Client, options: CallOptions) => Promise<unknown>][] =
  [
    ["get", 15_000, (client, options) => client.get(gadgets, "team/x", options)],
    ["list", 30_000, (client, options) => client.pages(gadgets, options)[Symbol.asyncIterator]().next()],
    ["create", 15_000, (client, options) => client.create(gadgets, { metadata }, options)],
    [
      "apply",
      15_000,
      (client, options) => client.apply(gadgets, { metadata }, { fieldManager: "me", ...options }),
    ],
  ];

for (const [verb, ms, call] of CALLS)
  test.serial(`${verb}: an attempt may take ${ms / 1_000} seconds unless said otherwise`, async (t) => {
    const { client, state, metrics } = await plainServer(t);
    const asked = Promise.withResolvers<void>();
    state.answer = () => void asked.resolve();
    const end = new AbortController();
    t.teardown(() => end.abort());
    void call(client, { signal: end.signal }).catch(() => {});
    await asked.promise;
    const labels = { verb, resource: "gadgets.kubernetes-test.example.com", code: "error" };
    const failed = () => sample(metrics, "kubernetes_client_requests_total", labels);
    await clock.pass(ms - 100);
    t.is(await failed(), 0);
    await clock.pass(200);
    t.is(await failed(), 1);
  });

test.serial("a watch that the server doesn't end is ended fifteen seconds after its time", async (t) => {
  const { client, state } = await plainServer(t);
  state.answer = (_, response) => {
    response.writeHead(200, { "content-type": "application/json" }).flushHeaders();
    return undefined;
  };
  const connection = client.watchConnection();
  t.teardown(() => connection.reset(new Error("the test is over")));
  const stream = await connection.watch(gadgets, { resourceVersion: "1", timeoutSeconds: 5 });
  let ended: unknown;
  void (async () => {
    try {
      for await (const event of stream) t.fail(JSON.stringify(event));
      ended = "without a word";
    } catch (error) {
      ended = error;
    }
  })();
  await clock.pass(19_900);
  t.is(ended, undefined);
  await clock.pass(200);
  t.regex(String(ended), /wasn't ended in time/);
});
