import { stripVTControlCharacters } from "node:util";

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** What AVA's closing lines call failures: each is one line with a number in front. */
const FAILURES =
  /^(\d+) (?:tests? failed|hooks? failed|uncaught exceptions?|unhandled rejections?|tests? remained pending)/;
const SKIPPED = /^(\d+) tests? (?:skipped|todo)/;
const PASSED_TEST = /^[✔√] /;

/**
 * Reads AVA's counts from what its default reporter printed. AVA has no other way to tell them that is meant for
 * programs and leaves its output readable for people.
 *
 * The closing lines name what passed only when all did, so passed tests are counted where they are reported. Whatever
 * else makes AVA fail (a file that doesn't load, no tests in a file) has no number and counts as one.
 *
 * @param output all that AVA printed on stdout
 * @param exitCode AVA's
 */
export function countsOf(output: string, exitCode: number): Counts {
  let [passed, failed, skipped] = [0, 0, 0];
  for (const raw of stripVTControlCharacters(output).split("\n")) {
    const line = raw.trim();
    if (PASSED_TEST.test(line)) passed += 1;
    failed += Number(FAILURES.exec(line)?.[1] ?? 0);
    skipped += Number(SKIPPED.exec(line)?.[1] ?? 0);
  }
  return { passed, failed: failed === 0 && exitCode !== 0 ? 1 : failed, skipped };
}
