import test from "ava";
import { NamespaceTurns } from "../../operator/namespace-turns.ts";

/** Work that goes on until it is told to end, in the order in which it was let through. */
function scene() {
  const turns = new NamespaceTurns({ atOnce: 2, inVainAtOnce: 1 });
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const run = (namespace: string, name: string, inVain = false) =>
    turns.run(
      namespace,
      () => {
        begun.push(name);
        return new Promise<void>((end) => ends.set(name, end));
      },
      { inVain },
    );
  const end = async (name: string) => {
    ends.get(name)?.();
    await new Promise(setImmediate);
  };
  return { begun, run, end };
}

test("whoever waits does so behind their own namespace, in order, and behind no other", async (t) => {
  const { begun, run, end } = scene();
  for (const name of ["a1", "a2", "a3", "a4"]) void run("a", name);
  void run("b", "b1");
  t.deepEqual(begun, ["a1", "a2", "b1"]);
  await end("a2");
  t.deepEqual(begun, ["a1", "a2", "b1", "a3"]);
  await end("a1");
  await end("a3");
  t.deepEqual(begun, ["a1", "a2", "b1", "a3", "a4"]);
});

test("those who were in vain before wait behind each other, and nobody else behind them", async (t) => {
  const { begun, run, end } = scene();
  for (const name of ["dead1", "dead2", "dead3"]) void run("a", name, true);
  void run("a", "new");
  t.deepEqual(begun, ["dead1", "new"]);
  await end("dead1");
  t.deepEqual(begun, ["dead1", "new", "dead2"]);
});

test("when one of them has left, the other still takes a place", async (t) => {
  const { begun, run, end } = scene();
  for (const name of ["a1", "a2"]) void run("a", name);
  await end("a1");
  for (const name of ["a3", "a4"]) void run("a", name);
  t.deepEqual(begun, ["a1", "a2", "a3"]);
});

test("work that fails gives its place to the next", async (t) => {
  const turns = new NamespaceTurns({ atOnce: 1 });
  const failing = turns.run("a", () => Promise.reject(new Error("no")), { inVain: false });
  const next = turns.run("a", () => Promise.resolve(), { inVain: false });
  await t.throwsAsync(failing, { message: "no" });
  await t.notThrowsAsync(next);
});
