/** Some of the mutants, drawn by lot, where to ask about all would take days. */
import { folderOf } from "./belonging.ts";
import type { Mutant } from "./mutate.ts";

/**
 * So many of each folder, or all of it. A mutant's key is a hash of its file and its place and thus as good as a lot: who
 * draws again gets the same ones, and who draws more gets these and others.
 */
export function drawn(mutants: readonly Mutant[], ofEachFolder: number): Mutant[] {
  const lots = mutants.toSorted((a, b) => (a.key < b.key ? -1 : 1));
  return [...Map.groupBy(lots, ({ file }) => folderOf(file)).values()].flatMap((its) =>
    its.slice(0, ofEachFolder),
  );
}
