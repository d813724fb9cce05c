/**
 * Runs one test file again and again in one process, each time with another mutant: what is quick by itself isn't held
 * up by the start of AVA, which takes a hundred times as long. The tests are run by AVA's own runner, which is part of
 * no interface: the lock file says which AVA that is, and a test that it still does this.
 *
 * Argument: the test file. Asked by messages (`Question`), answers each with an `Answer`.
 */
import { readFileSync } from "node:fs";
import { registerHooks, stripTypeScriptTypes } from "node:module";
import { setImmediate as turn } from "node:timers/promises";
import { pathToFileURL } from "node:url";

export interface Question {
  /** The mutant to run the tests with; null: as the code is. */
  readonly mutant: string | null;
  /** How long tests wait for a state at the most; default: as ever. */
  readonly patienceMs?: number;
}

export interface Answer {
  readonly passed: boolean;
  readonly ms: number;
  /** Reached in this run, before the first test was declared: what is done once, when files are loaded. Ids. */
  readonly loading: readonly string[];
  /** Reached in this run. Ids; none with a mutant */
  readonly reached: readonly string[];
}

/** What Stryker's switches look at. */
interface Switches {
  activeMutant?: string | undefined;
  hitCount?: number;
  hitLimit?: number;
  mutantCoverage?: { static: Record<string, number> };
}

type Chain = (...declaration: unknown[]) => unknown;

interface AvaRunner {
  readonly chain: Chain;
  on(event: "stateChange", heard: (event: { data: { type: string } }) => void): void;
  on(event: "finish" | "error", heard: () => void): void;
}

const FAILURES = ["test-failed", "hook-failed"];

/** A loop that a mutant never leaves ends by that; nothing that is meant comes by one place so often. */
const HIT_LIMIT = 10_000_000;

const file = process.argv[2] ?? "";
const url = pathToFileURL(file).href;
const runnerUrl = new URL("../lib/runner.js", import.meta.resolve("ava")).href;
const { default: Runner } = (await import(runnerUrl)) as {
  default: new (options: { file: string; projectDir: string }) => AvaRunner;
};

const scope = globalThis as { __stryker__?: Switches; __ava__?: unknown };
scope.__stryker__ ??= {};
const switches = scope.__stryker__;

let runner: AvaRunner;
let loading: readonly string[] | undefined;

function reached(): readonly string[] {
  return Object.keys(switches.mutantCoverage?.static ?? {});
}

/** The `test` that the file imports: always that of the present run. */
scope.__ava__ = new Proxy(() => {}, {
  apply: (_target, _this, declaration) => {
    loading ??= reached();
    return runner.chain(...declaration);
  },
  get: (_target, name) => {
    loading ??= reached();
    return Reflect.get(runner.chain, name);
  },
});

// The test file is evaluated anew for each run, the files that it imports aren't.
const source = stripTypeScriptTypes(readFileSync(file, "utf8"));
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === "ava"
      ? { url: "data:text/javascript,export default globalThis.__ava__", shortCircuit: true }
      : next(specifier, context),
  load: (wanted, context, next) =>
    wanted.startsWith(`${url}?`) ? { format: "module", source, shortCircuit: true } : next(wanted, context),
});

const unhandled = new Set<unknown>();
let uncaught = false;
process.on("unhandledRejection", (_reason, promise) => unhandled.add(promise));
process.on("rejectionHandled", (promise) => unhandled.delete(promise));
process.on("uncaughtException", () => {
  uncaught = true;
});

let runs = 0;

async function run({ mutant, patienceMs }: Question): Promise<Answer> {
  unhandled.clear();
  uncaught = false;
  loading = undefined;
  if (switches.mutantCoverage) switches.mutantCoverage.static = {};
  switches.activeMutant = mutant ?? "none";
  // What the tests start has to have it, too.
  if (mutant === null) delete process.env.__STRYKER_ACTIVE_MUTANT__;
  else process.env.__STRYKER_ACTIVE_MUTANT__ = mutant;
  if (patienceMs === undefined) delete process.env.TEST_PATIENCE_MS;
  else process.env.TEST_PATIENCE_MS = String(patienceMs);
  switches.hitCount = 0;
  switches.hitLimit = HIT_LIMIT;
  runner = new Runner({ file, projectDir: process.cwd() });
  let passed = true;
  runner.on("stateChange", ({ data: { type } }) => {
    if (FAILURES.includes(type)) passed = false;
  });
  const finished = new Promise<void>((resolve) => {
    runner.on("finish", resolve);
    runner.on("error", () => {
      passed = false;
      resolve();
    });
  });
  const started = performance.now();
  // Only what the tests wait for keeps the process: when that is nothing any more, AVA ends those that wait in vain.
  process.channel?.unref();
  try {
    await import(`${url}?run=${++runs}`);
    await finished;
  } catch {
    passed = false; // the file can't even be loaded: noticed as well
  }
  process.channel?.ref();
  const ms = performance.now() - started;
  await turn();
  return {
    passed: passed && !uncaught && unhandled.size === 0,
    ms,
    loading: mutant === null ? (loading ?? []) : [],
    reached: mutant === null ? reached() : [],
  };
}

process.on("message", (question: Question) => {
  void run(question).then((answer) => process.send?.(answer));
});
process.on("disconnect", () => process.exit());
