import test from "ava";
import { CallLine, type WaitingCall } from "../../../kubernetes/client/call-line.ts";
import { ConnectionError } from "../../../kubernetes/index.ts";
import { fakeClock } from "../fake-clock.ts";

const { pass } = fakeClock(test);

/** Calls under way, by name; each is answered when the test says so. */
function scene(places: number) {
  const line = new CallLine(places);
  const sent: string[] = [];
  const open = new Map<string, PromiseWithResolvers<string>>();
  return {
    /** What has been sent since it was asked last, with the time that it was left. */
    sent: async () => {
      await pass(0);
      return sent.splice(0);
    },
    call: (tenant: string | undefined, name: string, options: Partial<WaitingCall> = {}) => {
      const call = { method: "PATCH", path: `/x/${name}`, tenant, timeoutMs: 15_000, signal: undefined };
      const answer = line.run({ ...call, ...options }, (leftMs) => {
        sent.push(leftMs === 15_000 ? name : `${name} ${leftMs}`);
        const answering = Promise.withResolvers<string>();
        open.set(name, answering);
        return answering.promise;
      });
      answer.catch(() => {}); // looked at later
      return answer;
    },
    answer: (name: string) => open.get(name)?.resolve(name),
    fail: (name: string) => open.get(name)?.reject(new Error(name)),
  };
}

test.serial(
  "calls for one namespace that aren't answered leave places to others, and to the program's own",
  async (t) => {
    const { call, sent } = scene(4);
    for (const name of ["a1", "a2", "a3", "a4"]) void call("a", name);
    t.deepEqual(await sent(), ["a1", "a2"]);
    void call("b", "b1");
    void call("b", "b2");
    t.deepEqual(await sent(), ["b1"]);
    void call("c", "c1");
    void call("d", "d1");
    t.deepEqual(await sent(), ["c1"]);
    for (const name of ["own1", "own2"]) void call(undefined, name);
    t.deepEqual(await sent(), ["own1", "own2"]);
  },
);

test.serial("who waits comes in its order when there is a place, and namespaces take turns", async (t) => {
  const { call, sent, answer, fail } = scene(4);
  const [first, second] = [call("a", "a1"), call("a", "a2")];
  for (const name of ["a3", "a4"]) void call("a", name);
  void call("b", "b1");
  void call("c", "c1");
  void call("b", "b2");
  void call("d", "d1");
  void call("d", "d2");
  t.deepEqual(await sent(), ["a1", "a2", "b1", "c1"]);
  await pass(1_000);
  fail("a1");
  t.deepEqual(await sent(), ["d1 14000"], "who has none before who has some");
  answer("a2");
  t.deepEqual(await sent(), ["a3 14000"]);
  answer("b1");
  t.deepEqual(await sent(), ["b2 14000"]);
  answer("c1");
  answer("d1");
  answer("b2");
  t.deepEqual(await sent(), ["d2 14000", "a4 14000"]);
  await t.throwsAsync(first, { message: "a1" });
  t.is(await second, "a2");
});

test.serial("one that leaves lets in as many as there are places for", async (t) => {
  const { call, sent, answer } = scene(6);
  for (const name of ["a1", "a2", "a3", "a4"]) void call("a", name);
  for (const name of ["b1", "b2", "b3"]) void call("b", name);
  t.deepEqual(await sent(), ["a1", "a2", "a3", "b1", "b2"]);
  answer("a1");
  t.deepEqual(await sent(), [], "two each, and two are left: nobody has a third");
  answer("b1");
  t.deepEqual(await sent(), ["a4", "b3"], "in turns");
});

test.serial("who waits too long wasn't sent, and its place in the line is another's", async (t) => {
  const { call, sent, answer } = scene(2);
  void call("a", "a1", { timeoutMs: 60_000 });
  const late = call("a", "a2", { timeoutMs: 5_000 });
  void call("a", "a3");
  await pass(4_999);
  t.deepEqual(await sent(), ["a1 60000"]);
  await pass(1);
  const error = await t.throwsAsync(late, {
    instanceOf: ConnectionError,
    message: "PATCH /x/a2: no answer from the API server: other calls for a took its connections for 5000 ms",
  });
  t.false(error instanceof ConnectionError && error.sent);
  await pass(1_000);
  answer("a1");
  t.deepEqual(await sent(), ["a3 9000"]);
  answer("a3");
  void call("a", "a4");
  t.deepEqual(await sent(), ["a4"], "nobody waits any more");
});

test.serial("whose turn has come isn't given up any more, nor is who waits behind them", async (t) => {
  const { call, sent, answer } = scene(2);
  void call("a", "a1");
  void call("a", "a2", { timeoutMs: 5_000 });
  answer("a1");
  t.deepEqual(await sent(), ["a1", "a2 5000"]);
  void call("a", "a3", { timeoutMs: 60_000 });
  await pass(5_000);
  answer("a2");
  t.deepEqual(await sent(), ["a3 55000"]);
});

test.serial("who gives up doesn't wait, and isn't sent", async (t) => {
  const { call, sent, answer } = scene(2);
  const [giveUp, later] = [new AbortController(), new AbortController()];
  void call("a", "a1");
  const given = call("a", "a2", { signal: giveUp.signal });
  void call("a", "a3", { signal: later.signal });
  const before = call("a", "a4", { signal: AbortSignal.abort(new Error("before")) });
  await t.throwsAsync(before, { message: "before" });
  giveUp.abort(new Error("no more"));
  await t.throwsAsync(given, { message: "no more" });
  answer("a1");
  t.deepEqual(await sent(), ["a1", "a3"]);
  later.abort(new Error("too late"));
  answer("a3");
  await pass(20_000);
  void call("a", "a5");
  t.deepEqual(await sent(), ["a5"]);
});
