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
