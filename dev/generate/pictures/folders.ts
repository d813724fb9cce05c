/** The product's folders, and which imports which. */
import type { Import } from "../../layout/imports.ts";
import { PRODUCT, STORES } from "../../layout/sentences.ts";

/** What has a box of its own, from the top down; a store stands above what it implements. */
const FOLDERS = [...PRODUCT]
  .reverse()
  .flatMap((folder) => (folder === "identity/" ? [STORES, folder] : [folder]));

/** Those whose folders are drawn in their box. */
const OPENED = ["okta/", "kubernetes/"];

/** Folder -> the folders that it imports. */
type Arrows = ReadonlyMap<string, ReadonlySet<string>>;

/**
 * @param imports of the whole repository
 * @returns a mermaid flow chart. An arrow that only shortens a way over others isn't in it
 */
export function foldersPicture(imports: readonly Import[]): string {
  const between = arrowsOf(imports, (path) => FOLDERS.find((folder) => path.startsWith(folder)));
  const boxes = FOLDERS.flatMap((folder) =>
    OPENED.includes(folder) ? opened(folder, imports) : [box(folder, folder)],
  );
  return ["flowchart TD", ...indented([...boxes, ...drawn(between)])].join("\n");
}

/** A folder's box with its own folders in it. Its own files have none there: they are for all of it, or of all of it. */
function opened(folder: string, imports: readonly Import[]): string[] {
  const inside = imports.filter(({ from, to }) => from.startsWith(folder) && to.startsWith(folder));
  const subfolderOf = (path: string): string | undefined => /^[^/]+\/[^/]+\//.exec(path)?.[0];
  const subfolders = new Set(inside.flatMap(({ from, to }) => [subfolderOf(from), subfolderOf(to)]));
  const boxes = [...subfolders]
    .filter((name) => name !== undefined)
    .sort()
    .map((name) => box(name, name.slice(folder.length)));
  return [
    `subgraph ${idOf(folder)}["${folder}"]`,
    ...indented([...boxes, ...drawn(arrowsOf(inside, subfolderOf))]),
    "end",
  ];
}

function arrowsOf(imports: readonly Import[], boxOf: (path: string) => string | undefined): Arrows {
  const arrows = new Map<string, Set<string>>();
  for (const { from, to } of imports) {
    const [start, end] = [boxOf(from), boxOf(to)];
    if (start && end && start !== end) arrows.set(start, (arrows.get(start) ?? new Set()).add(end));
  }
  return arrows;
}

function drawn(arrows: Arrows): string[] {
  return [...arrows.keys()]
    .sort()
    .flatMap((start) => longWays(start, arrows).map((end) => `${idOf(start)} --> ${idOf(end)}`));
}

/**
 * @returns where arrows go from here, without those that only shorten a way over other arrows. A way round a circle is
 * no longer way: of a circle, all arrows are drawn
 */
function longWays(start: string, arrows: Arrows): string[] {
  const ends = [...(arrows.get(start) ?? [])].sort();
  const beyond = ends.map((end) => reachableFrom(end, arrows)).filter((reached) => !reached.has(start));
  return ends.filter((end) => !beyond.some((reached) => reached.has(end)));
}

/** @returns every folder that arrows lead to from this one, which is among them in a circle only */
function reachableFrom(start: string, arrows: Arrows): ReadonlySet<string> {
  const reached = new Set(arrows.get(start));
  for (const folder of reached) for (const next of arrows.get(folder) ?? []) reached.add(next);
  return reached;
}

function box(folder: string, name: string): string {
  return `${idOf(folder)}["${name}"]`;
}

function idOf(folder: string): string {
  return folder.slice(0, -1).replaceAll("/", "-");
}

function indented(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}
