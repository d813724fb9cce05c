import test from "ava";
import fc from "fast-check";
import { FairLine } from "../../../kubernetes/controller/fair-line.ts";

function taken(line: FairLine): (string | undefined)[] {
  return Array.from({ length: line.length + 1 }, () => line.take()?.key);
}

test("namespaces take turns, each with its own in the order in which they came", (t) => {
  const line = new FairLine();
  for (const key of ["a/1", "a/2", "a/3", "b/1", "c/1", "b/2", "a/1"]) line.add(key);
  t.is(line.length, 6);
  t.deepEqual(taken(line), ["a/1", "b/1", "c/1", "a/2", "b/2", "a/3", undefined]);
  t.is(line.length, 0);
  line.add("a/1");
  t.deepEqual(taken(line), ["a/1", undefined], "it goes on after it was empty");
});

test("what is cleared doesn't come, and what is added afterwards does", (t) => {
  const line = new FairLine();
  for (const key of ["a/1", "b/1", "b/2"]) line.add(key);
  line.take();
  line.clear();
  t.is(line.length, 0);
  t.is(line.take(), undefined);
  for (const key of ["c/1", "b/2"]) line.add(key);
  t.deepEqual(taken(line), ["c/1", "b/2", undefined]);
});

test("a namespace that may have no turn is passed over, and its own come in their order when it may", (t) => {
  const line = new FairLine();
  for (const key of ["a/1", "b/1", "a/2", "c/1", "b/2", "a/1"]) line.add(key);
  const onlyB = (namespace: string) => namespace === "b";
  const take = () => line.take(onlyB)?.key;
  t.deepEqual([take(), take(), take(), take()], ["b/1", "b/2", undefined, undefined]);
  t.is(line.length, 3, "those who are passed over wait, too");
  line.add("b/3");
  line.add("a/3");
  t.is(take(), "b/3");
  t.deepEqual(taken(line), ["c/1", "a/1", "a/2", "a/3", undefined]);
  line.add("a/4");
  t.is(
    line.take(() => false),
    undefined,
  );
  t.is(line.take()?.key, "a/4");
});

test("law: every key comes once, and nobody waits for more than one of each other namespace", (t) => {
  const key = fc.tuple(fc.constantFrom("a", "b", "c"), fc.nat({ max: 5 })).map(([ns, i]) => `${ns}/${i}`);
  const step = fc.oneof(
    { weight: 3, arbitrary: key },
    { weight: 2, arbitrary: fc.constant("take" as const) },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60, size: "max" }), (steps) => {
      const line = new FairLine();
      const waiting = new Set<string>();
      /** By namespace, who else has had a turn since one of it waits. */
      const since = new Map<string, string[]>();
      const take = () => {
        const before = performance.now();
        const got = line.take();
        t.is(got === undefined, waiting.size === 0);
        if (!got) return;
        const namespace = got.key.slice(0, 1);
        const first = [...waiting].find((each) => each.startsWith(namespace));
        t.is(got.key, first ?? "", "the one that came first");
        t.true(got.since <= before);
        waiting.delete(got.key);
        since.delete(namespace);
        if ([...waiting].some((each) => each.startsWith(namespace))) since.set(namespace, []);
        for (const [other, turns] of since) {
          if (other === namespace) continue;
          turns.push(namespace);
          t.is(new Set(turns).size, turns.length, "nobody had two turns meanwhile");
        }
      };
      for (const step of steps) {
        if (step === "take") take();
        else {
          line.add(step);
          waiting.add(step);
          const namespace = step.slice(0, 1);
          if (!since.has(namespace)) since.set(namespace, []);
        }
        t.is(line.length, waiting.size);
      }
      while (waiting.size > 0) take();
      take();
    }),
    { numRuns: 300 },
  );
});
