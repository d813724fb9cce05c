import test from "ava";
import { type Patience, type Tenure, tenureAfter } from "../../organizations/tenure.ts";

const patience: Patience = {
  takeOverMs: 60,
  settleMs: 5,
  undoneMs: 30,
  retry: { baseMs: 1_000, maxMs: 8_000 },
  contestedMs: 900,
};

/** What a release called "us" makes of these names, each with the time since when it stands. */
function after(...names: readonly (readonly [now: number, name: string | undefined])[]): Tenure | undefined {
  return names.reduce<Tenure | undefined>(
    (before, [now, name]) => tenureAfter(before, name, { release: "us", now, patience }),
    undefined,
  );
}

test("what nobody keeps is nobody's", (t) => {
  t.is(after([0, undefined]), undefined);
  t.is(after([0, "us"], [1, undefined]), undefined);
});

test("what was ours from the beginning is ours at once", (t) => {
  t.like(after([10, "us"]), { kind: "ours", settledAt: 10, undone: 0 });
  t.like(after([10, undefined], [11, "us"]), { kind: "ours", settledAt: 11 });
  t.like(after([10, "us"], [11, "us"]), { since: Number.NEGATIVE_INFINITY, settledAt: 10 }, "seen again");
});

test("what another release keeps is taken over a while after its name was seen first", (t) => {
  t.like(after([10, "them"]), { kind: "theirs", by: "them", dueAt: 70, isTakenFromUs: false });
  t.like(after([10, "them"], [50, "them"]), { dueAt: 70 }, "seen again");
  t.like(after([10, "them"], [50, "others"]), { by: "others", dueAt: 110 }, "and of a third anew");
});

test("who takes over waits before anything else is written", (t) => {
  t.like(after([10, "them"], [70, "us"]), { kind: "ours", since: 70, settledAt: 75 });
});

test("what was ours is taken back at once, and is ours again at once", (t) => {
  t.like(after([0, "us"], [1, "them"]), { kind: "theirs", dueAt: 1, isTakenFromUs: true });
  t.like(after([0, "us"], [1, "them"], [2, "others"]), { by: "others", dueAt: 2, isTakenFromUs: true });
  t.like(after([0, "us"], [1, "them"], [2, "us"]), { kind: "ours", since: 2, settledAt: 2 });
});

test("whose take-over is undone tries it again later and later, until it stands", (t) => {
  const waits: number[] = [];
  let tenure: Tenure | undefined = after([0, "them"]);
  let now = 60;
  for (let i = 0; i < 6; i++) {
    tenure = tenureAfter(tenure, "us", { release: "us", now, patience });
    tenure = tenureAfter(tenure, "them", { release: "us", now: now + 29, patience });
    if (tenure?.kind !== "theirs") return t.fail();
    t.false(tenure.isTakenFromUs);
    waits.push(tenure.dueAt - (now + 29));
    now = tenure.dueAt;
  }
  for (const [i, most] of [1_000, 2_000, 4_000, 8_000, 8_000, 8_000].entries()) {
    const wait = waits[i] ?? 0;
    t.true(wait >= most / 2 && wait <= most, `${i}: ${wait}`);
  }
  tenure = tenureAfter(tenure, "us", { release: "us", now, patience });
  tenure = tenureAfter(tenure, "them", { release: "us", now: now + 30, patience });
  t.like(tenure, { isTakenFromUs: true, undone: 0, dueAt: now + 30 });
});

test("two releases that have both kept an organization don't take it from each other again and again", (t) => {
  const tenures = new Map<string, Tenure | undefined>();
  const write = (name: string, now: number) => {
    for (const release of ["a", "b"])
      tenures.set(release, tenureAfter(tenures.get(release), name, { release, now, patience }));
  };
  write("a", 0);
  write("b", 100); // while a was cut off
  let now = 200;
  let writes = 0;
  for (;;) {
    const next = ["a", "b"].find((release) => {
      const tenure = tenures.get(release);
      return tenure?.kind === "theirs" && tenure.dueAt <= now;
    });
    if (next === undefined) break;
    write(next, now++);
    writes++;
  }
  t.true(writes <= 3, `${writes} writes`);
  t.is([...tenures.values()].filter((tenure) => tenure?.kind === "ours").length, 1);
});
