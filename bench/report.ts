import { readFile, writeFile } from "node:fs/promises";
import type { Measure, Outcome } from "./measure.ts";
import { markdownTable } from "./table.ts";

const FILE = new URL("../docs/benchmarks.md", import.meta.url);

/** The part of the page that `npm run e2e -- --write` writes. */
const CLUSTER_BEGINS = "<!-- real cluster -->";
const CLUSTER_ENDS = "<!-- end of real cluster -->";

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
    "kube-apiserver, the programs measured, and who asks them. So look at the ratios, not at the numbers alone. Operator and",
    "webhook are the bundles of the image, run by the image's command line with the heap that the chart's memory limit gives.",
    "",
    `This page was written by \`npm run bench -- ${quick ? "--quick " : ""}--write\` in ${Math.round(tookMs / 60_000)} minutes.`,
    "",
    markdownTable(found.flatMap(({ outcome }) => outcome.rows)),
    "",
    ...sections,
    clusterPart(await readFile(FILE, "utf8")) ?? "",
  ].join("\n");
  await writeFile(FILE, `${text.trimEnd()}\n`);
}

/**
 * Writes what was seen on a real cluster into docs/benchmarks.md.
 * @param found each step that had something to tell
 */
export async function writeClusterReport(found: readonly { title: string; detail: string }[]): Promise<void> {
  const part = [
    CLUSTER_BEGINS,
    "## On a real cluster",
    "",
    "`npm run e2e -- --write`",
    "",
    "The image and the chart on a one-node cluster (kubelet, containerd, 2 cores), the Okta stand-in beside them. Two pods",
    "unless said otherwise. The image's base is made of Debian's packages (`dev/image/`), since no registry of images is",
    "needed here; with the Dockerfile's own it is larger, and has a shell.",
    "",
    "| What | Seen |",
    "| --- | --- |",
    ...found.map(
      ({ title, detail }) => `| ${title} | ${detail.replaceAll("|", "\\|").replaceAll("\n", "<br>")} |`,
    ),
    "",
    CLUSTER_ENDS,
  ].join("\n");
  const page = await readFile(FILE, "utf8");
  const before = clusterPart(page);
  const text = before === undefined ? `${page.trimEnd()}\n\n${part}` : page.replace(before, () => part);
  await writeFile(FILE, `${text.trimEnd()}\n`);
}

function clusterPart(page: string): string | undefined {
  const [begin, end] = [page.indexOf(CLUSTER_BEGINS), page.indexOf(CLUSTER_ENDS)];
  return begin < 0 || end < begin ? undefined : page.slice(begin, end + CLUSTER_ENDS.length);
}
