/** How long work that waits for nothing may keep the event loop from turning, in milliseconds. */
const MAX_TURN_MS = 10;

let turnBegan = 0;
let nextTurn: Promise<void> | undefined;

/**
 * To be awaited between two pieces of work that may wait for nothing: thousands of them would be one stall, in which
 * no Lease is renewed and no probe answered. Costs next to nothing while the turn is young. All who wait go on in the
 * same turn, each with one piece.
 */
export async function letOthersRun(): Promise<void> {
  if (nextTurn === undefined && performance.now() - turnBegan < MAX_TURN_MS) return;
  nextTurn ??= new Promise(setImmediate).then(() => {
    turnBegan = performance.now();
    nextTurn = undefined;
  });
  await nextTurn;
}
