import test from "ava";
import { agrees, isBelieved, LAG_MS, nextLook } from "../../../operator/sync/looks.ts";
import { PersonLooks } from "../../../operator/sync/person-looks.ts";

const isActive = (status: string): boolean => status === "ACTIVE";
const seen = (status: string, ...ids: string[]) => ({ user: { id: "00u1", status }, groupIDs: new Set(ids) });

test("what an event said is compared group by group, and what it didn't say is anything", (t) => {
  t.true(agrees({}, seen("ACTIVE"), isActive));
  t.true(agrees({ left: ["00g1"] }, seen("ACTIVE", "00g2"), isActive));
  t.false(agrees({ left: ["00g1"] }, seen("ACTIVE", "00g1"), isActive));
  t.false(agrees({ joined: ["00g1", "00g2"] }, seen("ACTIVE", "00g1"), isActive));
  t.false(agrees({ active: false }, seen("ACTIVE"), isActive));
  t.true(agrees({ active: false, left: ["00g1"] }, seen("SUSPENDED"), isActive));
});

test("an answer that contradicts the event isn't believed, until Okta can't be behind any more", (t) => {
  t.false(isBelieved(0, false));
  t.false(isBelieved(29_999, false));
  t.true(isBelieved(LAG_MS, false));
  t.true(isBelieved(0, true));
});

test("while Okta is behind it is asked twice a second, then each second; once it agrees, twice more", (t) => {
  const times = (agreesAt: number): number[] => {
    const all = [0];
    for (let next = nextLook(0, agreesAt <= 0); next !== undefined; next = nextLook(next, next >= agreesAt))
      all.push(next);
    return all.map((ms) => ms / 1000);
  };
  t.deepEqual(times(0), [0, 5, 30]);
  t.deepEqual(times(3_000), [0, 0.5, 1, 1.5, 2, 2.5, 3, 5, 30]);
  t.deepEqual(times(7_000), [0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 30]);
  t.deepEqual(times(Number.POSITIVE_INFINITY).slice(11), [6, 7, 8, 9, 10, 12, 15, 20, 25, 30]);
});

function looks() {
  const clock = { now: 1_000 };
  const person = (id: string, heardTime = "1") => ({ id, heardTime, eventTime: "2026-11-26T12:00:00Z" });
  const all = new PersonLooks(() => clock.now);
  const due = () => [...all.due()].map(({ hint, lookedAt }) => ({ hint, lookedAt }));
  return { clock, all, person, due };
}
const agreed = { kind: "seen", agrees: true, changed: true, groupIDs: new Set<string>() } as const;

test("somebody is looked at at once, after five seconds and after thirty, and is then done", (t) => {
  const { clock, all, person, due } = looks();
  all.take(person("ada"));
  all.take(person("ada"));
  t.is(all.size, 1);
  for (const [at, done] of [
    [0, false],
    [5_000, false],
    [30_000, true],
  ] as const) {
    clock.now = 1_000 + at;
    t.is(all.dueMs(), 0);
    const [look] = due();
    t.is(look?.lookedAt, at);
    t.is(all.ended(person("ada"), at, agreed), done);
  }
  t.is(all.size, 0);
  t.is(all.dueMs(), undefined);
});

test("what is heard of somebody while they are being looked at begins anew", (t) => {
  const { clock, all, person, due } = looks();
  all.take(person("ada"));
  due();
  clock.now += 100;
  all.take(person("ada", "2"));
  t.deepEqual(due(), [], "nobody is looked at twice at once");
  t.false(all.ended(person("ada"), 0, agreed), "it is about what was heard before");
  t.deepEqual(due(), [{ hint: person("ada", "2"), lookedAt: 0 }]);
});

test("where Okta can't be asked, it is asked later and nothing is done; where somebody was faster, at once", (t) => {
  const { clock, all, person, due } = looks();
  all.take(person("ada"));
  due();
  t.false(all.ended(person("ada"), 0, { kind: "failed", error: new Error("no") }));
  t.true((all.dueMs() ?? 0) > 0);
  clock.now += 60_000;
  t.is(due().length, 1);
  t.false(all.ended(person("ada"), 60_000, { kind: "overtaken" }));
  t.is(all.dueMs(), 0);
});

test("whom nobody knows is done at once; whom somebody has taken out is forgotten", (t) => {
  const { all, person, due } = looks();
  all.take(person("ada"));
  all.take(person("bob"));
  due();
  t.true(all.ended(person("ada"), 0, { kind: "nobody" }));
  all.keep(new Set());
  t.is(all.size, 0);
  t.false(all.ended(person("bob"), 0, agreed));
});

test("so many are looked at at once, and the others when these are done", (t) => {
  const { all, person, due } = looks();
  for (let i = 0; i < 20; i++) all.take(person(`p${i}`));
  const first = due();
  t.is(first.length, 8);
  t.is(all.dueMs(), undefined);
  t.deepEqual(due(), []);
  all.ended(person("p0"), 0, { kind: "nobody" });
  t.is(due().length, 1);
});
