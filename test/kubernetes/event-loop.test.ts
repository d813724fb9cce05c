import test from "ava";
import { letOthersRun } from "../../kubernetes/index.ts";

/** Keeps the event loop busy for a millisecond. */
function work(): void {
  const end = performance.now() + 1;
  while (performance.now() < end);
}

test("however many work without waiting for anything, others run in between", async (t) => {
  let turns = 0;
  let over = false;
  const tick = () => {
    turns++;
    if (!over) setImmediate(tick);
  };
  setImmediate(tick);
  const worker = async () => {
    for (let i = 0; i < 20; i++) {
      work();
      await letOthersRun();
    }
  };
  await Promise.all(Array.from({ length: 20 }, worker));
  over = true;
  // 400 ms of work. If each of the 20 took ten of them for itself before others come to theirs, there would be two turns.
  t.true(turns > 6, `${turns} turns`);
});
