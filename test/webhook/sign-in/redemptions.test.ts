import test from "ava";
import { CodeRejectedError } from "../../../okta/oidc/login-errors.ts";
import { Redemptions } from "../../../webhook/sign-in/redemptions.ts";

test("who calls twice at once redeems once, and both hear the same; afterwards it is over", async (t) => {
  const redemptions = new Redemptions<string>();
  const { promise, resolve } = Promise.withResolvers<string>();
  let redeemed = 0;
  const redeem = () => {
    redeemed++;
    return promise;
  };
  const calls = [redemptions.redeem("a", redeem), redemptions.redeem("a", redeem)];
  const other = redemptions.redeem("b", async () => "another's");
  resolve("Ada");
  t.deepEqual(await Promise.all(calls), [
    { result: "Ada", isFirst: true },
    { result: "Ada", isFirst: false },
  ]);
  t.deepEqual(await other, { result: "another's", isFirst: true });
  t.is(await redemptions.redeem("a", redeem), undefined);
  t.is(redeemed, 1);
});

test("a code that Okta has rejected is over as well; after any other failure it is tried again", async (t) => {
  const redemptions = new Redemptions<string>();
  const failing = (error: Error) => () => Promise.reject(error);
  await t.throwsAsync(redemptions.redeem("a", failing(new CodeRejectedError("used"))), {
    instanceOf: CodeRejectedError,
  });
  t.is(await redemptions.redeem("a", async () => "Ada"), undefined);
  await t.throwsAsync(redemptions.redeem("b", failing(new Error("no answer"))), { message: "no answer" });
  t.deepEqual(await redemptions.redeem("b", async () => "Ben"), { result: "Ben", isFirst: true });
});
