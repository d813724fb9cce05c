import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "../../dev/cluster/run.ts";
import { SkippedError } from "./cluster.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** The version that people upgrade from. */
export const released = { version: "0.1.0", commit: "e692ee5007c414b03e533ec946ac2649841b41d3" } as const;

/**
 * The source of that version, as git has it.
 *
 * @returns a folder, and what removes it
 * @throws SkippedError where git doesn't have it
 */
export async function releasedSource(): Promise<{ folder: string; remove: () => Promise<void> }> {
  const { version, commit } = released;
  await run("git", ["cat-file", "-e", `${commit}^{commit}`], { cwd: root }).catch((cause: unknown) => {
    throw new SkippedError(
      `git doesn't have the source of ${version} here: in a shallow clone, git fetch --unshallow brings it`,
      { cause },
    );
  });
  const folder = await mkdtemp(join(tmpdir(), "okta-role-operator-released-"));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    const archive = join(folder, "source.tar");
    await run("git", ["archive", "--output", archive, commit], { cwd: root });
    await run("tar", ["--extract", "--file", archive, "--directory", folder]);
    await rm(archive);
  } catch (error) {
    await remove();
    throw error;
  }
  return { folder, remove };
}
