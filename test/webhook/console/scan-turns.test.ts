import test from "ava";
import { ScanTurns } from "../../../webhook/console/scan-turns.ts";
import { countTurns } from "../../turns.ts";

/** Works for longer than a slice may take. */
function workLong(): void {
  const until = performance.now() + 5;
  while (performance.now() < until);
}

test("each slice is a turn of the event loop, and organizations take turns, however much one of them asks", async (t) => {
  const turns = new ScanTurns();
  const slices: string[] = [];
  const counted = countTurns();
  const work = async (organization: string, pieces: number): Promise<void> => {
    const own = await turns.begin(organization);
    for (let i = 0; i < pieces; i++) {
      slices.push(`${counted.turns} ${organization}`);
      workLong();
      await own.pause();
    }
  };
  await Promise.all([work("a", 3), work("a", 3), work("a", 3), work("b", 3)]);
  counted.stop();
  t.is(new Set(slices.map((slice) => slice.split(" ")[0])).size, 12, "no two slices in one turn");
  t.deepEqual(
    slices.map((slice) => slice.split(" ")[1]),
    ["a", "b", "a", "b", "a", "b", "a", "a", "a", "a", "a", "a"],
  );
});

test.serial("while a slice is young, nothing waits", async (t) => {
  const { now } = performance;
  t.teardown(() => Object.assign(performance, { now }));
  performance.now = () => 1_000;
  const own = await new ScanTurns().begin("a");
  let hasTurned = false;
  setImmediate(() => {
    hasTurned = true;
  });
  await own.pause();
  t.false(hasTurned);
});
