import test from "ava";
import { PassNeeds } from "../../../operator/sync/pass-needs.ts";

function needs(now = 1_000) {
  const clock = { now };
  return { clock, needs: new PassNeeds(() => clock.now) };
}

test("members are read at once, after five seconds and after thirty", (t) => {
  const { clock, needs: all } = needs();
  t.true(all.take("group a 1", new Set(["a"])));
  t.false(all.take("group a 1", new Set(["a"])));
  t.deepEqual(all.due(), new Set(["a"]));
  t.deepEqual(all.passed(new Set(["a"]), 1_000), []);
  t.is(all.due(), undefined);
  t.is(all.dueMs(), 5_000);
  clock.now += 5_000;
  t.deepEqual(all.passed(new Set(["a"]), clock.now), []);
  t.is(all.dueMs(), 25_000);
  clock.now += 25_000;
  t.deepEqual(all.passed(new Set(["a"]), clock.now), ["group a 1"]);
  t.is(all.size, 0);
});

test("one pass does for all that it covers, and for nothing that was heard after it began", (t) => {
  const { clock, needs: all } = needs();
  for (let i = 0; i < 1_000; i++) all.take(`person ${i} 1`, "all");
  all.take("group a 1", new Set(["a"]));
  t.is(all.due(), "all");
  clock.now += 40_000;
  all.take("group b 1", new Set(["b"]));
  t.is(all.passed("all", 32_000).length, 1_001);
  t.deepEqual(all.due(), new Set(["b"]));
  t.deepEqual(all.passed(new Set(["a"]), 90_000), [], "it wasn't about this one");
});

test("a pass of some groups does nothing for who asked for everything", (t) => {
  const { needs: all } = needs();
  all.take("everything 1", "all");
  all.passed(new Set(["a"]), 40_000);
  t.is(all.due(), "all");
  all.take("group a 1", new Set(["a"]));
  all.keep(new Set(["group a 1"]));
  t.deepEqual(all.due(), new Set(["a"]));
  all.keep(new Set());
  t.is(all.due(), undefined);
  t.is(all.dueMs(), undefined);
});

test("of several the next one is waited for, and that is never in the past", (t) => {
  const { clock, needs: all } = needs(100_000);
  all.take("group a 1", new Set(["a"]));
  t.deepEqual(all.passed(new Set(["a"]), clock.now), []);
  clock.now += 4_000;
  all.take("group b 1", new Set(["b"]));
  t.deepEqual(all.passed(new Set(["b"]), clock.now), []);
  t.is(all.dueMs(), 1_000);
  t.is(all.due(), undefined);
  clock.now += 60_000;
  t.is(all.dueMs(), 0);
  t.deepEqual(all.due(), new Set(["a", "b"]));
});

test("by the clock that everybody has, what is heard now is due now", (t) => {
  const all = new PassNeeds();
  all.take("everything 1", "all");
  t.is(all.dueMs(), 0);
  t.is(all.due(), "all");
});

test("a group that isn't to be read yet is needed all the same, and nothing else waits for it", (t) => {
  const { clock, needs: all } = needs();
  const held = new Set(["a"]);
  all.take("group a 1", new Set(["a"]));
  t.deepEqual([all.due(held), all.dueMs(held)], [undefined, undefined]);
  all.take("group b 1", new Set(["b"]));
  t.deepEqual([all.due(held), all.dueMs(held)], [new Set(["b"]), 0]);
  all.take("everything 1", "all");
  t.is(all.due(held), "all");
  clock.now += 40_000;
  t.deepEqual(all.passed("all", clock.now, held), ["group b 1", "everything 1"], "it could not be read");
  t.deepEqual([all.due(held), all.dueAgain(), all.due()], [undefined, [], held]);
  t.deepEqual(all.passed(held, clock.now, held), []);
  t.deepEqual(all.passed(held, clock.now), ["group a 1"]);
});
