/** What became of the mutants, as a table per folder and as a list of those that nobody noticed. */
import { folderOf } from "./belonging.ts";
import type { Mutant } from "./mutate.ts";

/** `unreached`: no test even came by. */
export type Outcome = "noticed" | "unnoticed" | "unreached";

export interface Judged {
  readonly mutant: Mutant;
  readonly outcome: Outcome;
}

/**
 * Markdown: folder, its mutants, those that were asked about, those of them that were noticed, their share, and how many
 * of the others no test reaches. Where not all were asked about, how far the share of all may be from that of those, at
 * 95 % of all draws.
 * @param all the mutants that there are in these folders
 */
export function tableOf(judged: readonly Judged[], all: readonly Mutant[]): string {
  const there = Map.groupBy(all, ({ file }) => folderOf(file));
  const folders = Map.groupBy(judged, ({ mutant }) => folderOf(mutant.file));
  const rows = [...folders]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([folder, its]) => row(`${folder}/`, its, there.get(folder)?.length ?? its.length));
  return [
    "| folder | mutants | asked about | noticed | share | of the others, reached by no test |",
    "| --- | --- | --- | --- | --- | --- |",
    ...rows,
  ].join("\n");
}

/** One line for each that nobody noticed, by file and line. */
export function survivorsOf(judged: readonly Judged[]): string {
  return judged
    .filter(({ outcome }) => outcome !== "noticed")
    .map(({ mutant: { file, line, mutator, replacement }, outcome }) => {
      const what = replacement.replaceAll(/\s+/g, " ").slice(0, 100);
      return `${file}:${line} ${mutator}: ${what}${outcome === "unreached" ? " (reached by no test)" : ""}`;
    })
    .join("\n");
}

/**
 * Of each folder what may stand for all of it: all, where that is known, or else those that were drawn. Of a folder of
 * which neither is known whole, nothing: what is noticed is known sooner than what isn't.
 */
export function representative(
  known: readonly Judged[],
  all: readonly Mutant[],
  drawn: readonly Mutant[],
): Judged[] {
  const judged = new Map(known.map((one) => [one.mutant.key, one]));
  const ofDrawn = Map.groupBy(drawn, ({ file }) => folderOf(file));
  return [...Map.groupBy(all, ({ file }) => folderOf(file))].flatMap(([folder, there]) => {
    for (const wanted of [there, ofDrawn.get(folder) ?? []]) {
      const its = wanted.flatMap(({ key }) => judged.get(key) ?? []);
      if (its.length === wanted.length) return its;
    }
    return [];
  });
}

function row(name: string, judged: readonly Judged[], there: number): string {
  const count = (outcome: Outcome) => judged.filter((one) => one.outcome === outcome).length;
  const asked = judged.length;
  const share = count("noticed") / asked;
  // Drawn without putting back, from few: https://en.wikipedia.org/wiki/Margin_of_error#Effect_of_population_size
  const margin =
    1.96 * Math.sqrt(((share * (1 - share)) / asked) * ((there - asked) / Math.max(1, there - 1)));
  const shown = `${(100 * share).toFixed(1)}${asked < there ? ` ± ${(100 * margin).toFixed(1)}` : ""} %`;
  return `| ${name} | ${there} | ${asked} | ${count("noticed")} | ${shown} | ${count("unreached")} |`;
}
