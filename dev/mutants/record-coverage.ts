/**
 * Loaded into every process of a test file that runs without an active mutant: notes which mutants were reached, in
 * the folder that MUTANTS_REACHED names. Now and then as well as at the end, since some of the programs that a test
 * starts are killed.
 */
import { randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

interface Reached {
  readonly static: Readonly<Record<string, number>>;
}

const EVERY_MS = 500;

const folder = process.env.MUTANTS_REACHED;
if (folder) {
  const file = join(folder, randomUUID());
  let written = 0;
  const write = (): void => {
    const { __stryker__: noted } = globalThis as { __stryker__?: { mutantCoverage?: Reached } };
    const ids = Object.keys(noted?.mutantCoverage?.static ?? {});
    if (ids.length === written) return;
    written = ids.length;
    writeFileSync(file, ids.join("\n"));
  };
  setInterval(write, EVERY_MS).unref();
  process.on("exit", write);
}
