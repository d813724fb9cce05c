/** What is known of mutants and tests from one run to the next, so that a run goes on where another stopped. */
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { z } from "zod";

const test = z.object({
  /** Of the test file, when it was run. */
  hash: z.string(),
  ok: z.boolean(),
  ms: z.number(),
  /** The mutants that it reaches, by key. */
  reached: z.array(z.string()),
  /** The files that it reaches, whatever has become of them. */
  files: z.array(z.string()),
});

const fate = z.object({
  /** The test file that noticed the mutant, or null where none did. */
  by: z.string().nullable(),
  /** All that were run, with their hashes: what comes of others isn't known. */
  ran: z.record(z.string(), z.string()),
});

const schema = z.object({ tests: z.record(z.string(), test), mutants: z.record(z.string(), fate) });

export type KnownTest = z.infer<typeof test>;
export type Fate = z.infer<typeof fate>;

export class Ledger {
  readonly #path: string;
  readonly #tests: Map<string, KnownTest>;
  readonly #mutants: Map<string, Fate>;

  private constructor(path: string, known: z.infer<typeof schema>) {
    this.#path = path;
    this.#tests = new Map(Object.entries(known.tests));
    this.#mutants = new Map(Object.entries(known.mutants));
  }

  /** @throws SyntaxError or z.ZodError when there is a file that isn't a ledger */
  static async open(path: string): Promise<Ledger> {
    const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOENT") throw error;
      return '{"tests":{},"mutants":{}}';
    });
    return new Ledger(path, schema.parse(JSON.parse(text)));
  }

  /** What a test file does, as long as it is the same. What it reaches may have changed all the same. */
  test(path: string, hash: string): KnownTest | undefined {
    const known = this.#tests.get(path);
    return known?.hash === hash ? known : undefined;
  }

  /** What became of a mutant, as long as the tests that decided it are the same. */
  fate(mutant: string, tests: ReadonlyMap<string, string>): Fate | undefined {
    const known = this.#mutants.get(mutant);
    if (!known) return undefined;
    if (known.by !== null) return tests.get(known.by) === known.ran[known.by] ? known : undefined;
    return [...tests].every(([test, hash]) => known.ran[test] === hash) ? known : undefined;
  }

  setTest(path: string, known: KnownTest): void {
    this.#tests.set(path, known);
  }

  setFate(mutant: string, fate: Fate): void {
    this.#mutants.set(mutant, fate);
  }

  /** All at once or not at all. */
  async save(): Promise<void> {
    const known = { tests: Object.fromEntries(this.#tests), mutants: Object.fromEntries(this.#mutants) };
    await mkdir(dirname(this.#path), { recursive: true });
    await writeFile(`${this.#path}.new`, JSON.stringify(known));
    await rename(`${this.#path}.new`, this.#path);
  }
}
