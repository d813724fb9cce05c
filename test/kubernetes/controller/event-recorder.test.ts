import type { ServerResponse } from "node:http";
import test, { type ExecutionContext } from "ava";
import { pino } from "pino";
import { type Event, events } from "../../../kubernetes/client/builtin-types.ts";
import { EventRecorder, type EventRecorderOptions, type EventToRecord } from "../../../kubernetes/index.ts";
import { connect, log, newNamespace, sample } from "../api-server.ts";
import { FaultServer, statusAnswer } from "../fault-server.ts";
import { configMaps } from "../resource-types.ts";
import { until } from "../until.ts";
import { PAINTED, PAINTER } from "./painted.ts";

/** A recorder, an object to report on, and what is reported about it. */
async function setUp(t: ExecutionContext, options: Partial<EventRecorderOptions> = {}, kubeconfig?: string) {
  const client = await connect(t, kubeconfig ? { kubeconfig } : {});
  const namespace = await newNamespace(t);
  const object = await client.create(configMaps, { metadata: { namespace, name: "x" } });
  const { metrics } = client;
  const recorder = new EventRecorder({
    client,
    ...PAINTER,
    log,
    metrics,
    ...options,
  });
  t.teardown(() => recorder.flush({ timeoutMs: 20_000 }));
  const event = (more: Partial<EventToRecord> = {}): EventToRecord => ({
    regarding: object,
    ...PAINTED,
    ...more,
  });
  const recorded = async () => {
    const found: Event[] = [];
    for await (const { items } of client.pages(events, { namespace })) found.push(...items);
    return found;
  };
  const results = (result: string) => sample(metrics, "controller_events_total", { result });
  return { recorder, object, event, recorded, results };
}

test("an event says what happened to which object", async (t) => {
  const { recorder, object, event, recorded } = await setUp(t);
  const related = { apiVersion: "v1", kind: "Namespace", name: "default" };
  recorder.record(event({ related }));
  await recorder.flush({ timeoutMs: 20_000 });
  const [found, ...others] = await recorded();
  t.deepEqual(others, []);
  t.like(found, {
    type: "Normal",
    reason: "Painted",
    action: "Paint",
    note: "It is red now.",
    reportingController: "example.com/test",
    reportingInstance: "test-1",
    regarding: { kind: "ConfigMap", name: "x", uid: object.metadata.uid },
    related,
  });
  t.regex(found?.eventTime ?? "", /\.\d{6}Z$/);
});

test("repeats are merged into a series; what differs isn't", async (t) => {
  const { recorder, event, recorded, results } = await setUp(t, { mergeEveryMs: 50 });
  recorder.record(event());
  await until("it is there", async () => (await recorded()).length === 1);
  for (let i = 0; i < 9; i++) recorder.record(event());
  await until("the repeats are counted", async () => (await recorded())[0]?.series?.count === 10);
  recorder.record(event());
  recorder.record(event({ note: "It is blue now." }));
  recorder.record(event({ type: "Warning" }));
  await recorder.flush({ timeoutMs: 20_000 });
  const found = await recorded();
  t.deepEqual(found.map(({ series }) => series?.count ?? 1).sort(), [1, 1, 11]);
  t.is(await results("created"), 3);
  t.true((await results("merged")) <= 3, "not one write for each repeat");
});

test("what is recorded together is one write", async (t) => {
  const { recorder, event, recorded, results } = await setUp(t);
  for (let i = 0; i < 5; i++) recorder.record(event());
  await recorder.flush({ timeoutMs: 20_000 });
  t.is((await recorded())[0]?.series?.count, 5);
  t.is((await results("created")) + (await results("merged")), 1);
});

test("a series whose event has expired is begun anew", async (t) => {
  const { recorder, event, recorded } = await setUp(t);
  const client = await connect(t);
  recorder.record(event());
  await recorder.flush({ timeoutMs: 20_000 });
  for (const { metadata } of await recorded()) await client.delete(events, metadata);
  recorder.record(event());
  await recorder.flush({ timeoutMs: 20_000 });
  t.deepEqual(
    (await recorded()).map(({ series }) => series?.count),
    [2],
  );
});

test("more than can be written is dropped, and counted; one line of the log tells of all", async (t) => {
  const lines: string[] = [];
  const log = pino({}, { write: (line: string) => void lines.push(line) });
  const { recorder, event, recorded, results } = await setUp(t, { capacity: 10, log });
  for (let i = 0; i < 25; i++) recorder.record(event({ note: `number ${i}` }));
  await recorder.flush({ timeoutMs: 20_000 });
  t.is((await recorded()).length, 10);
  t.is(await results("dropped"), 15);
  const told = lines.map((line) => JSON.parse(line)).filter(({ dropped }) => dropped !== undefined);
  t.deepEqual(
    told.map(({ dropped }) => dropped),
    [15],
  );
});

test("an event that can't be written is dropped, and counted; the next one is written", async (t) => {
  const server = await FaultServer.start(t);
  const { recorder, event, recorded, results } = await setUp(t, {}, server.kubeconfig);
  server.failTimes(1, ({ method }) => method === "POST", statusAnswer(403, "Forbidden"));
  recorder.record(event({ note: "refused" }));
  recorder.record(event({ note: "fine" }));
  await recorder.flush({ timeoutMs: 20_000 });
  t.deepEqual(
    (await recorded()).map(({ note }) => note),
    ["fine"],
  );
  t.is(await results("dropped"), 1);
});

test("an event that the API server couldn't answer for is written, and once, though it was asked to twice", async (t) => {
  const server = await FaultServer.start(t);
  const { recorder, event, recorded, results } = await setUp(t, {}, server.kubeconfig);
  server.failTimes(1, ({ method }) => method === "POST", statusAnswer(503, "ServiceUnavailable"));
  server.loseTimes(1, "POST", /\/events$/);
  recorder.record(event());
  await until("it was written, and the answer lost", async () => (await recorded()).length === 1);
  recorder.record(event());
  await recorder.flush({ timeoutMs: 20_000 });
  t.deepEqual(
    (await recorded()).map(({ series }) => series?.count),
    [2],
  );
  t.is(await results("created"), 1);
  t.is(await results("dropped"), 0);
});

test("an event fits the API's limits", async (t) => {
  const { recorder, event, recorded, results } = await setUp(t);
  recorder.record(event({ note: "ä€".repeat(1_000), reason: "R".repeat(200), action: "A".repeat(200) }));
  await recorder.flush({ timeoutMs: 20_000 });
  const [found] = await recorded();
  t.true(Buffer.byteLength(found?.note ?? "") <= 1024);
  t.regex(found?.note ?? "", /^(ä€)+ä?…$/);
  t.is(await results("dropped"), 0);
});

test("flushing ends in time, though the API server doesn't answer, and nothing is written after it", async (t) => {
  const server = await FaultServer.start(t);
  const { recorder, event, results } = await setUp(t, {}, server.kubeconfig);
  const held: ServerResponse[] = [];
  server.fault = ({ method }, response) => {
    if (method === "POST") held.push(response);
    return method === "POST";
  };
  for (const note of ["first", "second", "third"]) recorder.record({ ...event(), note });
  await t.notThrowsAsync(recorder.flush({ timeoutMs: 50 }));
  t.is(await results("dropped"), 2);
  await until("it was asked", () => held.length === 1);
  for (const response of held) response.destroy();
  await until("the first to be given up", async () => (await results("dropped")) === 3);
  t.is(held.length, 1);
});

test("a count that is overdue is written at once, and Node has nothing to warn of", async (t) => {
  const time = { now: Date.now() };
  const { recorder, event, results } = await setUp(t, { now: () => time.now });
  const warnings: string[] = [];
  const warned = ({ name }: Error) => warnings.push(name);
  process.on("warning", warned);
  t.teardown(() => void process.off("warning", warned));
  for (let repeat = 0; repeat < 2; repeat++) {
    recorder.record(event());
    await recorder.flush({ timeoutMs: 20_000 });
  }
  time.now += 2 * 60_000;
  recorder.record(event());
  await until("it is written", async () => (await results("merged")) === 2);
  t.deepEqual(warnings, []);
});
