import test from "ava";
import { BoundedLines } from "../../../kubernetes/controller/bounded-lines.ts";

/** Adds "a1", "b1", ... each to the line of its letter. Returns what there was no room for. */
function addAll(lines: BoundedLines<string>, all: string[]): (string | undefined)[] {
  return all.map((each) => lines.add(each.slice(0, 1), each));
}

function taken(lines: BoundedLines<string>): (string | undefined)[] {
  return Array.from({ length: lines.length + 1 }, () => lines.take());
}

test("namespaces take turns, each with its own in the order in which they came", (t) => {
  const lines = new BoundedLines<string>(10);
  addAll(lines, ["a1", "a2", "a3", "b1", "c1", "b2"]);
  t.is(lines.length, 6);
  t.deepEqual(taken(lines), ["a1", "b1", "c1", "a2", "b2", "a3", undefined]);
  t.is(lines.length, 0);
  addAll(lines, ["a1"]);
  t.deepEqual(taken(lines), ["a1", undefined], "it goes on after it was empty");
});

test("when it is full, the longest line loses its last; who comes to one that is as long isn't let in", (t) => {
  const lines = new BoundedLines<string>(4);
  t.deepEqual(addAll(lines, ["a1", "a2", "a3", "a4"]), [undefined, undefined, undefined, undefined]);
  t.deepEqual(addAll(lines, ["a5", "b1", "b2"]), ["a5", "a4", "a3"]);
  t.deepEqual(addAll(lines, ["a6", "b3", "c1", "d1", "e1"]), ["a6", "b3", "a2", "b2", "e1"]);
  t.deepEqual(taken(lines), ["a1", "b1", "c1", "d1", undefined]);
});

test("what is cleared doesn't come, and there is room again", (t) => {
  const lines = new BoundedLines<string>(3);
  addAll(lines, ["a1", "a2", "b1"]);
  t.deepEqual(lines.clear(), ["a1", "a2", "b1"]);
  t.deepEqual(taken(lines), [undefined]);
  t.deepEqual(addAll(lines, ["b2", "b3", "b4", "b5"]), [undefined, undefined, undefined, "b5"]);
  t.deepEqual(taken(lines), ["b2", "b3", "b4", undefined]);
});
