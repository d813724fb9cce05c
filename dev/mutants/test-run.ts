/** One test file, run once in a copy of the repository. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

export interface TestRuns {
  /** The copy's folder. */
  readonly root: string;
  /** How the tests find their cluster. */
  readonly env: Readonly<Record<string, string>>;
  /** Kills what is running. */
  readonly signal: AbortSignal;
}

export type Verdict = "passed" | "failed" | "hangs";

/** What a test file does when nothing is wrong. */
export interface Normal {
  readonly verdict: Verdict;
  readonly ms: number;
  /** The ids of the mutants that it reaches. */
  readonly reached: readonly string[];
}

const recorder = new URL("record-coverage.ts", import.meta.url).href;
const bin = fileURLToPath(new URL("../../node_modules/.bin", import.meta.url));

/** Without an active mutant. */
export async function normalRun(test: string, runs: TestRuns, timeoutMs: number): Promise<Normal> {
  const folder = await mkdtemp(join(tmpdir(), "mutants-"));
  try {
    const started = performance.now();
    const env = { MUTANTS_REACHED: folder, NODE_OPTIONS: `--import=${recorder}` };
    // In processes, whose end can be waited for: AVA ends a thread in the middle of whatever it does.
    const verdict = await run(test, runs, ["--no-worker-threads"], env, timeoutMs);
    const ms = performance.now() - started;
    const files = await readdir(folder);
    const texts = await Promise.all(files.map((file) => readFile(join(folder, file), "utf8")));
    const ids = texts.flatMap((text) => text.split("\n").filter((id) => id !== ""));
    return { verdict, ms, reached: [...new Set(ids)] };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * With one mutant, until the first test notices it.
 * @param normalMs how long the file takes when nothing is wrong: no single state is waited for that long
 */
export async function mutantRun(
  test: string,
  mutant: string,
  runs: TestRuns,
  normalMs: number,
): Promise<Verdict> {
  const env = {
    __STRYKER_ACTIVE_MUTANT__: mutant,
    TEST_PATIENCE_MS: String(Math.ceil(normalMs + 5_000)),
  };
  return run(test, runs, ["--fail-fast"], env, 3 * normalMs + 20_000);
}

async function run(
  test: string,
  { root, env, signal }: TestRuns,
  options: readonly string[],
  own: Record<string, string>,
  timeoutMs: number,
): Promise<Verdict> {
  signal.throwIfAborted();
  const child = spawn("ava", [...options, test], {
    cwd: root,
    env: { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH ?? ""}`, ...env, ...own },
    stdio: "ignore",
    detached: true, // a group of its own, which can be ended with all that the test has started
  });
  const stop = (): void => end(child);
  let hangs = false;
  const timeout = setTimeout(() => {
    hangs = true;
    stop();
  }, timeoutMs);
  signal.addEventListener("abort", stop, { once: true });
  try {
    const [code] = await once(child, "exit");
    signal.throwIfAborted();
    return hangs ? "hangs" : code === 0 ? "passed" : "failed";
  } finally {
    clearTimeout(timeout);
    signal.removeEventListener("abort", stop);
    stop(); // what a test that failed left behind
  }
}

/** Ends a process that has a group of its own, with everything in the group. */
export function end({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error; // it has ended by itself
  }
}
