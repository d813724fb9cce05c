/** Files that import each other, directly or by others. */
import type { Import } from "./imports.ts";

/**
 * @returns circles that name every file that is in any: for each, in the order of their paths, the shortest way back to
 * itself, unless a circle before it names it. A circle is its imports in order; the last one leads back.
 */
export function circlesIn(imports: readonly Import[]): [Import, ...Import[]][] {
  const importsOf = Map.groupBy(imports, ({ from }) => from);
  const circles: [Import, ...Import[]][] = [];
  const seen = new Set<string>();
  for (const file of [...importsOf.keys()].sort()) {
    if (seen.has(file)) continue;
    const circle = wayBack(file, importsOf);
    if (!circle) continue;
    circles.push(circle);
    for (const { from } of circle) seen.add(from);
  }
  return circles;
}

/** @returns the shortest way from a file to itself */
function wayBack(
  file: string,
  importsOf: ReadonlyMap<string, readonly Import[]>,
): [Import, ...Import[]] | undefined {
  const cameBy = new Map<string, Import>();
  const next = [file];
  for (const here of next) {
    for (const step of importsOf.get(here) ?? []) {
      if (cameBy.has(step.to)) continue;
      cameBy.set(step.to, step);
      if (step.to === file) return wayTo(step, file, cameBy);
      next.push(step.to);
    }
  }
  return undefined;
}

/** @returns the steps from the file to the last one */
function wayTo(last: Import, file: string, cameBy: ReadonlyMap<string, Import>): [Import, ...Import[]] {
  let way: [Import, ...Import[]] = [last];
  for (;;) {
    const before = way[0].from === file ? undefined : cameBy.get(way[0].from);
    if (!before) return way;
    way = [before, ...way];
  }
}
