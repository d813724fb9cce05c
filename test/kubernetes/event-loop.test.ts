import test from "ava";
import { letOthersRun } from "../../kubernetes/index.ts";
import { countTurns } from "../turns.ts";

/** Keeps the event loop busy for a millisecond. */
function work(): void {
  const end = performance.now() + 1;
  while (performance.now() < end);
}

test("however many work without waiting for anything, others run in between", async (t) => {
  const counted = countTurns();
  const worker = async () => {
    for (let i = 0; i < 20; i++) {
      work();
      await letOthersRun();
    }
  };
  await Promise.all(Array.from({ length: 20 }, worker));
  counted.stop();
  const { turns } = counted;
  // 400 ms of work. If each of the 20 took ten of them for itself before others come to theirs, there would be two turns.
  t.true(turns > 6, `${turns} turns`);
});

test.serial(
  "while a turn is young nobody waits, and from ten milliseconds on everybody does, in one and the same turn",
  async (t) => {
    const { now } = performance;
    let at = now.call(performance) + 20;
    t.teardown(() => Object.assign(performance, { now }));
    performance.now = () => at;
    const turnsWhile = async (work: () => Promise<unknown>): Promise<number> => {
      const counted = countTurns();
      await work();
      counted.stop();
      return counted.turns;
    };
    t.is(await turnsWhile(letOthersRun), 1);
    t.is(await turnsWhile(letOthersRun), 0, "it has just turned");
    at += 9;
    t.is(await turnsWhile(letOthersRun), 0);
    at += 1;
    t.is(await turnsWhile(() => Promise.all([letOthersRun(), letOthersRun(), letOthersRun()])), 1);
    t.is(await turnsWhile(letOthersRun), 0);
  },
);
