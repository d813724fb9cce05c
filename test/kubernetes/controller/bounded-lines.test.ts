import test from "ava";
import { BoundedLines } from "../../../kubernetes/controller/bounded-lines.ts";
import { fakeClock } from "../fake-clock.ts";

const clock = fakeClock(test);

/** Adds "a1", "b1", ... each to the line of its letter. Returns what there was no room for. */
function addAll(lines: BoundedLines<string>, all: string[]): (string | undefined)[] {
  return all.map((each) => lines.add(each.slice(0, 1), each));
}

/** All that has its turn, one after the other. */
function taken(lines: BoundedLines<string>): (string | undefined)[] {
  return Array.from({ length: lines.length + 1 }, () => {
    const one = lines.take();
    if (one) lines.done(one.slice(0, 1));
    return one;
  });
}

/** Takes what has its turn, and puts it back into its line, which is held. */
function holdNext(lines: BoundedLines<string>, ms: number): void {
  const one = lines.take() ?? "";
  lines.putBack(one.slice(0, 1), one);
  lines.hold(one.slice(0, 1), ms);
}

test.serial("namespaces take turns, each with its own in the order in which they came", (t) => {
  const lines = new BoundedLines<string>(10);
  addAll(lines, ["a1", "a2", "a3", "b1", "c1", "b2"]);
  t.is(lines.length, 6);
  t.deepEqual(taken(lines), ["a1", "b1", "c1", "a2", "b2", "a3", undefined]);
  t.is(lines.length, 0);
  addAll(lines, ["a1"]);
  t.deepEqual(taken(lines), ["a1", undefined], "it goes on after it was empty");
});

test.serial(
  "when it is full, the longest line loses its last; who comes to one that is as long isn't let in",
  (t) => {
    const lines = new BoundedLines<string>(4);
    t.deepEqual(addAll(lines, ["a1", "a2", "a3", "a4"]), [undefined, undefined, undefined, undefined]);
    t.deepEqual(addAll(lines, ["a5", "b1", "b2"]), ["a5", "a4", "a3"]);
    t.deepEqual(addAll(lines, ["a6", "b3", "c1", "d1", "e1"]), ["a6", "b3", "a2", "b2", "e1"]);
    t.deepEqual(taken(lines), ["a1", "b1", "c1", "d1", undefined]);
  },
);

test.serial("what is put back is the first of its line, whose turn is the last of all", (t) => {
  const lines = new BoundedLines<string>(4);
  addAll(lines, ["a1", "a2", "b1", "c1"]);
  t.is(lines.take(), "a1");
  lines.putBack("a", "a1");
  lines.done("a");
  t.is(lines.length, 4);
  t.deepEqual(taken(lines), ["b1", "c1", "a1", "a2", undefined]);
  addAll(lines, ["a1"]);
  t.is(lines.take(), "a1");
  addAll(lines, ["b1", "b2", "b3", "b4"]);
  lines.putBack("a", "a1");
  lines.done("a");
  t.is(lines.length, 5, "there is room for it");
  t.deepEqual(taken(lines), ["b1", "a1", "b2", "b3", "b4", undefined]);
});

test.serial("of each line one is taken at a time; the others go on meanwhile", (t) => {
  let told = 0;
  const lines = new BoundedLines<string>(10, () => told++);
  addAll(lines, ["a1", "a2", "b1", "c1"]);
  t.deepEqual([lines.take(), lines.take()], ["a1", "b1"]);
  addAll(lines, ["a3", "b2"]);
  t.deepEqual([lines.take(), lines.take()], ["c1", undefined]);
  t.is(lines.length, 3);
  t.is(told, 0);
  lines.done("b");
  lines.done("a");
  t.is(told, 2);
  t.deepEqual([lines.take(), lines.take(), lines.take()], ["b2", "a2", undefined]);
  lines.done("b");
  lines.done("c");
  t.is(lines.take(), undefined, "nothing of these waits");
  addAll(lines, ["c2", "b3"]);
  t.deepEqual([lines.take(), lines.take(), lines.take()], ["c2", "b3", undefined]);
});

test.serial(
  "a line that is held lets the others go first until its time has come; then whoever waits for it is told",
  async (t) => {
    let told = 0;
    const lines = new BoundedLines<string>(10, () => told++);
    addAll(lines, ["a1", "b1"]);
    holdNext(lines, 1_000);
    addAll(lines, ["a2"]);
    t.is(lines.length, 3);
    t.is(lines.take(), "b1");
    await clock.pass(900);
    t.is(lines.take(), undefined);
    t.is(told, 0);
    await clock.pass(100);
    t.is(told, 1);
    t.deepEqual(taken(lines), ["a1", "a2", undefined]);
  },
);

test.serial(
  "all holds can be ended before their time, and what is held after that is held for its own time",
  async (t) => {
    const lines = new BoundedLines<string>(10);
    addAll(lines, ["a1", "b1"]);
    for (let i = 0; i < 2; i++) holdNext(lines, 1_000);
    t.is(lines.take(), undefined);
    lines.release();
    holdNext(lines, 2_000);
    t.is(lines.take(), "b1");
    await clock.pass(1_900);
    t.is(lines.take(), undefined);
    await clock.pass(100);
    t.deepEqual(taken(lines), ["a1", undefined]);
  },
);

test.serial("a hold is over with its line", async (t) => {
  const lines = new BoundedLines<string>(10);
  addAll(lines, ["a1"]);
  holdNext(lines, 1_000);
  lines.clear();
  addAll(lines, ["a2", "a3", "a4", "b1", "b2"]);
  await clock.pass(1_000);
  t.deepEqual(taken(lines), ["a2", "b1", "a3", "b2", "a4", undefined]);
});

test.serial("what is cleared doesn't come, and there is room again", (t) => {
  const lines = new BoundedLines<string>(3);
  addAll(lines, ["a1", "a2", "b1"]);
  t.deepEqual(lines.clear(), ["a1", "a2", "b1"]);
  t.deepEqual(taken(lines), [undefined]);
  addAll(lines, ["a3"]);
  t.is(lines.take(), "a3");
  addAll(lines, ["a4"]);
  t.deepEqual(lines.clear(), ["a4"]);
  addAll(lines, ["a5"]);
  t.is(lines.take(), undefined, "what was taken before isn't done");
  lines.done("a");
  t.is(lines.take(), "a5");
  t.deepEqual(addAll(lines, ["b2", "b3", "b4", "b5"]), [undefined, undefined, undefined, "b5"]);
  t.deepEqual(taken(lines), ["b2", "b3", "b4", undefined]);
});
