import { readFile, writeFile } from "node:fs/promises";
import type { Measure, Outcome } from "./measure.ts";
import { markdownTable } from "./table.ts";

const FILE = new URL("../docs/benchmarks.md", import.meta.url);

/** The part of the page that `npm run e2e -- --write` writes. */
const CLUSTER_BEGINS = "<!-- real cluster -->";
const CLUSTER_ENDS = "<!-- end of real cluster -->";

type Found = readonly { readonly measure: Measure; readonly outcome: Outcome }[];

/** Writes docs/benchmarks.md: see {@link reportOn}. */
export async function writeReport(found: Found, all: readonly Measure[], quick: boolean): Promise<void> {
  await writeFile(FILE, reportOn(await readFile(FILE, "utf8"), found, all, quick));
}

/**
 * The page: the table, and for each measurement how it was done and what else was seen. What wasn't measured this time
 * stays as it was, and so can be of another day, on a machine that was slower or quicker then.
 * @param page as it was
 * @param all every measurement that there is, in the order of the page
 */
export function reportOn(page: string, found: Found, all: readonly Measure[], quick: boolean): string {
  const sections = sectionsOf(page);
  for (const { measure, outcome } of found) sections.set(measure.title, section(measure, outcome, quick));
  const measured = all.flatMap(({ title }) => sections.get(title) ?? []);
  const text = [
    "# Benchmarks",
    "",
    "What okta-role-operator costs, each thing beside what one would compare it with, in the same run on the same",
    `machine: 2 cores, 24 GiB, Linux, Node ${process.versions.node}. Everything runs on that machine at once: etcd and`,
    "kube-apiserver, the programs measured, and who asks them. So look at the ratios, not at the numbers alone: each part was",
    "measured by the command that stands there, not all of them on the same day. Operator and webhook are the bundles of the",
    "image, run by the image's command line with the heap that the chart's memory limit gives.",
    "",
    "`npm run bench -- --write` measures all of it; with `--only`, the other parts stay.",
    "",
    markdownTable([]),
    ...measured.flatMap(rowsIn),
    "",
    ...measured,
    clusterPart(page) ?? "",
  ].join("\n");
  return `${text.trimEnd()}\n`;
}

function section({ name, title, method }: Measure, { rows, notes }: Outcome, quick: boolean): string {
  return [
    `## ${title}`,
    "",
    `\`npm run bench -- --only ${name}${quick ? " --quick" : ""}\`, ${new Date().toISOString().slice(0, 10)}`,
    "",
    method,
    "",
    markdownTable(rows),
    "",
    ...notes.map((note) => `- ${note}`),
    "",
  ].join("\n");
}

/** The page's parts by their titles, as they stand there. */
function sectionsOf(page: string): Map<string, string> {
  const [, ...parts] = page.slice(0, page.indexOf(CLUSTER_BEGINS)).split(/^## /m);
  return new Map(parts.map((part) => [part.slice(0, part.indexOf("\n")), `## ${part.trimEnd()}\n`]));
}

/** The lines of the section's table, without its head. */
function rowsIn(text: string): string[] {
  return text
    .split("\n")
    .filter((line) => line.startsWith("| "))
    .slice(2);
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
