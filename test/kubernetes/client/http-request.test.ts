import { getEventListeners } from "node:events";
import test from "ava";
import { Dispatcher } from "undici";
import { ApiError, ConnectionError } from "../../../kubernetes/client/errors.ts";
import {
  asError,
  connectionError,
  type HttpRequest,
  parseRetryAfter,
  sendRequest,
  subjectOf,
} from "../../../kubernetes/client/http-request.ts";
import { activeTimers } from "../active-timers.ts";
import { ScriptedDispatcher } from "../scripted-dispatcher.ts";

const request: HttpRequest = {
  method: "GET",
  origin: "https://127.0.0.1:9",
  path: "/api?limit=1",
  headers: ["a", "b"],
  body: undefined,
  timeoutMs: 60_000,
  maxBytes: 10,
  signal: undefined,
};

function send(more: Partial<HttpRequest> = {}) {
  const dispatcher = new ScriptedDispatcher();
  const answer = sendRequest(dispatcher, { ...request, ...more });
  return { dispatcher, answer };
}

test("an answer is its status, its body, in however many pieces it comes, and how long to wait", async (t) => {
  for (const pieces of [[], ["abc"], ["abc", "defghij"], ["a", "", "ä", "c"]]) {
    const { dispatcher, answer } = send();
    dispatcher.last.sends().begins(503, { "retry-after": "2" });
    for (const piece of pieces) dispatcher.last.brings(piece);
    dispatcher.last.ends();
    t.deepEqual(await answer, { status: 503, body: pieces.join(""), retryAfterMs: 2_000 });
    dispatcher.last.breaks(new Error("it is closed"));
    t.is(dispatcher.last.aborted, undefined, "its connection can be used again");
  }
});

test("an answer says what time it is by the server's clock, where it says it in a way that can be read", async (t) => {
  const told = [];
  for (const date of ["Sat, 28 Nov 2026 03:00:01 GMT", "soon", "1.5", undefined]) {
    const { dispatcher, answer } = send();
    dispatcher.last
      .sends()
      .begins(200, date === undefined ? {} : { date })
      .ends();
    told.push((await answer).serverTime);
  }
  t.deepEqual(told, [Date.parse("2026-11-28T03:00:01Z"), undefined, undefined, undefined]);
});

test("what is sent is what was asked for; nobody but the time-out here ends it", async (t) => {
  const { dispatcher, answer } = send({ method: "POST", body: "{}" });
  t.deepEqual(dispatcher.last.options, {
    method: "POST",
    origin: "https://127.0.0.1:9",
    path: "/api?limit=1",
    headers: ["a", "b"],
    body: "{}",
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  dispatcher.last.sends().begins(200).ends();
  t.is((await answer).retryAfterMs, undefined);
  const read = send();
  t.is(read.dispatcher.last.options.body, null);
  read.dispatcher.last.sends().begins(200).ends();
  await read.answer;
});

test("an answer may be as long as is allowed, and no longer", async (t) => {
  const { dispatcher, answer } = send();
  dispatcher.last.sends().begins(200).brings("12345").brings("67890").ends();
  t.is((await answer).body, "1234567890");
  const longer = send();
  longer.dispatcher.last.sends().begins(200).brings("12345").brings("678901");
  const error = await t.throwsAsync(longer.answer, { instanceOf: ApiError });
  t.like(error, { status: 200, message: "GET /api: the answer is longer than 10 bytes" });
  t.truthy(longer.dispatcher.last.aborted, "the rest isn't read");
});

test("without an answer in time it fails, and says whether it was sent", async (t) => {
  const waiting = send({ timeoutMs: 1 });
  const unsent = await t.throwsAsync(waiting.answer, { instanceOf: ConnectionError });
  t.like(unsent, { sent: false, cause: { name: "TimeoutError" } });
  t.regex(unsent?.message ?? "", /^GET \/api: no answer .*: no complete answer within 1 ms$/);
  // A connection that is free only now isn't used for it.
  waiting.dispatcher.last.sends();
  t.regex(waiting.dispatcher.last.aborted?.message ?? "", /given up/);

  const { dispatcher, answer } = send({ timeoutMs: 1 });
  dispatcher.last.sends().begins(200);
  const sent = await t.throwsAsync(answer, { instanceOf: ConnectionError });
  t.is(sent?.sent, true);
  t.is(dispatcher.last.aborted, sent, "the connection isn't kept busy with it");
});

test("an answer that has come while the process was blocked is in time", async (t) => {
  const { dispatcher, answer } = send({ timeoutMs: 1 });
  dispatcher.last.sends();
  setTimeout(() => dispatcher.last.begins(200).brings("{}").ends(), 1);
  const until = performance.now() + 5;
  while (performance.now() < until);
  t.is((await answer).status, 200);
});

test("an abort ends it with the signal's reason, before, while it waits, and while it is answered", async (t) => {
  const reason = new Error("changed my mind");
  const before = send({ signal: AbortSignal.abort(reason) });
  await t.throwsAsync(before.answer, { is: reason });
  t.deepEqual(before.dispatcher.exchanges, []);
  for (const sent of [false, true]) {
    const abort = new AbortController();
    const { dispatcher, answer } = send({ signal: abort.signal });
    if (sent) dispatcher.last.sends().begins(200);
    abort.abort(reason);
    await t.throwsAsync(answer, { is: reason });
    t.is(dispatcher.last.aborted, sent ? reason : undefined);
    dispatcher.last.breaks(reason).ends(); // nobody listens any more
  }
});

test("nothing of a request is left when it is over: not at a signal that lives on, and no timer", async (t) => {
  const { signal } = new AbortController();
  const timers = activeTimers();
  const { dispatcher, answer } = send({ signal });
  t.is(getEventListeners(signal, "abort").length, 1);
  t.is(activeTimers(), timers + 1);
  dispatcher.last.sends().begins(200).ends();
  t.is(activeTimers(), timers);
  t.is(getEventListeners(signal, "abort").length, 0);
  await answer;
});

test("what the guard throws at the moment of sending is the outcome, and nothing is sent", async (t) => {
  const reason = new Error("not the leader");
  let leading = true;
  const { dispatcher, answer } = send({
    guard: () => {
      if (!leading) throw reason;
    },
  });
  leading = false;
  dispatcher.last.sends();
  await t.throwsAsync(answer, { is: reason });
  t.is(dispatcher.last.aborted, reason);
});

test("a connection that can't be made or breaks is said so, with its cause", async (t) => {
  const cause = new Error("refused");
  for (const sent of [false, true]) {
    const { dispatcher, answer } = send();
    if (sent) dispatcher.last.sends();
    dispatcher.last.breaks(cause);
    t.like(await t.throwsAsync(answer, { instanceOf: ConnectionError }), {
      message: "GET /api: no answer from the API server: refused",
      sent,
      cause,
    });
  }
  class Broken extends Dispatcher {
    override dispatch(): boolean {
      throw cause;
    }
  }
  const answer = sendRequest(new Broken(), request);
  t.like(await t.throwsAsync(answer, { instanceOf: ConnectionError }), { sent: false, cause });
});

test("messages name what was asked for without its query, and the cause even where it has no words", (t) => {
  t.is(subjectOf({ method: "GET", path: "/a?b?c" }), "GET /a");
  t.is(subjectOf({ method: "GET", path: "/a" }), "GET /a");
  const silent = new AggregateError([]);
  t.regex(connectionError({ method: "GET", path: "/a" }, silent, false).message, /server: AggregateError$/);
});

test("what is thrown is an Error in the end", (t) => {
  const error = new TypeError("x");
  t.is(asError(error), error);
  t.is(asError("x").message, "x");
});

test("of several Retry-After the first counts; one that is no whole number of seconds or date says nothing", (t) => {
  t.is(parseRetryAfter(["7", "8"]), 7_000);
  t.is(parseRetryAfter([]), undefined);
  for (const odd of ["", "x7", "7x", "-", "1.5", "-1", "1 2", "2026-11-24", "Nov 24 2026"])
    t.is(parseRetryAfter(odd), undefined, odd);
  t.is(parseRetryAfter("120"), 120_000);
});
