import test from "ava";
import { FailureLimit } from "../../../webhook/sign-in/failure-limit.ts";

test("failures count for each whom they concern, and one too many of any is too many", (t) => {
  const limit = new FailureLimit(2);
  t.deepEqual(
    [
      ["address 1"],
      ["address 1", "account a"],
      ["address 1"],
      ["address 2", "account a"],
      ["address 3", "account a"],
    ].map((keys) => limit.isTooMany(keys)),
    [false, false, true, false, true],
  );
  t.false(limit.isTooMany([]));
  t.false(limit.isTooMany(["address 4"]), "who came with none of them has failed once");
});

test("it can be asked whether the next would be one too many, and asking counts nothing", (t) => {
  const clock = { now: 0 };
  const limit = new FailureLimit(2, () => clock.now);
  const asked = () => [1, 2, 3].map(() => limit.isReached("address 1"));
  t.deepEqual(asked(), [false, false, false]);
  t.false(limit.isTooMany(["address 1"]));
  t.deepEqual(asked(), [false, false, false]);
  t.false(limit.isTooMany(["address 1"]));
  t.deepEqual(asked(), [true, true, true]);
  t.false(limit.isReached("address 2"));
  clock.now = 60_000;
  t.deepEqual(asked(), [false, false, false]);
});

test("a minute after the first failure all of them are forgotten, however many there were", (t) => {
  const clock = { now: 0 };
  const limit = new FailureLimit(1, () => clock.now);
  const failsAt = (now: number) => {
    clock.now = now;
    return limit.isTooMany(["address 1"]);
  };
  t.deepEqual([0, 30_000, 59_999].map(failsAt), [false, true, true]);
  t.deepEqual([60_000, 60_001, 119_999, 120_000].map(failsAt), [false, true, true, false]);
});
