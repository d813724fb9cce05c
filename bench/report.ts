import { writeFile } from "node:fs/promises";
import type { Measure, Outcome } from "./measure.ts";
import { markdownTable } from "./table.ts";

const FILE = new URL("../docs/benchmarks.md", import.meta.url);

/** Writes docs/benchmarks.md: the table, and for each measurement how it was done and what else was seen. */
export async function writeReport(
  found: readonly { measure: Measure; outcome: Outcome }[],
  { quick, tookMs }: { quick: boolean; tookMs: number },
): Promise<void> {
  const sections = found.flatMap(({ measure, outcome }) => [
    `## ${measure.title}`,
    "",
    `\`npm run bench -- --only ${measure.name}\``,
    "",
    measure.method,
    "",
    ...outcome.notes.map((note) => `- ${note}`),
    "",
  ]);
  const text = [
    "# Benchmarks",
    "",
    "What okta-role-operator costs, each thing beside what one would compare it with, in the same run on the same",
    `machine: 2 cores, 24 GiB, Linux, Node ${process.versions.node}. Everything runs on that machine at once: etcd and`,
    "kube-apiserver, the programs measured, and who asks them. So look at the ratios, not at the numbers alone.",
    "",
    `This page was written by \`npm run bench -- ${quick ? "--quick " : ""}--write\` in ${Math.round(tookMs / 60_000)} minutes.`,
    "",
    markdownTable(found.flatMap(({ outcome }) => outcome.rows)),
    "",
    ...sections,
  ].join("\n");
  await writeFile(FILE, `${text.trimEnd()}\n`);
}
