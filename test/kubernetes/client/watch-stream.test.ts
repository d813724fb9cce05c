import { getEventListeners } from "node:events";
import test from "ava";
import { ApiError, ConnectionError, GoneError } from "../../../kubernetes/client/errors.ts";
import type { KubernetesObject } from "../../../kubernetes/client/object.ts";
import { type WatchEvent, type WatchRequest, WatchStream } from "../../../kubernetes/client/watch-stream.ts";
import { activeTimers } from "../active-timers.ts";
import { ScriptedDispatcher } from "../scripted-dispatcher.ts";

function open(more: Partial<WatchRequest> = {}) {
  const dispatcher = new ScriptedDispatcher();
  const stream = new WatchStream<KubernetesObject>(dispatcher, {
    origin: "https://127.0.0.1:9",
    path: "/api/v1/boxes?watch=true",
    headers: ["a", "b"],
    openTimeoutMs: 60_000,
    timeoutMs: 60_000,
    signal: undefined,
    ...more,
  });
  return { dispatcher, stream };
}

/** All that it tells until it ends. */
async function read(stream: AsyncIterable<WatchEvent<KubernetesObject>>) {
  const events = [];
  for await (const event of stream) events.push(event);
  return events;
}

const line = (type: string, name: string, more: object = {}) =>
  `${JSON.stringify({ type, object: { metadata: { name, ...more } } })}\n`;

test("a watch tells each event, however it is cut, and ends when the server ends it", async (t) => {
  const { dispatcher, stream } = open();
  t.deepEqual(dispatcher.last.options, {
    method: "GET",
    origin: "https://127.0.0.1:9",
    path: "/api/v1/boxes?watch=true",
    headers: ["a", "b"],
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  const reading = read(stream);
  dispatcher.last.sends().begins(200);
  await stream.opened;
  t.is(dispatcher.last.aborted, undefined);
  const ends = { "k8s.io/initial-events-end": "true" };
  const text = [
    line("ADDED", "a"),
    line("MODIFIED", "a"),
    line("DELETED", "a"),
    line("BOOKMARK", "", { resourceVersion: "7" }),
    line("BOOKMARK", "", { resourceVersion: "8", annotations: { other: "true" } }),
    line("BOOKMARK", "", { resourceVersion: "9", annotations: ends }),
  ].join("");
  for (const piece of text.match(/.{1,20}|\n/gs) ?? []) {
    dispatcher.last.brings(piece);
    await new Promise(setImmediate); // the reader comes in between
  }
  dispatcher.last.ends();
  const object = { metadata: { name: "a" } };
  t.deepEqual(await reading, [
    { type: "ADDED", object },
    { type: "MODIFIED", object },
    { type: "DELETED", object },
    { type: "BOOKMARK", resourceVersion: "7" },
    { type: "BOOKMARK", resourceVersion: "8" },
    { type: "BOOKMARK", resourceVersion: "9", listed: true },
  ]);
});

test("what came before it ended or failed is told first", async (t) => {
  const { dispatcher, stream } = open();
  dispatcher.last.sends().begins(200).brings(line("ADDED", "a")).ends();
  t.is((await read(stream)).length, 1);

  const broken = open();
  broken.dispatcher.last.sends().begins(200).brings(line("ADDED", "a")).breaks(new Error("cut"));
  const iterator = broken.stream[Symbol.asyncIterator]();
  t.like(await iterator.next(), { value: { type: "ADDED" } });
  t.like(await t.throwsAsync(iterator.next(), { instanceOf: ConnectionError }), {
    message: "GET /api/v1/boxes: no answer from the API server: cut",
    sent: true,
  });
});

test("what isn't an event ends it, with a word on what it was", async (t) => {
  const table: [text: string, message: RegExp][] = [
    ["<html>\n", /JSON/],
    ["[]\n", /isn't a watch event/],
    ["7\n", /isn't a watch event/],
    ["null\n", /isn't a watch event/],
    ['{"type":7,"object":{}}\n', /isn't a watch event/],
    ['{"type":"ADDED"}\n', /isn't a watch event/],
    ['{"type":"ADDED","object":null}\n', /an event without an object/],
    ['{"type":"DELETED","object":{}}\n', /an event without an object/],
    ['{"type":"BOOKMARK","object":{}}\n', /a bookmark without a resourceVersion/],
    ['{"type":"BOOKMARK","object":{"metadata":{}}}\n', /a bookmark without a resourceVersion/],
    [`{"type":"${"X".repeat(50)}","object":{}}\n`, new RegExp(`unknown type "${"X".repeat(40)}"$`)],
  ];
  for (const [text, message] of table) {
    const { dispatcher, stream } = open();
    dispatcher.last.sends().begins(200).brings(text);
    await t.throwsAsync(read(stream), { instanceOf: ConnectionError, message }, text);
    t.truthy(dispatcher.last.aborted);
    // What comes all the same isn't read.
    dispatcher.last.brings(line("ADDED", "a"));
    await t.throwsAsync(read(stream), { message });
  }
  const half = open();
  half.dispatcher.last.sends().begins(200).brings('{"type":"ADDED","obj').ends();
  await t.throwsAsync(read(half.stream), { message: /in the middle of an event/ });
});

test("an ERROR event is an error of the API server", async (t) => {
  const said = async (object: unknown) => {
    const { dispatcher, stream } = open();
    dispatcher.last
      .sends()
      .begins(200)
      .brings(`${JSON.stringify({ type: "ERROR", object })}\n`);
    return t.throwsAsync(read(stream), { instanceOf: ApiError });
  };
  const gone = await said({ code: 410, reason: "Expired", message: "too old" });
  t.true(gone instanceof GoneError);
  t.is(gone?.message, "WATCH /api/v1/boxes: 410 Expired: too old");
  for (const odd of [null, "x", {}, { code: "410" }]) t.is((await said(odd))?.status, 500);
});

test("a watch that is refused fails with what the server says, and how long to wait", async (t) => {
  const { dispatcher, stream } = open();
  const body = JSON.stringify({ reason: "Forbidden", message: "no right" });
  dispatcher.last.sends().begins(403, { "retry-after": "3" });
  dispatcher.last.brings(body.slice(0, 9)).brings(body.slice(9)).ends();
  const expected = {
    name: "ForbiddenError",
    message: "WATCH /api/v1/boxes: 403 Forbidden: no right",
    retryAfterMs: 3_000,
  };
  t.like(await t.throwsAsync(stream.opened), expected);
  t.like(await t.throwsAsync(read(stream)), expected);

  const longest = open();
  const text = JSON.stringify({ message: "" });
  const message = "x".repeat(2 ** 20 - text.length);
  longest.dispatcher.last.sends().begins(500).brings(JSON.stringify({ message })).ends();
  t.regex((await t.throwsAsync(longest.stream.opened))?.message ?? "", /500 Unknown: xxx/);

  const endless = open();
  endless.dispatcher.last
    .sends()
    .begins(500)
    .brings('{"message":"')
    .brings("x".repeat(2 ** 20))
    .brings('"}')
    .ends();
  t.is((await t.throwsAsync(endless.stream.opened))?.message, "WATCH /api/v1/boxes: 500 Unknown");
});

test("a watch that is closed from this side ends without an error, before it is opened as well", async (t) => {
  const { dispatcher, stream } = open();
  dispatcher.last.sends().begins(200);
  const reading = read(stream);
  stream.close();
  t.deepEqual(await reading, []);
  t.is(dispatcher.last.aborted?.message, "watch closed");

  const unsent = open();
  unsent.stream.close();
  await unsent.stream.opened;
  t.deepEqual(await read(unsent.stream), []);
  unsent.dispatcher.last.sends();
  t.is(unsent.dispatcher.last.aborted?.message, "watch closed");

  const left = open();
  left.dispatcher.last.sends().begins(200).brings(line("ADDED", "a"));
  for await (const _ of left.stream) break;
  t.truthy(left.dispatcher.last.aborted, "by who stops reading");
});

test("an abort ends it with the signal's reason", async (t) => {
  const reason = new Error("stopped");
  const before = open({ signal: AbortSignal.abort(reason) });
  await t.throwsAsync(before.stream.opened, { is: reason });
  t.deepEqual(before.dispatcher.exchanges, []);

  const abort = new AbortController();
  const { dispatcher, stream } = open({ signal: abort.signal });
  dispatcher.last.sends().begins(200);
  const reading = read(stream);
  abort.abort(reason);
  await t.throwsAsync(reading, { is: reason });
  t.truthy(dispatcher.last.aborted);
});

test("a connection that is given up ends it with the cause, opened or not", async (t) => {
  for (const isOpened of [true, false]) {
    const broken = new AbortController();
    const { dispatcher, stream } = open({ broken: broken.signal });
    dispatcher.last.sends();
    if (isOpened) dispatcher.last.begins(200);
    const reading = read(stream);
    const cause = new Error("the server goes away");
    broken.abort(cause);
    const error = await t.throwsAsync(reading, { instanceOf: ConnectionError, message: /goes away$/ });
    t.is(error?.cause, cause);
    t.truthy(dispatcher.last.aborted);
  }
});

test("one that isn't opened in time, or doesn't end in time, fails", async (t) => {
  const unopened = open({ openTimeoutMs: 1 });
  await t.throwsAsync(unopened.stream.opened, { message: /the watch wasn't opened in time$/ });
  const unended = open({ timeoutMs: 1 });
  unended.dispatcher.last.sends().begins(200);
  await t.throwsAsync(read(unended.stream), { message: /the watch wasn't ended in time$/ });
});

test("an answer that was there in time, and waited to be read, opens it", async (t) => {
  const { dispatcher, stream } = open({ openTimeoutMs: 1 });
  const { last } = dispatcher;
  last.sends();
  // When this process was blocked, timers come first, then what was received, then what was put off for a turn.
  await new Promise<void>((resolve) => {
    setTimeout(() => {
      last.begins(200);
      resolve();
    }, 1);
    const until = performance.now() + 5;
    while (performance.now() < until);
  });
  await t.notThrowsAsync(stream.opened);
  stream.close();
});

test("when it is over nothing is left of it, neither a timer nor at a signal that lives on", (t) => {
  const { signal } = new AbortController();
  const { signal: broken } = new AbortController();
  const timers = activeTimers();
  const { dispatcher, stream } = open({ signal, broken });
  t.is(activeTimers(), timers + 1);
  dispatcher.last.sends().begins(200);
  t.is(activeTimers(), timers + 1, "one for its whole time instead of the one for its opening");
  for (const each of [signal, broken]) t.is(getEventListeners(each, "abort").length, 1);
  stream.close();
  t.is(activeTimers(), timers);
  for (const each of [signal, broken]) t.is(getEventListeners(each, "abort").length, 0);
});

test("with a thousand events unread the server is made to wait, until they are", async (t) => {
  const { dispatcher, stream } = open();
  dispatcher.last.sends().begins(200).brings(line("ADDED", "a").repeat(1_000));
  t.false(dispatcher.last.paused);
  dispatcher.last.brings(line("ADDED", "a"));
  t.true(dispatcher.last.paused);
  const iterator = stream[Symbol.asyncIterator]();
  await iterator.next();
  t.false(dispatcher.last.paused);
  dispatcher.last.ends();
  let count = 1;
  while (!(await iterator.next()).done) count++;
  t.is(count, 1_001);
});
