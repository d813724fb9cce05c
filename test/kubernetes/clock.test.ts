import { mock } from "node:test";
import test from "ava";
import { elapsedSince, now, OthersClock } from "../../kubernetes/clock.ts";

test("what has passed is the longer of what two clocks say: one stands still in a suspended machine, one can be set", (t) => {
  const time = { monotonic: 1_000, wall: 50_000 };
  const clocks = [
    mock.method(performance, "now", () => time.monotonic),
    mock.method(Date, "now", () => time.wall),
  ];
  const moment = now();
  const passed = [];
  for (const [monotonic, wall] of [
    [0, 0],
    [700, 700],
    [700, 90_000],
    [700, -90_000],
  ] as const) {
    Object.assign(time, { monotonic: 1_000 + monotonic, wall: 50_000 + wall });
    passed.push(elapsedSince(moment));
  }
  for (const clock of clocks) clock.mock.restore();
  t.deepEqual(moment, { monotonic: 1_000, wall: 50_000 });
  t.deepEqual(passed, [0, 700, 90_000, 700]);
});

test("what time it is elsewhere is what was said last, and what has passed since; nobody has said: our own", (t) => {
  const time = { monotonic: 1_000, wall: 50_000 };
  const clocks = [
    mock.method(performance, "now", () => time.monotonic),
    mock.method(Date, "now", () => time.wall),
  ];
  const clock = new OthersClock();
  const said = [clock.now()];
  clock.told(7_000);
  Object.assign(time, { monotonic: 1_300, wall: 90_000 });
  said.push(clock.now());
  clock.told(6_000);
  said.push(clock.now());
  for (const each of clocks) each.mock.restore();
  t.deepEqual(said, [50_000, 7_300, 6_000]);
});
