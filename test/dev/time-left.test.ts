import test from "ava";
import { aboutTime, TimeLeft } from "../../dev/control-plane/time-left.ts";

const MINUTE = 60_000;

/** What people see of a build that compiles so many packages in this time, after fetching for another; once a second. */
function seen(
  compilingMs: number,
  fetchingMs: number,
  paceAt: (share: number) => number = (x) => x,
): string[] {
  let now = 0;
  const timeLeft = new TimeLeft(5 * MINUTE, 0, () => now);
  const said: string[] = [];
  for (; now < fetchingMs; now += 1000) said.push(timeLeft.fetching());
  for (const start = now; now - start <= compilingMs; now += 1000)
    said.push(timeLeft.compiling(paceAt((now - start) / compilingMs)));
  return said.filter((text, index) => text !== said[index - 1]);
}

/** The numbers in it; less than a minute is 0. */
const minutes = (said: string[]): number[] =>
  said.map((text) => Number(/\d+/.exec(text)?.[0] ?? (text.startsWith("about") ? 1 : 0)));

test("on a machine like others it counts down from what is usual", (t) => {
  t.deepEqual(seen(4 * MINUTE, MINUTE), [
    "about 5 min left",
    "about 4 min left",
    "about 3 min left",
    "about 2 min left",
    "about a minute left",
    "less than a minute left",
  ]);
});

test("on a fast machine it falls faster, and never rises", (t) => {
  const told = minutes(seen(MINUTE, 10_000));
  t.deepEqual(
    told,
    [...told].sort((a, b) => b - a),
  );
  t.is(told.at(-1), 0);
});

test("on a machine of a fifth of the pace it corrects itself a few times, and then counts down", (t) => {
  const told = minutes(seen(20 * MINUTE, MINUTE));
  const rises = told.filter((value, index) => index > 0 && value > (told[index - 1] ?? 0));
  t.true(rises.length <= 3, told.join(" "));
  t.true(Math.max(...told) <= 20 && Math.max(...told) >= 8, told.join(" "));
  t.deepEqual(told.slice(-3), [2, 1, 0]);
});

test("packages of uneven size don't make it dance", (t) => {
  const uneven = seen(4 * MINUTE, MINUTE, (share) => share ** 2 + 0.02 * Math.sin(share * 40));
  const told = minutes(uneven);
  t.true(told.length <= 9, told.join(" "));
});

test("what is going to be built afterwards is part of the wait", (t) => {
  let now = 0;
  const timeLeft = new TimeLeft(30_000, 5.5 * MINUTE, () => now);
  t.is(timeLeft.fetching(), "about 6 min left");
  t.is(timeLeft.compiling(0), "about 6 min left");
  now = 2 * MINUTE;
  t.is(timeLeft.compiling(0.9), "about 6 min left", "slow as this one is, it says little of the next");
});

test("times are told in words that are as exact as they are known", (t) => {
  t.deepEqual([20_000, 50_000, 100_000, 330_000].map(aboutTime), [
    "less than a minute",
    "about a minute",
    "about 2 min",
    "about 6 min",
  ]);
});
