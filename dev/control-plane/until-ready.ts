import { setTimeout as delay } from "node:timers/promises";
import { StartFailedError } from "./start-failed.ts";
import type { TetheredProcess } from "./tether.ts";

const READY_WITHIN_MS = 60_000;
const LOOK_AGAIN_MS = 25;

/**
 * Waits until a program that was just started answers.
 *
 * @param isReady is asked until it says so; an error means not yet
 * @throws StartFailedError when the program ends before, or takes longer than a minute; then it is stopped
 */
export async function untilReady(program: TetheredProcess, isReady: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + READY_WITHIN_MS;
  let last: unknown;
  while (program.running) {
    const ready = await isReady().catch((error: unknown) => {
      last = error;
      return false;
    });
    if (ready) return;
    if (performance.now() > deadline) {
      await program.stop(0);
      throw await StartFailedError.of(program, `wasn't ready within ${READY_WITHIN_MS / 1000} s (${last})`);
    }
    await delay(LOOK_AGAIN_MS);
  }
  throw await StartFailedError.of(program, `ended with ${await program.exited} before it was ready`);
}
