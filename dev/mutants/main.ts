/**
 * Makes the code wrong in one small place after the other, and looks whether a test notices.
 *
 *   npm run mutants                     everything; days
 *   npm run mutants -- PATH...          the files in these folders, or these files
 *   npm run mutants -- --since REF      the files that differ from a commit; minutes
 *   npm run mutants -- --sample N       N mutants of each folder, drawn by lot
 *   npm run mutants -- --tests PATH     what these tests notice by themselves
 *   npm run mutants -- --fresh          as if it had never run
 *   npm run mutants -- --write          puts the table of all that is known into docs/development.md
 *
 * What is known is kept in .cache/mutants: a run goes on where another was stopped, and looks again only at files and
 * tests that have changed. Ends with a table per folder; those that nobody noticed stand in .cache/mutants/unnoticed.txt.
 */
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { exclusively } from "../control-plane/build-lock.ts";
import { startControlPlane } from "../control-plane/control-plane.ts";
import { environmentOf } from "../control-plane/environment.ts";
import { installCrds } from "../control-plane/install.ts";
import { type Progress, showProgress } from "../control-plane/progress.ts";
import { isMutated } from "./belonging.ts";
import { drawn } from "./drawn.ts";
import { Hunt } from "./hunt.ts";
import { Ledger } from "./ledger.ts";
import { hashOf, mutate } from "./mutate.ts";
import { representative, survivorsOf, tableOf } from "./report.ts";
import { changedSince, filesIn, makeSandbox } from "./sandbox.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const cache = join(root, ".cache/mutants");
/** Beside it, since --fresh removes that. */
const lock = join(root, ".cache/mutants.lock");
const page = join(root, "docs/development.md");

const HELP = `npm run mutants [-- PATH... | --since REF] [--sample N] [--tests PATH]... [--at-once N] [--fresh] [--write]

PATH         a folder or a file, such as identity or okta/oidc/issuer.ts; default: everything, which takes days
--since REF  the files that differ from this commit
--sample N   of each folder only N mutants, drawn by lot, always the same ones as long as the files are the same
--tests PATH only these test files, or those in this folder, are asked: what the others notice isn't known then,
             so that --write writes nothing
--at-once N  test files that run at the same time; default: one per core, more where they wait more than they work
--fresh      forgets what earlier runs have found
--write      puts the table into docs/development.md: the folders of which all is known, or all that
             --sample draws, by this run and earlier ones`;

interface Wanted {
  readonly paths: readonly string[];
  readonly since: string | undefined;
  readonly sample: number | undefined;
  readonly tests: readonly string[];
  readonly atOnce: number | undefined;
  readonly fresh: boolean;
  readonly write: boolean;
}

async function main(): Promise<number> {
  const { values, positionals: paths } = parseArgs({
    allowPositionals: true,
    options: {
      since: { type: "string" },
      sample: { type: "string" },
      tests: { type: "string", multiple: true, default: [] },
      "at-once": { type: "string" },
      fresh: { type: "boolean", default: false },
      write: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const { since, tests, fresh, write } = values;
  const sample = countOf(values.sample, "--sample");
  const atOnce = countOf(values["at-once"], "--at-once");
  const progress = showProgress();
  await mkdir(dirname(lock), { recursive: true });
  // What is known and the copy have one place, where a second run would change them under the feet of the first.
  return exclusively(
    lock,
    () => progress.update("waiting for another run here to end"),
    () => judge({ paths, since, sample, tests, atOnce, fresh, write }, progress),
  );
}

async function judge(
  { paths, since, sample, tests: asked, atOnce, fresh, write }: Wanted,
  progress: Progress,
): Promise<number> {
  const files = await filesIn(root);
  const texts = new Map<string, string>();
  for (const file of files.filter(isMutated)) texts.set(file, await readFile(join(root, file), "utf8"));
  const changed = since === undefined ? undefined : new Set(await changedSince(root, since));
  const wanted = [...texts.keys()].filter((file) => (changed?.has(file) ?? true) && isIn(file, paths));
  if (wanted.length === 0) {
    console.log("no file of the product is meant by that");
    return paths.length > 0 ? 2 : 0;
  }

  progress.step(`mutating ${texts.size} files`);
  const mutated = await mutate(texts);
  if (fresh) await rm(cache, { recursive: true, force: true });
  await mkdir(cache, { recursive: true });
  const ledger = await Ledger.open(join(cache, "ledger.json"));
  const sandbox = join(cache, "sandbox");
  await makeSandbox(root, sandbox, files, mutated.texts);
  const tests = new Map<string, string>();
  for (const file of files.filter((path) => path.endsWith(".test.ts") && isIn(path, asked)))
    tests.set(file, hashOf([await readFile(join(root, file), "utf8")]));

  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => stop.abort());
  const controlPlane = await startControlPlane();
  try {
    await installCrds(controlPlane);
    const hunt = new Hunt({
      mutants: mutated.mutants,
      tests,
      ledger,
      runs: { root: sandbox, env: environmentOf(controlPlane), signal: stop.signal },
      atOnce: atOnce ?? availableParallelism(),
      progress,
    });
    const meant = new Set(wanted);
    const there = mutated.mutants.filter(({ file }) => meant.has(file));
    const judged = await hunt.run(sample === undefined ? there : drawn(there, sample));
    console.log(`\n${tableOf(judged, there)}`);
    const unnoticed = join(cache, "unnoticed.txt");
    await writeFile(unnoticed, `${survivorsOf(judged)}\n`);
    console.log("\nthose that nobody noticed: .cache/mutants/unnoticed.txt");
    if (write && asked.length === 0) {
      const all = mutated.mutants;
      const known = hunt.known(all);
      await writeTable(tableOf(representative(known, all, drawn(all, sample ?? 0)), all));
    }
    return 0;
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    console.log("\nstopped; the same command goes on from here");
    return 130;
  } finally {
    await ledger.save();
    await controlPlane.stop();
  }
}

/** @throws Error when it isn't a number of things */
function countOf(text: string | undefined, option: string): number | undefined {
  if (text === undefined) return undefined;
  if (!/^[1-9]\d*$/.test(text)) throw new Error(`${option} wants a number, as in ${option} 50`);
  return Number(text);
}

function isIn(file: string, paths: readonly string[]): boolean {
  return (
    paths.length === 0 ||
    paths.some((path) => file === path || file.startsWith(`${path.replace(/\/$/, "")}/`))
  );
}

/** Between two comments, which the page has. */
async function writeTable(table: string): Promise<void> {
  const text = await readFile(page, "utf8");
  const between = /(<!-- mutants -->\n)[\s\S]*?(\n<!-- \/mutants -->)/;
  await writeFile(
    page,
    text.replace(between, (_, begin: string, end: string) => `${begin}${table}${end}`),
  );
}

process.exitCode = await main();
