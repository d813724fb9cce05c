/** What became of the mutants, as a table per folder and as a list of those that nobody noticed. */
import type { Mutant } from "./mutate.ts";

/** `unreached`: no test even came by. */
export type Outcome = "noticed" | "unnoticed" | "unreached";

export interface Judged {
  readonly mutant: Mutant;
  readonly outcome: Outcome;
}

/** Markdown: folder, mutants, noticed, share, and how many of the others no test reaches. */
export function tableOf(judged: readonly Judged[]): string {
  const folders = Map.groupBy(judged, ({ mutant }) => folderOf(mutant.file));
  const rows = [...folders]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([folder, all]) => row(`${folder}/`, all));
  return [
    "| folder | mutants | noticed | share | of the others, reached by no test |",
    "| --- | --- | --- | --- | --- |",
    ...rows,
    row("all", judged),
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

/** Those of the folders of which everything is known. */
export function inWholeFolders(known: readonly Judged[], all: readonly Mutant[]): Judged[] {
  const there = Map.groupBy(all, ({ file }) => folderOf(file));
  return [...Map.groupBy(known, ({ mutant }) => folderOf(mutant.file))].flatMap(([folder, judged]) =>
    judged.length === there.get(folder)?.length ? judged : [],
  );
}

/** Where a file stands, two folders deep at the most: a row of the table for each. */
function folderOf(file: string): string {
  return file.split("/").slice(0, -1).slice(0, 2).join("/");
}

function row(name: string, judged: readonly Judged[]): string {
  const count = (outcome: Outcome) => judged.filter((one) => one.outcome === outcome).length;
  const share = ((100 * count("noticed")) / judged.length).toFixed(1);
  return `| ${name} | ${judged.length} | ${count("noticed")} | ${share} % | ${count("unreached")} |`;
}
