import test from "ava";
import { Coalescer } from "../../../kubernetes/index.ts";
import { until } from "../until.ts";

test("what is reported last is written in the end, also when writing fails for a while", async (t) => {
  const written: string[] = [];
  let failuresLeft = 5;
  const coalescer = new Coalescer<string>({
    write: async (key, latest) => {
      if (failuresLeft-- > 0) throw new Error("not now");
      written.push(`${key}=${latest}`);
    },
    intervalMs: 10,
    concurrency: 2,
    onFailure: () => {},
  });
  for (const key of ["a", "b", "c"]) for (const value of ["1", "2", "3"]) coalescer.report(key, value);
  await until("the last of each is written", () =>
    ["a=3", "b=3", "c=3"].every((line) => written.includes(line)),
  );
  await coalescer.flush();
  t.false(
    written.some((line) => line.endsWith("=2")),
    "what was overtaken isn't written",
  );
});

test("however many things of one namespace are to be written, the first of another is among the next", async (t) => {
  const written: string[] = [];
  const coalescer = new Coalescer<string>({
    write: async (key) => {
      written.push(key);
    },
    intervalMs: 3_600_000,
    concurrency: 1,
    onFailure: () => {},
  });
  for (let index = 0; index < 1_000; index++) coalescer.report(`a/${index}`, "x");
  coalescer.report("b/0", "x");
  await coalescer.flush();
  t.true(written.indexOf("b/0") <= 2, `${written.indexOf("b/0")}`);
  t.is(written.length, 1_001);
});

test("a flush writes what is resting, and ends also when a write fails", async (t) => {
  const written: string[] = [];
  const failures: string[] = [];
  const coalescer = new Coalescer<string>({
    write: async (key, latest) => {
      if (key === "broken") throw new Error("never");
      written.push(latest);
    },
    intervalMs: 3_600_000,
    concurrency: 1,
    onFailure: (key) => failures.push(key),
  });
  coalescer.report("a", "first");
  coalescer.report("broken", "x");
  coalescer.report("a", "second");
  coalescer.report("a", "third");
  await coalescer.flush();
  t.deepEqual(written, ["first", "third"]);
  t.true(failures.length > 0);
  await coalescer.flush();
});
