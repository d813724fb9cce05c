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
