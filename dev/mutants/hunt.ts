/** Asks the tests about every mutant, as few of them as it takes. */
import { duration, type Progress } from "../control-plane/progress.ts";
import { inOrder, testsFor } from "./belonging.ts";
import type { KnownTest, Ledger } from "./ledger.ts";
import type { Mutant } from "./mutate.ts";
import { QuickTest } from "./quick-test.ts";
import type { Judged } from "./report.ts";
import { mutantRun, normalRun, type TestRuns } from "./test-run.ts";

export interface HuntOptions {
  /** All of them: also those that aren't asked about tell which file reaches what. */
  readonly mutants: readonly Mutant[];
  /** The test files, with the hash of each. */
  readonly tests: ReadonlyMap<string, string>;
  readonly ledger: Ledger;
  readonly runs: TestRuns;
  /** Test files that run at the same time. */
  readonly atOnce: number;
  readonly progress: Progress;
}

/** How long a test file may take when nothing is wrong. */
const NORMAL_TIMEOUT_MS = 240_000;

/** What takes longer with AVA isn't tried without, also where a busy machine was the reason. */
const QUICK_START_MS = 60_000;

const SAVE_EVERY_MS = 30_000;

interface Case {
  readonly mutant: Mutant;
  /** The test files to ask, in order. */
  readonly tests: readonly string[];
  /** Those that were asked already, and didn't notice it. */
  readonly passed: Set<string>;
}

export class Hunt {
  readonly #options: HuntOptions;
  readonly #keys: ReadonlyMap<string, Mutant>;
  #savedAt = performance.now();

  constructor(options: HuntOptions) {
    this.#options = options;
    this.#keys = new Map(options.mutants.map((mutant) => [mutant.id, mutant]));
  }

  /** @throws the signal's reason when it aborts; the ledger knows what was found until then */
  async run(mutants: readonly Mutant[]): Promise<Judged[]> {
    await this.#normalRuns(new Set(mutants.map(({ file }) => file)));
    const cases = mutants.map((mutant) => ({
      mutant,
      tests: this.#testsOf(mutant),
      passed: new Set<string>(),
    }));
    const open = cases.filter((one) => one.tests.length > 0 && !this.#fate(one));
    await this.#askQuickly(open);
    await this.#ask(open.filter((one) => !this.#fate(one)));
    return this.known(mutants);
  }

  /** What is known of these mutants, by this run and earlier ones. */
  known(mutants: readonly Mutant[]): Judged[] {
    return mutants.flatMap((mutant) => {
      const tests = this.#testsOf(mutant);
      const fate = this.#fate({ mutant, tests });
      if (fate) return { mutant, outcome: fate.by === null ? "unnoticed" : "noticed" };
      const all = testsFor(mutant.file, [...this.#options.tests.keys()]);
      return tests.length === 0 && all.every((test) => this.#known(test))
        ? { mutant, outcome: "unreached" }
        : [];
    });
  }

  /** What each test file does when nothing is wrong, where that isn't known. */
  async #normalRuns(files: ReadonlySet<string>): Promise<void> {
    const { tests, ledger, runs, progress } = this.#options;
    const concerned = new Set([...files].flatMap((file) => testsFor(file, [...tests.keys()])));
    const unknown = [...concerned].filter((test) => !this.#known(test));
    let done = 0;
    await this.#each(unknown, async (test) => {
      const { verdict, ms, reached } = await normalRun(test, runs, NORMAL_TIMEOUT_MS);
      const found = reached.flatMap((id) => this.#keys.get(id) ?? []);
      const ok = verdict === "passed";
      ledger.setTest(test, {
        hash: tests.get(test) ?? "",
        ok,
        ms,
        reached: found.map(({ key }) => key),
        files: [...new Set(found.map(({ file }) => file))],
      });
      if (!ok) progress.step(`left out, since it fails by itself (${verdict}): ${test}`);
      progress.update(`what tests do when nothing is wrong: ${++done} of ${unknown.length}`);
    });
  }

  /** Asks what can be asked about many in one process: most are noticed there, in hundredths of a second. */
  async #askQuickly(cases: readonly Case[]): Promise<void> {
    const { ledger, runs, tests, progress } = this.#options;
    const byTest = new Map<string, Case[]>();
    for (const one of cases) {
      for (const test of one.tests) {
        if (this.#ms(test) > QUICK_START_MS) continue;
        const known = byTest.get(test);
        if (known) known.push(one);
        else byTest.set(test, [one]);
      }
    }
    const noticed = new Set<Case>();
    let done = 0;
    const quickFirst = [...byTest].sort(([a], [b]) => this.#ms(a) - this.#ms(b));
    await this.#each(quickFirst, async ([path, its]) => {
      const quick = await QuickTest.start(path, runs);
      try {
        for (const one of quick ? its : []) {
          if (noticed.has(one) || !quick?.reached.has(one.mutant.id)) continue;
          const verdict = await quick.ask(one.mutant.id);
          if (verdict === undefined) continue;
          if (verdict === "passed") {
            one.passed.add(path);
            continue;
          }
          noticed.add(one);
          ledger.setFate(one.mutant.key, { by: path, ran: { [path]: tests.get(path) ?? "" } });
        }
      } finally {
        quick?.close();
      }
      progress.update(
        `quick tests: ${++done} of ${byTest.size} have noticed ${noticed.size} of ${cases.length} mutants`,
      );
    });
  }

  async #ask(cases: readonly Case[]): Promise<void> {
    const { progress } = this.#options;
    const expected = ({ tests, passed }: Case): number => {
      const first = tests.find((test) => !passed.has(test));
      return first === undefined ? 1 : this.#ms(first);
    };
    const queue = cases.toSorted((a, b) => expected(a) - expected(b));
    let left = queue.reduce((sum, one) => sum + expected(one), 0);
    let over = 0;
    let done = 0;
    let noticed = 0;
    const started = performance.now();
    await this.#each(queue, async (one) => {
      if (await this.#judge(one)) noticed++;
      left -= expected(one);
      over += expected(one);
      done++;
      const remaining = ((performance.now() - started) * left) / over;
      progress.update(
        `${done} of ${queue.length} mutants, ${noticed} noticed, about ${duration(remaining)} to go`,
      );
    });
  }

  /** @returns whether a test noticed it */
  async #judge({ mutant, tests: asked, passed }: Case): Promise<boolean> {
    const { ledger, runs, tests } = this.#options;
    const ran: Record<string, string> = {};
    for (const test of asked) {
      ran[test] = tests.get(test) ?? "";
      if (passed.has(test)) continue;
      const verdict = await mutantRun(test, mutant.id, runs, this.#ms(test));
      if (verdict === "passed") continue;
      ledger.setFate(mutant.key, { by: test, ran });
      return true;
    }
    ledger.setFate(mutant.key, { by: null, ran });
    return false;
  }

  #testsOf(mutant: Mutant): string[] {
    const all = testsFor(mutant.file, [...this.#options.tests.keys()]);
    const asked = all.filter((test) => {
      const known = this.#known(test);
      return known?.ok === true && this.#reaches(known, mutant);
    });
    return inOrder(mutant.file, asked, (test) => this.#ms(test));
  }

  /** Of a file that has changed since, only that it was reached at all is known. */
  #reaches({ reached, files }: KnownTest, { key, file }: Mutant): boolean {
    const keys = this.#reachedOf(reached);
    if (keys.has(key)) return true;
    return files.includes(file) && !this.#keysOf(file).some((other) => keys.has(other));
  }

  readonly #reachedSets = new WeakMap<readonly string[], Set<string>>();
  #reachedOf(reached: readonly string[]): Set<string> {
    const known = this.#reachedSets.get(reached) ?? new Set(reached);
    this.#reachedSets.set(reached, known);
    return known;
  }

  #byFile: Map<string, string[]> | undefined;
  #keysOf(file: string): readonly string[] {
    this.#byFile ??= new Map(
      [...Map.groupBy(this.#options.mutants, (mutant) => mutant.file)].map(([path, mutants]) => [
        path,
        mutants.map(({ key }) => key),
      ]),
    );
    return this.#byFile.get(file) ?? [];
  }

  #known(test: string): KnownTest | undefined {
    return this.#options.ledger.test(test, this.#options.tests.get(test) ?? "");
  }

  #ms(test: string): number {
    return this.#known(test)?.ms ?? 0;
  }

  #fate({ mutant, tests }: Pick<Case, "mutant" | "tests">): { readonly by: string | null } | undefined {
    if (tests.length === 0) return undefined;
    const hashes = new Map(tests.map((test) => [test, this.#options.tests.get(test) ?? ""]));
    return this.#options.ledger.fate(mutant.key, hashes);
  }

  async #each<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
    const { atOnce, ledger, runs } = this.#options;
    const rest = items.values();
    const worker = async (): Promise<void> => {
      for (const item of rest) {
        runs.signal.throwIfAborted();
        await work(item);
        if (performance.now() - this.#savedAt < SAVE_EVERY_MS) continue;
        this.#savedAt = performance.now();
        await ledger.save();
      }
    };
    await Promise.all(Array.from({ length: atOnce }, worker));
  }
}
