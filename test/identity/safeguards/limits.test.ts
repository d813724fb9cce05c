import test from "ava";
import { claimIsLost, deactivationLimit, exceedsLimit } from "../../../identity/safeguards/limits.ts";

test("a limit is a share of the active users, rounded down, or a number", (t) => {
  t.is(deactivationLimit("20%", 100), 20);
  t.is(deactivationLimit("20%", 9), 1);
  t.is(deactivationLimit(7, 100), 7);
  t.is(deactivationLimit("7", 100), 7);
  for (const wrong of ["", "20 %", "-1", "many", "2.5"])
    t.throws(() => deactivationLimit(wrong, 10), { instanceOf: RangeError });
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
});

test("mappings that are deleted one after the other count as one change", (t) => {
  // 15 of 100 are gone already, and the 85 left would lose another 6.
  t.true(exceedsLimit({ deactivating: 6, recent: 15, active: 85, setting: "20%" }));
  t.false(exceedsLimit({ deactivating: 5, recent: 15, active: 85, setting: "20%" }));
});

test("the claim is lost when more people than the limit would be deactivated for want of it, five at least", (t) => {
  t.false(claimIsLost({ recent: 4, active: 6, setting: "20%" }));
  t.true(claimIsLost({ recent: 5, active: 5, setting: "20%" }));
  t.false(claimIsLost({ recent: 19, active: 81, setting: "20%" }));
  t.true(claimIsLost({ recent: 20, active: 80, setting: "20%" }));
});
