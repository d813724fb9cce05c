/** The project's own source files, and the pages beside them. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** Path in the repository -> what is in it. */
export type Sources = ReadonlyMap<string, string>;

/** What the repository's folder holds that isn't the project's: packages, and what commands leave behind. */
const NOT_OURS = new Set(["node_modules", "dist", "coverage"]);

/**
 * @param root the repository's folder
 * @returns every program (TypeScript, JavaScript) and page (Markdown) in its folders, and the pages beside them, by path
 */
export async function readSources(root: string): Promise<Sources> {
  const paths: string[] = [];
  for (const entry of await readdir(root, { withFileTypes: true })) {
    if (isPage(entry.name)) paths.push(entry.name);
    if (!entry.isDirectory() || entry.name.startsWith(".") || NOT_OURS.has(entry.name)) continue;
    for (const inside of await readdir(join(root, entry.name), { recursive: true })) {
      const path = `${entry.name}/${inside}`;
      if (isProgram(path) || isPage(path)) paths.push(path);
    }
  }
  paths.sort();
  const texts = await Promise.all(paths.map((path) => readFile(join(root, path), "utf8")));
  return new Map(paths.map((path, index) => [path, texts[index] ?? ""]));
}

/** Whether it is something that imports. */
export function isProgram(path: string): boolean {
  return /\.[cm]?[jt]s$/.test(path);
}

function isPage(path: string): boolean {
  return path.endsWith(".md");
}
