import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ExecutionContext } from "ava";

/** A folder that goes with the test, for one that needs no cluster. */
export async function temporaryFolder(t: ExecutionContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "guarding-"));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
