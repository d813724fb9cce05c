import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Tether, TetheredProcess } from "../control-plane/tether.ts";

/** The folder of the repository. */
export const REPOSITORY = fileURLToPath(new URL("../../", import.meta.url));

export interface ProgramOptions {
  /** Among the programs on the tether: operator, webhook. */
  readonly name: string;
  /** The file to run, relative to the repository. */
  readonly file: string;
  /** What runs it: Node, unless said otherwise. */
  readonly runtime?: readonly string[];
  readonly args: readonly string[];
  /** Where its log goes. */
  readonly logFile: string;
}

/** One of the product's two programs, running as a process of its own. */
export interface Program {
  readonly process: TetheredProcess;
  /** The ports that it listens on; 0 where it has none of that kind. */
  readonly port: number;
  readonly healthPort: number;
  /** Everything that it has logged so far. */
  logged(): Promise<Record<string, unknown>[]>;
  /** SIGTERM, and SIGKILL after 12 s. */
  stop(): Promise<void>;
  /** SIGKILL. */
  kill(): Promise<void>;
}

const STOP_MS = 12_000;
const START_MS = 60_000;

/**
 * Starts a program and waits until it says that it listens.
 * @throws Error with its last words when it ends before that
 */
export async function startProgram(
  tether: Tether,
  { name, file, runtime = [process.execPath], args, logFile }: ProgramOptions,
): Promise<Program> {
  const command = [...runtime, resolve(REPOSITORY, file), ...args];
  const child = await tether.start(name, command, logFile);
  const logged = async () => parseLines(await readFile(logFile, "utf8"));
  const { port, healthPort } = await untilListening(child, logged);
  return {
    process: child,
    port,
    healthPort,
    logged,
    stop: () => child.stop(STOP_MS),
    kill: () => child.stop(0),
  };
}

async function untilListening(
  child: TetheredProcess,
  logged: () => Promise<Record<string, unknown>[]>,
): Promise<{ port: number; healthPort: number }> {
  const deadline = performance.now() + START_MS;
  while (performance.now() < deadline) {
    const line = (await logged()).find(({ msg, pid }) => msg === "listening" && pid === child.pid);
    if (line) return { port: Number(line.port ?? 0), healthPort: Number(line.healthPort ?? 0) };
    if (!child.running) throw new Error(`The ${child.name} ended at once:\n${await child.lastOutput()}`);
    await sleep(20);
  }
  await child.stop(0);
  throw new Error(`The ${child.name} did not come up in ${START_MS / 1000} s:\n${await child.lastOutput()}`);
}

function parseLines(text: string): Record<string, unknown>[] {
  return text.split("\n").flatMap((line) => {
    try {
      const parsed: unknown = JSON.parse(line);
      return typeof parsed === "object" && parsed !== null ? [{ ...parsed }] : [];
    } catch {
      return []; // not a log line: a stack trace of Node's own, or a line that is still being written
    }
  });
}
