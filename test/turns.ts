/** Counts the turns of the event loop from now on. */
export function countTurns(): { readonly turns: number; stop(): void } {
  let turns = 0;
  let isOver = false;
  const count = (): void => {
    turns++;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  return {
    get turns() {
      return turns;
    },
    stop() {
      isOver = true;
    },
  };
}
