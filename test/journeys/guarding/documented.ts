import { readdir, readFile } from "node:fs/promises";

const DOCS = new URL("../../../docs/", import.meta.url);
const PROXIES = new URL("proxies/", DOCS);

/** The page. */
export function applicationsPage(): Promise<string> {
  return readFile(new URL("applications.md", DOCS), "utf8");
}

/** The names of the files for proxies. */
export function documentedFiles(): Promise<string[]> {
  return readdir(PROXIES);
}

/** A configuration as docs/proxies/ has it, with addresses of this machine in place of those that stand there. */
export async function documented(file: string, replace: Readonly<Record<string, string>>): Promise<string> {
  const block = await readFile(new URL(file, PROXIES), "utf8");
  return Object.entries(replace).reduce((text, [from, to]) => {
    // Or a test would run something else than what people copy.
    if (!text.includes(from)) throw new Error(`the documented ${file} doesn't have ${from}`);
    return text.replaceAll(from, to);
  }, block);
}
