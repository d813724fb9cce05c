import { setTimeout as sleep } from "node:timers/promises";
import type { ControlPlane } from "../dev/control-plane/control-plane.ts";
import { apiWrites, sum, writesBetween } from "./api-writes.ts";

/** Nothing written for so long: all is done. */
const QUIET_MS = 5_000;
const LOOK_EVERY_MS = 1_000;
const TIMEOUT_MS = 300_000;

/** Waits until the API server has been asked to write nothing for some time. */
export async function untilQuiet(controlPlane: ControlPlane): Promise<void> {
  const deadline = performance.now() + TIMEOUT_MS;
  let before = await apiWrites(controlPlane);
  for (let quietSince = performance.now(); performance.now() - quietSince < QUIET_MS; ) {
    if (performance.now() > deadline) throw new Error("writes went on and on");
    await sleep(LOOK_EVERY_MS);
    const now = await apiWrites(controlPlane);
    if (sum(writesBetween(before, now)) > 0) quietSince = performance.now();
    before = now;
  }
}
