import test from "ava";
import { DirectoryRateLimitedError } from "../../../okta/directory/directory-errors.ts";
import { PersonLooks } from "../../../operator/sync/person-looks.ts";
import { fakeClock } from "../../kubernetes/fake-clock.ts";

const time = fakeClock(test);

function looks() {
  const clock = { now: 1_000 };
  const person = (id: string, heardTime = "1") => ({ id, heardTime, eventTime: "2026-11-26T12:00:00Z" });
  const all = new PersonLooks(() => clock.now);
  const due = () => [...all.due()].map(({ hint, lookedAt }) => ({ hint, lookedAt }));
  return { clock, all, person, due };
}
const agreed = { kind: "seen", agrees: true, changed: true, groups: [] } as const;
const contradicted = { ...agreed, agrees: false };

test.serial("somebody is looked at at once, after five seconds and after thirty, and is then done", (t) => {
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

test.serial("what is heard of somebody while they are being looked at begins anew", (t) => {
  const { clock, all, person, due } = looks();
  all.take(person("ada"));
  due();
  clock.now += 100;
  all.take(person("ada", "2"));
  t.deepEqual(due(), [], "nobody is looked at twice at once");
  t.false(all.ended(person("ada"), 0, agreed), "it is about what was heard before");
  t.deepEqual(due(), [{ hint: person("ada", "2"), lookedAt: 0 }]);
});

test.serial("what is heard a second time in the same words begins nothing anew", (t) => {
  const { clock, all, person, due } = looks();
  all.take(person("ada"));
  due();
  all.ended(person("ada"), 0, agreed);
  clock.now += 3_000;
  all.take(person("ada"));
  t.is(all.dueMs(), 2_000);
  t.deepEqual(due(), [], "nobody is looked at before it is time");
});

test.serial(
  "while the answer contradicts what was heard it is asked soon; once it was seen, a later one isn't waited for",
  (t) => {
    const { clock, all, person, due } = looks();
    all.take(person("ada"));
    const next = (lookedAt: number, looked: Parameters<typeof all.ended>[2]): number => {
      clock.now = 1_000 + lookedAt;
      due();
      all.ended(person("ada"), lookedAt, looked);
      return lookedAt + (all.dueMs() ?? Number.NaN);
    };
    t.is(next(0, contradicted), 500);
    t.is(next(500, { kind: "not-shown", user: {} as never }), 1_000);
    t.is(next(1_000, agreed), 5_000);
    t.is(next(5_000, contradicted), 30_000);
  },
);

test.serial("who is being looked at isn't due, and keeps nobody from being due later", (t) => {
  const { clock, all, person, due } = looks();
  all.take(person("ada"));
  due();
  all.ended(person("ada"), 0, agreed);
  clock.now += 1_000;
  all.take(person("bob"));
  due();
  t.is(all.dueMs(), 4_000);
});

test.serial(
  "where Okta can't be asked time and again, it is asked ever later, or when it says; an answer ends that",
  (t) => {
    const { clock, all, person, due } = looks();
    all.take(person("ada"));
    const afterFailure = (error: unknown): number | undefined => {
      due();
      all.ended(person("ada"), clock.now - 1_000, { kind: "failed", error });
      const ms = all.dueMs();
      clock.now += ms ?? 0;
      return ms;
    };
    const waits = Array.from({ length: 9 }, () => afterFailure(new Error("no")));
    t.deepEqual(waits.slice(0, 3), [750, 1_500, 3_000]);
    t.is(waits.at(-1), 45_000, "the jitter aside, a minute at the most");
    t.is(afterFailure(new DirectoryRateLimitedError(27_000)), 27_000);
    t.is(afterFailure(new DirectoryRateLimitedError(500)), 22_500, "which hasn't helped so far");
    due();
    all.ended(person("ada"), 0, agreed);
    clock.now += 60_000;
    t.is(afterFailure(new Error("no")), 750);
  },
);

test.serial("where Okta can't be asked, it is asked later and nothing is done", (t) => {
  const { clock, all, person, due } = looks();
  all.take(person("ada"));
  due();
  t.false(all.ended(person("ada"), 0, { kind: "failed", error: new Error("no") }));
  t.true((all.dueMs() ?? 0) > 0);
  clock.now += 60_000;
  t.is(due().length, 1);
});

test.serial("whom nobody knows may be signing in for the first time: they are looked for thrice", (t) => {
  const { clock, all, person, due } = looks();
  all.take(person("ada"));
  const at: number[] = [];
  for (let isDone = false; !isDone; clock.now += all.dueMs() ?? 0) {
    const [look] = all.due();
    at.push(look?.lookedAt ?? -1);
    isDone = all.ended(person("ada"), look?.lookedAt ?? 0, { kind: "nobody" });
  }
  t.deepEqual(at, [0, 5_000, 30_000]);
  t.is(all.size, 0);

  all.take(person("bob"));
  due();
  all.ended(person("bob"), 0, { kind: "nobody" });
  clock.now += 5_000;
  due();
  all.ended(person("bob"), 5_000, { kind: "seen", agrees: false, changed: false, groups: [] });
  t.is(all.dueMs(), 1_000, "what Okta shows of them is from before: it is looked at each second");
});

test.serial("whom somebody has taken out is forgotten", (t) => {
  const { all, person, due } = looks();
  all.take(person("bob"));
  due();
  all.keep(new Set(["bob"]));
  t.is(all.size, 1);
  all.keep(new Set());
  t.is(all.size, 0);
  t.false(all.ended(person("bob"), 0, agreed));
});

test.serial("so many are looked at at once, and the others when these are done", (t) => {
  const { all, person, due } = looks();
  for (let i = 0; i < 20; i++) all.take(person(`p${i}`));
  const first = due();
  t.is(first.length, 8);
  t.is(all.dueMs(), undefined);
  t.deepEqual(due(), []);
  all.ended(person("p0"), 0, { kind: "nobody" });
  t.is(due().length, 1);
});

test.serial(
  "for half an hour it is known who was looked at, and for as long as somebody is to be",
  async (t) => {
    const all = new PersonLooks();
    const { person } = looks();
    const minutes = (count: number): Promise<void> => time.pass(count * 60_000, count * 60_000);
    /** At once, and for good. */
    const lookAt = (id: string): void => {
      all.take(person(id));
      t.is(all.dueMs(), 0);
      const [look] = all.due();
      t.is(look?.lookedAt, 0);
      all.ended(person(id), 0, { kind: "nobody" });
      all.keep(new Set());
    };
    const known = (since = 0) => ["ada", "bob", "cy", "dan"].filter((id) => all.isLookedAt(id, since));

    all.take(person("dan"));
    t.deepEqual([all.has("dan"), known()], [true, []], "that is yet to come");
    all.keep(new Set());
    t.deepEqual(known(), []);

    lookAt("ada");
    t.deepEqual(known(Date.now() - 1), ["ada"]);
    t.deepEqual(known(Date.now()), [], "not after that time");
    await minutes(1);
    lookAt("bob");
    await minutes(28);
    lookAt("ada");
    t.deepEqual(known(), ["ada", "bob"]);
    await minutes(2);
    lookAt("cy");
    t.deepEqual(known(), ["ada", "cy"]);
    {
      using _first = all.remembering();
      await minutes(20);
      using _second = all.remembering();
      await minutes(20);
      lookAt("bob");
      t.deepEqual(known(), ["ada", "bob", "cy"], "as long as pages of that time are being read");
    }
    lookAt("dan");
    t.deepEqual(known(), ["bob", "dan"]);
  },
);
