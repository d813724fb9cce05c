import { readFile } from "node:fs/promises";
import type { Logger } from "pino";

export interface ChangingFilesOptions {
  log: Logger;
  /** How often they are looked at, in milliseconds; 10 s. The kubelet takes a minute to bring what has changed. */
  everyMs?: number;
}

/**
 * Reads files that are replaced while the process runs, as those of mounted Secrets and ConfigMaps are, and gives their
 * contents to `apply`: now, and whenever they have changed. They are read, not watched: the kubelet replaces a folder
 * above them, of which a watch on a file doesn't hear.
 *
 * What fails later is logged, and what was applied before stays: of two files that belong together, one may have been
 * read before they were replaced and one after; then they are whole the next time.
 *
 * @returns ends it
 * @throws what reading or `apply` throws at first
 */
export async function followFiles(
  paths: readonly string[],
  apply: (contents: readonly string[]) => void,
  { log, everyMs = 10_000 }: ChangingFilesOptions,
): Promise<() => void> {
  const read = () => Promise.all(paths.map((path) => readFile(path, "utf8")));
  let known = await read();
  apply(known);
  let failing = false;
  const look = async () => {
    try {
      const contents = await read();
      failing = false;
      if (contents.every((content, index) => content === known[index])) return;
      known = contents;
      apply(contents);
    } catch (error) {
      if (!failing)
        log.warn(
          { err: error, paths },
          "files that have changed can't be taken, going on with what they were",
        );
      failing = true;
    }
  };
  // One after the other: a look that takes long must not say last what was so first.
  let isLooking = false;
  const timer = setInterval(async () => {
    if (isLooking) return;
    isLooking = true;
    await look();
    isLooking = false;
  }, everyMs).unref();
  return () => clearInterval(timer);
}
