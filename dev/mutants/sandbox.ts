/** A copy of the repository, in which the code has all its mutants at once. */
import { execFile } from "node:child_process";
import { cp, mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** The project's files, also those that aren't committed yet. */
export async function filesIn(root: string): Promise<string[]> {
  return git(root, "ls-files", "--cached", "--others", "--exclude-standard", "--deduplicate");
}

/** @throws Error, as git has it, when there is no such commit */
export async function changedSince(root: string, ref: string): Promise<string[]> {
  return git(root, "diff", "--name-only", "--diff-filter=d", "--relative", ref);
}

async function git(root: string, ...args: string[]): Promise<string[]> {
  const { stdout } = await run("git", args, { cwd: root, maxBuffer: 2 ** 26 });
  return stdout.split("\n").filter((line) => line !== "");
}

/**
 * The copy lies within the repository, where Node finds the packages, and in a folder that git ignores.
 * @param texts what stands in a file there instead
 */
export async function makeSandbox(
  root: string,
  sandbox: string,
  files: readonly string[],
  texts: ReadonlyMap<string, string>,
): Promise<void> {
  await rm(sandbox, { recursive: true, force: true });
  for (const file of files) {
    const target = join(sandbox, file);
    await mkdir(dirname(target), { recursive: true });
    const text = texts.get(file);
    await (text === undefined ? cp(join(root, file), target) : writeFile(target, text));
  }
}
