import { setTimeout as sleep } from "node:timers/promises";
import type { Bench } from "../bench.ts";

const START_MS = 10_000;
const STOP_MS = 5_000;

/** A server that others have made, on this machine. */
export interface ForeignProgram {
  readonly baseURL: string;
  readonly pid: number;
  stop(): Promise<void>;
}

export interface ForeignProgramOptions {
  /** Among what runs. */
  readonly name: string;
  readonly command: readonly string[];
  readonly baseURL: string;
  /** What it answers with anything but an error of its own once it is there. */
  readonly path: string;
}

/** Starts one, and waits until it answers. @returns a sentence where it doesn't */
export async function startForeign(
  { tether }: Bench,
  { name, command, baseURL, path }: ForeignProgramOptions,
): Promise<ForeignProgram | { why: string }> {
  const program = await tether.start(name, [...command], `${tether.folder}/${name}.log`);
  const stop = (): Promise<void> => program.stop(STOP_MS);
  for (const deadline = performance.now() + START_MS; !(await answers(baseURL + path)); await sleep(50)) {
    if (program.running && performance.now() < deadline) continue;
    const why = `${name} didn't start: ${await program.lastOutput(3)}`;
    await stop();
    return { why };
  }
  return { baseURL, pid: program.pid ?? 0, stop };
}

async function answers(url: string): Promise<boolean> {
  try {
    // 401, since fetch says that no person is there to be redirected.
    return (await fetch(url, { redirect: "manual" })).status < 500;
  } catch {
    return false; // not yet
  }
}
