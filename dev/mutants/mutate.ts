/** What could be wrong in a file: the small changes that Stryker's mutators make, all of them in one text. */
import { createHash } from "node:crypto";
import { Instrumenter } from "@stryker-mutator/instrumenter";

/** A small change of the code that a test should notice. */
export interface Mutant {
  /** Which one it is in this run: what `__STRYKER_ACTIVE_MUTANT__` names. */
  readonly id: string;
  /** Which one it is in every run, for as long as the file stays as it is. */
  readonly key: string;
  /** Path in the repository. */
  readonly file: string;
  /** The first line is 1. */
  readonly line: number;
  /** Such as EqualityOperator. */
  readonly mutator: string;
  readonly replacement: string;
}

export interface Mutated {
  readonly mutants: readonly Mutant[];
  /** The files with all their mutants in them, by path. Without an active mutant they do what they did. */
  readonly texts: ReadonlyMap<string, string>;
}

/** Texts for people are many, and a test that holds each word of them holds them up. */
const EXCLUDED = ["StringLiteral"];

const OPTIONS = {
  plugins: [],
  ignorers: [],
  excludedMutations: EXCLUDED,
  noHeader: false,
  mutationRange: [],
};

/**
 * Stryker's own runner isn't used: it runs one command for every mutant, while here each file has tests of its own, and
 * those that need a cluster share one.
 * @param sources the files to mutate, by path
 */
export async function mutate(sources: ReadonlyMap<string, string>): Promise<Mutated> {
  const files = Array.from(sources, ([name, content]) => ({ name, content, mutate: true }));
  const { files: written, mutants } = await new Instrumenter(SILENT).instrument(files, OPTIONS);
  const made = mutants.filter(({ status }) => status !== "Ignored");
  return {
    mutants: made.map(({ id, fileName, mutatorName, replacement, location: { start, end } }) => {
      const where = [start.line, start.column, end.line, end.column].join(":");
      return {
        id,
        key: hashOf([hashOf([sources.get(fileName) ?? ""]), where, replacement]),
        file: fileName,
        line: start.line + 1,
        mutator: mutatorName,
        replacement,
      };
    }),
    texts: new Map(written.map(({ name, content }) => [name, content])),
  };
}

/** A short one: what it tells apart are the mutants and files of one repository. */
export function hashOf(parts: readonly string[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("base64url").slice(0, 16);
}

const no = () => false;
const nothing = () => {};

/** It says which files it has read, at the most. */
const SILENT = {
  isTraceEnabled: no,
  isDebugEnabled: no,
  isInfoEnabled: no,
  isWarnEnabled: no,
  isErrorEnabled: no,
  isFatalEnabled: no,
  trace: nothing,
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  fatal: nothing,
};
