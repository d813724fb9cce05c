import { rename, writeFile } from "node:fs/promises";

/** Replaces a file as a whole, as Kubernetes does it: whoever reads it meets either content, and never half of one. */
export async function replaceFile(path: string, content: string): Promise<void> {
  await writeFile(`${path}.new`, content);
  await rename(`${path}.new`, path);
}
