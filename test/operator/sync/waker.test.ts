import test from "ava";
import { Waker } from "../../../operator/sync/waker.ts";
import { activeTimers } from "../../kubernetes/active-timers.ts";
import { mockedTimers } from "../../okta/mocked-timers.ts";

function scene() {
  const end = new AbortController();
  const waker = new Waker(end.signal);
  /** Begins to sleep. @returns whether it still does once everything has had its turn */
  const asleep = (ms: number | undefined): (() => Promise<boolean>) => {
    let isAsleep = true;
    void waker.sleep(ms).then(() => {
      isAsleep = false;
    });
    return async () => {
      await new Promise((resolve) => setImmediate(resolve));
      return isAsleep;
    };
  };
  return { end, waker, asleep };
}

test.serial("whoever sleeps wakes when it is time, and not before", async (t) => {
  using clock = mockedTimers();
  const { asleep } = scene();
  const isAsleep = asleep(1_000);
  clock.tick(999);
  t.true(await isAsleep());
  clock.tick(1);
  t.false(await isAsleep());
});

test.serial("whoever sleeps until woken sleeps however long that is", async (t) => {
  using clock = mockedTimers();
  const { asleep, waker } = scene();
  const isAsleep = asleep(undefined);
  clock.tick(2 ** 31 - 1);
  t.true(await isAsleep());
  waker.wake();
  t.false(await isAsleep());
});

test.serial("who is woken while awake doesn't fall asleep once, and then does", async (t) => {
  using _clock = mockedTimers();
  const { asleep, waker } = scene();
  waker.wake();
  waker.wake();
  t.false(await asleep(1_000)());
  t.true(await asleep(1_000)());
});

test.serial("when all is over nobody sleeps, or falls asleep", async (t) => {
  using _clock = mockedTimers();
  const { asleep, end } = scene();
  const isAsleep = asleep(undefined);
  end.abort();
  t.false(await isAsleep());
  t.false(await asleep(undefined)());
  t.false(await asleep(undefined)());
});

test.serial("a year is longer than a timer can be, and no reason to wake at once", async (t) => {
  const { asleep, waker } = scene();
  const before = activeTimers();
  const isAsleep = asleep(365 * 24 * 60 * 60_000);
  await new Promise((resolve) => setTimeout(resolve, 1)); // one that can't be so long goes off after 1 ms, before this
  t.true(await isAsleep());
  waker.wake();
  t.false(await isAsleep());
  t.is(activeTimers(), before, "who was woken leaves no timer behind");
});
