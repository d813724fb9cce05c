import test from "ava";
import fc from "fast-check";
import { type Call, type Lane, RateBudget } from "../../../okta/directory/rate-budget.ts";
import type { HttpAnswer } from "../../../okta/http/answer.ts";

const MINUTE = 60_000;
/** When Okta's first window begins, ms since 1970. Our own clock starts at 0. */
const START = 1_800_000_000_000;

/** One bucket of Okta's, which counts what reaches it and tells of its window, and a budget that is told. */
class Scene {
  readonly budget: RateBudget;
  readonly limit: number;
  now = 0;
  /** Calls of ours that Okta has counted, by window. */
  readonly ours: number[] = [];
  readonly all: number[] = [];
  /** Requests that have yet to reach Okta. */
  readonly sent: Call[] = [];
  /** Answers that have yet to reach us. */
  readonly answered: { call: Call; answer: HttpAnswer; window: number }[] = [];
  /** The last window that an answer has told of. */
  #told = -1;

  constructor(limit: number, lane: Lane) {
    this.limit = limit;
    this.budget = new RateBudget({ now: () => this.now, lane });
  }

  /** Takes a call if there is one, and says what it is held for otherwise. */
  take(): "taken" | "window" | "answer" {
    const taken = this.budget.take("groups");
    if ("until" in taken) return taken.until;
    this.sent.push(taken);
    return "taken";
  }

  /** Takes as many as there are. */
  takeAll(): number {
    let count = 0;
    while (this.take() === "taken") count++;
    return count;
  }

  /** Okta counts a call of somebody else's. */
  others(count = 1): void {
    this.all[this.#window] = (this.all[this.#window] ?? 0) + count;
  }

  /** A request reaches Okta. */
  arrive(index = 0): void {
    const [call] = this.sent.splice(index % Math.max(1, this.sent.length), 1);
    if (!call) return;
    this.others();
    this.ours[this.#window] = (this.ours[this.#window] ?? 0) + 1;
    this.answered.push({ call, answer: this.#answer(), window: this.#window });
  }

  /** An answer reaches us, in whatever order. */
  answer(index = 0): void {
    const [first] = this.answered.splice(index % Math.max(1, this.answered.length), 1);
    if (!first) return;
    this.#told = Math.max(this.#told, first.window);
    first.call.ended(first.answer);
  }

  /** An answer gets lost, of a window that is known: nobody can count what is lost before anything is. */
  lose(index = 0): void {
    if (this.#told !== this.#window) return;
    const [first] = this.answered.splice(index % Math.max(1, this.answered.length), 1);
    first?.call.ended(undefined);
  }

  /** Everything that is under way comes to its end. */
  settle(): void {
    while (this.sent.length > 0) this.arrive();
    while (this.answered.length > 0) this.answer();
  }

  get #window(): number {
    return Math.floor(this.now / MINUTE);
  }

  #answer(): HttpAnswer {
    const used = this.all[this.#window] ?? 0;
    return {
      where: "https://acme.okta.com/api/v1/groups",
      status: used > this.limit ? 429 : 200,
      headers: {
        date: new Date(START + this.now).toUTCString(),
        "x-rate-limit-limit": String(this.limit),
        "x-rate-limit-remaining": String(Math.max(0, this.limit - used)),
        "x-rate-limit-reset": String(START / 1000 + (this.#window + 1) * 60),
      },
      body: Buffer.from("[]"),
    };
  }
}

const steps = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.constant((s: Scene) => void s.take()) },
    { weight: 4, arbitrary: fc.nat(9).map((index) => (s: Scene) => s.arrive(index)) },
    { weight: 4, arbitrary: fc.nat(9).map((index) => (s: Scene) => s.answer(index)) },
    { weight: 2, arbitrary: fc.nat(9).map((index) => (s: Scene) => s.lose(index)) },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 5 }).map((count) => (s: Scene) => s.others(count)) },
    {
      weight: 2,
      arbitrary: fc.integer({ min: 0, max: 70_000 }).map((ms) => (s: Scene) => {
        s.now += ms;
      }),
    },
  ),
  { maxLength: 200 },
);

test("whatever happens in whatever order, background reading uses half of a window at the most, and a sweep less", (t) => {
  const lanes = fc.constantFrom(["background", 0.5] as const, ["sweep", 0.4] as const);
  const law = fc.property(lanes, fc.integer({ min: 1, max: 30 }), steps, ([lane, share], limit, taken) => {
    const scene = new Scene(limit, lane);
    for (const step of taken) step(scene);
    scene.settle();
    return scene.ours.every((used) => used <= Math.ceil(limit * share));
  });
  t.notThrows(() => fc.assert(law, { numRuns: 1000 }));
});

test("nobody is held up for good", (t) => {
  const lanes = fc.constantFrom<Lane>("people", "background", "sweep");
  const law = fc.property(lanes, fc.integer({ min: 1, max: 30 }), steps, (lane, limit, taken) => {
    const scene = new Scene(limit, lane);
    for (const step of taken) step(scene);
    scene.settle();
    scene.now += 2 * MINUTE;
    return scene.take() === "taken";
  });
  t.notThrows(() => fc.assert(law, { numRuns: 300 }));
});

test("one call finds out what there is, then half of it is used, in each window anew", (t) => {
  const scene = new Scene(12, "background");
  for (let window = 0; window < 3; window++) {
    t.is(scene.takeAll(), 1, "nothing is known yet");
    scene.settle();
    t.is(scene.takeAll(), 5);
    t.is(scene.take(), "answer", "those under way may leave room");
    scene.settle();
    t.is(scene.take(), "window");
    t.is(scene.ours[window], 6);
    scene.now += MINUTE;
  }
});

test("what reads a lot leaves some of that half", (t) => {
  const scene = new Scene(20, "sweep");
  t.is(scene.takeAll(), 1);
  scene.settle();
  t.is(scene.takeAll(), 7);
  scene.settle();
  t.is(scene.take(), "window");
});

test("people may use the other half, and don't wait to find out", (t) => {
  const scene = new Scene(12, "people");
  scene.others(7);
  t.is(scene.take(), "taken");
  t.is(scene.take(), "taken");
  scene.settle();
  t.is(scene.takeAll(), 3);
  scene.settle();
  t.is(scene.take(), "window", "until Okta itself would refuse");
  scene.now += MINUTE;
  t.is(scene.take(), "taken");
});

test("what others use counts for who has time", (t) => {
  const scene = new Scene(12, "background");
  scene.takeAll();
  scene.others(4);
  scene.settle();
  t.is(scene.takeAll(), 1);
  scene.settle();
  t.is(scene.take(), "window");
});

test("an answer about the last minute says nothing of this one", (t) => {
  const scene = new Scene(12, "background");
  scene.now = MINUTE - 500;
  scene.takeAll();
  scene.settle();
  t.is(scene.takeAll(), 5);
  scene.arrive(); // in the window that is about to end
  scene.now = MINUTE;
  while (scene.sent.length > 0) scene.arrive(); // in the next
  for (let i = 0; i < 4; i++) scene.answer(1);
  scene.answer(0);
  t.is(scene.takeAll(), 2);
});

test("a call whose answer is lost counts", (t) => {
  const scene = new Scene(4, "background");
  scene.takeAll();
  scene.settle();
  t.is(scene.takeAll(), 1);
  scene.arrive();
  scene.lose();
  t.is(scene.take(), "window");
});

test("what is held up by a call under way goes on when its answer comes", async (t) => {
  const { budget } = new Scene(12, "background");
  const call = budget.take("groups");
  const held = budget.take("groups");
  if ("until" in call || !("until" in held) || held.until !== "answer") return t.fail();
  const order: string[] = [];
  const waiting = held.answer.then(() => order.push("goes on"));
  order.push("answer");
  call.ended(undefined);
  await waiting;
  t.deepEqual(order, ["answer", "goes on"]);
});

test("a server that tells nothing of limits is kept to none, once it has answered well", (t) => {
  const { budget } = new Scene(12, "background");
  const ended = (status: number): void => {
    const call = budget.take("groups");
    if ("until" in call) t.fail();
    else call.ended({ where: "", status, headers: {}, body: Buffer.alloc(0) });
  };
  ended(503);
  t.false("until" in budget.take("user"), "another bucket");
  const probe = budget.take("groups");
  t.like(budget.take("groups"), { until: "answer" }, "a failure tells nothing of limits");
  if (!("until" in probe)) probe.ended(undefined);
  ended(200);
  for (let i = 0; i < 5; i++) t.false("until" in budget.take("groups"));
});
