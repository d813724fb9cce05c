import test from "ava";
import { UnfinishedSignIns } from "../../../operator/users/unfinished-sign-ins.ts";
import { account } from "../../identity/an-account.ts";
import { fakeClock } from "../../kubernetes/fake-clock.ts";

const clock = fakeClock(test);
const undecided = (version: string) => account({ decided: false, version });

test.serial("the second write of a sign-in is waited for, a moment for each version", async (t) => {
  const unfinished = new UnfinishedSignIns();
  t.is(unfinished.waitMs(undecided("1")), 1500);
  await clock.pass(1000);
  t.is(unfinished.waitMs(undecided("1")), 500);
  t.is(unfinished.waitMs(undecided("2")), 1500, "of another version the wait begins anew");
  await clock.pass(2000);
  t.is(unfinished.waitMs(undecided("2")), 0, "its writer seems to be gone");
});

test.serial(
  "nobody waits for what is decided, for local accounts, or for what this operator has written",
  async (t) => {
    const unfinished = new UnfinishedSignIns();
    t.is(unfinished.waitMs(account()), 0);
    t.is(unfinished.waitMs(account({ decided: false, source: "Local" })), 0);
    unfinished.isComplete(undecided("1"));
    t.true(unfinished.isOfDirectory(undecided("1")));
    t.is(unfinished.waitMs(undecided("1")), 0);
    t.false(unfinished.isOfDirectory(undecided("2")));
    t.is(unfinished.waitMs(undecided("2")), 1500);
  },
);

test.serial("what was seen of an account is forgotten when it is decided on or gone", async (t) => {
  const unfinished = new UnfinishedSignIns();
  unfinished.waitMs(undecided("1"));
  unfinished.isComplete(account({ version: "0" }));
  await clock.pass(1000);
  unfinished.waitMs(account());
  t.false(unfinished.isOfDirectory(account({ version: "0" })));
  t.is(unfinished.waitMs(undecided("1")), 1500);
  await clock.pass(1000);
  unfinished.forget(account().ref);
  t.is(unfinished.waitMs(undecided("1")), 1500);
});
