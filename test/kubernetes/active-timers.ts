/** How many timers keep this process from ending. To be compared in one turn of the event loop: others have some, too. */
export function activeTimers(): number {
  return process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
}
