import test from "ava";
import {
  claimIsLost,
  countedSince,
  deactivationLimit,
  exceedsLimit,
  isFarFromLimit,
} from "../../../identity/safeguards/limits.ts";

test("a limit is a share of the active users, rounded down, or a number", (t) => {
  t.is(deactivationLimit("20%", 100), 20);
  t.is(deactivationLimit("20%", 9), 1);
  t.is(deactivationLimit(7, 100), 7);
  t.is(deactivationLimit("7", 100), 7);
  t.is(deactivationLimit("120", 100), 120);
  for (const wrong of ["", "20 %", "-1", "many", "2.5", "20%x", "x20%", "1200%"])
    t.throws(() => deactivationLimit(wrong, 10), {
      instanceOf: RangeError,
      message: new RegExp(`not "${wrong}"`),
    });
});

test("more than the limit is held, the limit itself is not", (t) => {
  const change = { recent: 0, active: 100, setting: "20%" };
  t.false(exceedsLimit({ ...change, deactivating: 20 }));
  t.true(exceedsLimit({ ...change, deactivating: 21 }));
});

test("fewer than five users are never held", (t) => {
  const change = { recent: 0, active: 4, setting: "0%" };
  t.false(exceedsLimit({ ...change, deactivating: 4 }));
  t.true(exceedsLimit({ ...change, active: 5, deactivating: 5 }));
  t.true(exceedsLimit({ ...change, recent: 4, active: 1, deactivating: 1 }), "in sum");
  t.false(exceedsLimit({ ...change, recent: 50, deactivating: 0 }), "nobody would be");
});

test("mappings that are deleted one after the other count as one change", (t) => {
  // 15 of 100 are gone already, and the 85 left would lose another 6.
  t.true(exceedsLimit({ deactivating: 6, recent: 15, active: 85, setting: "20%" }));
  t.false(exceedsLimit({ deactivating: 5, recent: 15, active: 85, setting: "20%" }));
});

test("the claim is lost when somebody would have to approve one more, of five at least for want of it", (t) => {
  const one = { deactivating: 1, setting: "20%" };
  t.false(claimIsLost({ ...one, recent: 3, active: 7 }, 4), "four are never held");
  t.true(claimIsLost({ ...one, recent: 4, active: 6 }, 5));
  t.false(claimIsLost({ ...one, recent: 19, active: 81 }, 20), "the limit itself");
  t.true(claimIsLost({ ...one, recent: 20, active: 80 }, 21));
  t.false(claimIsLost({ ...one, recent: 20, active: 80 }, 4), "others were deactivated for other reasons");
  t.true(claimIsLost({ ...one, recent: 20, active: 80 }, 5), "they count");
  t.true(claimIsLost({ ...one, deactivating: 21, recent: 0, active: 100 }, 5), "so do those who wait");
});

test("half of the limit is far from it; a small organization counts four", (t) => {
  const change = { deactivating: 1, active: 100, setting: "20%" };
  t.true(isFarFromLimit({ ...change, recent: 9, active: 91 }));
  t.false(isFarFromLimit({ ...change, recent: 10, active: 90 }));
  t.true(isFarFromLimit({ ...change, recent: 1, active: 4 }));
  t.false(isFarFromLimit({ ...change, recent: 2, active: 3 }));
});

const HOUR = 3_600_000;

test("deactivations count for a day, from what was approved on, and longer while something is held", (t) => {
  const now = 100 * HOUR;
  t.is(countedSince(now), 76 * HOUR);
  t.is(countedSince(now, 90 * HOUR), 90 * HOUR, "what was approved is settled");
  t.is(countedSince(now, 10 * HOUR), 76 * HOUR);
  t.is(countedSince(now, 0, 60 * HOUR), 36 * HOUR, "waiting for days is no approval");
  t.is(countedSince(now, 50 * HOUR, 60 * HOUR), 50 * HOUR);
  t.is(countedSince(now, 0, 200 * HOUR), 76 * HOUR, "a clock that is ahead makes nothing forgotten");
});
