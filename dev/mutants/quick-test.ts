/** A test file that is asked about many mutants in one process. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Answer, Question } from "./quick-process.ts";
import { end, type TestRuns, type Verdict } from "./test-run.ts";

/** What takes longer by itself has little to win: the start of AVA isn't what it waits for. */
const QUICK_MS = 20_000;

/** How long the files that a test imports may take to load. */
const START_MS = 60_000;

/** Each run evaluates the test file once more, and what it made then stays. */
const RUNS = 1_000;

const program = fileURLToPath(new URL("quick-process.ts", import.meta.url));

export class QuickTest {
  /** The mutants that it can be asked about: those that it reaches. */
  readonly reached: ReadonlySet<string>;
  /** Those of what is done once, when files are loaded or at a first call: each wants a process of its own. */
  readonly #once: ReadonlySet<string>;
  readonly #test: string;
  readonly #runs: TestRuns;
  readonly #ms: number;
  #process: Asked;
  #asked = 0;

  private constructor(test: string, runs: TestRuns, process: Asked, first: Answer, usual: Answer) {
    const again = new Set(usual.reached);
    this.reached = again.union(new Set(first.reached));
    this.#once = new Set([...first.loading, ...first.reached.filter((id) => !again.has(id))]);
    this.#test = test;
    this.#runs = runs;
    this.#process = process;
    this.#ms = usual.ms;
  }

  /** @returns undefined for a test that isn't quick, or can't be run twice in one process */
  static async start(test: string, runs: TestRuns): Promise<QuickTest | undefined> {
    const process = new Asked(test, runs);
    const first = await process.ask({ mutant: null }, START_MS);
    const usual = first?.passed ? await process.ask({ mutant: null }, QUICK_MS) : undefined;
    if (first && usual?.passed && usual.ms < QUICK_MS)
      return new QuickTest(test, runs, process, first, usual);
    process.end();
    return undefined;
  }

  /** @returns undefined when that can't be said, since one mutant has spoilt the process for others */
  async ask(mutant: string): Promise<Verdict | undefined> {
    const patienceMs = Math.ceil(2 * this.#ms + 2_000);
    if (this.#once.has(mutant)) return this.#askAnew({ mutant, patienceMs });
    if (this.#asked++ >= RUNS) await this.#startAgain();
    const answer = await this.#process.ask({ mutant, patienceMs }, 10 * this.#ms + 5_000);
    if (answer?.passed) return "passed";
    // Is it this mutant that failed, or what another left behind?
    const usual = answer && (await this.#process.ask({ mutant: null }, 10 * this.#ms + 5_000));
    if (usual?.passed) return "failed";
    await this.#startAgain();
    if (answer) return undefined;
    return "hangs";
  }

  close(): void {
    this.#process.end();
  }

  /** Somewhat dearer: the files are loaded anew. */
  async #askAnew(question: Question): Promise<Verdict> {
    const process = new Asked(this.#test, this.#runs);
    try {
      const answer = await process.ask(question, 10 * this.#ms + START_MS);
      return answer === undefined ? "hangs" : answer.passed ? "passed" : "failed";
    } finally {
      process.end();
    }
  }

  async #startAgain(): Promise<void> {
    this.#process.end();
    this.#process = new Asked(this.#test, this.#runs);
    this.#asked = 0;
    await this.#process.ask({ mutant: null }, START_MS);
  }
}

/** The process. */
class Asked {
  readonly #child: ChildProcess;
  readonly #signal: AbortSignal;

  constructor(test: string, { root, env, signal }: TestRuns) {
    signal.throwIfAborted();
    this.#signal = signal;
    this.#child = fork(program, [join(root, test)], {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: "ignore",
      detached: true, // as in test-run.ts
    });
    signal.addEventListener("abort", this.end, { once: true });
  }

  /** @returns undefined when no answer comes in time, or ever */
  async ask(question: Question, timeoutMs: number): Promise<Answer | undefined> {
    const over = new AbortController();
    const timeout = setTimeout(() => over.abort(), timeoutMs);
    const stop = (): void => over.abort();
    this.#child.once("exit", stop);
    try {
      if (!this.#child.connected) return undefined;
      this.#child.send(question);
      const [answer] = await once(this.#child, "message", { signal: over.signal });
      return answer as Answer; // from a program of ours
    } catch (error) {
      this.#signal.throwIfAborted();
      if (over.signal.aborted) return undefined;
      throw error;
    } finally {
      clearTimeout(timeout);
      this.#child.off("exit", stop);
    }
  }

  readonly end = (): void => {
    this.#signal.removeEventListener("abort", this.end);
    end(this.#child);
  };
}
