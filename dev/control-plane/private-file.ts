import { rename, writeFile } from "node:fs/promises";

/** Writes a file with a secret in it: readable by this user alone from the first byte, and never half written. */
export async function writePrivately(path: string, content: string): Promise<void> {
  const partial = `${path}.${process.pid}`;
  await writeFile(partial, content, { mode: 0o600 });
  await rename(partial, path);
}
