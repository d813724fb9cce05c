import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { exclusively } from "./build-lock.ts";
import { findGo, goarch, goos } from "./go.ts";
import { duration, type Progress } from "./progress.ts";
import { aboutTime, TimeLeft } from "./time-left.ts";

/** Programs that are built from one Go module, whose go.mod and go.sum pin everything by hash. */
export interface GoTools {
  /** The folder of the module under go/. */
  readonly module: string;
  /** The Go module whose version is the programs' version. */
  readonly source: string;
  /** File name -> Go package. */
  readonly programs: Readonly<Record<string, string>>;
  /** What the linker is told beyond -s -w. */
  readonly ldflags?: (version: string) => string;
  /** How long a first build takes on two cores, downloads included, in ms: for people who wait. */
  readonly usualMs: number;
}

/** What a build needs to know beforehand. */
interface Recipe {
  readonly module: string;
  readonly version: string;
  readonly ldflags: string;
  readonly cache: string;
  /** The folder that has the programs once they are built. */
  readonly built: string;
}

async function recipeOf(tools: GoTools): Promise<Recipe> {
  const module = fileURLToPath(new URL(`go/${tools.module}/`, import.meta.url));
  const [goMod, goSum] = await Promise.all([
    readFile(join(module, "go.mod"), "utf8"),
    readFile(join(module, "go.sum"), "utf8"),
  ]);
  const version = versionIn(goMod, tools.source);
  const ldflags = ["-s", "-w", tools.ldflags?.(version) ?? ""].join(" ").trim();
  const recipe = createHash("sha256")
    .update(JSON.stringify([goMod.replace(/\s*\/\/.*$/gm, ""), goSum, ldflags, tools.programs]))
    .digest("hex");

  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "okta-role-operator");
  const built = join(cache, `${tools.module}-${version}-${goos()}-${goarch()}-${recipe.slice(0, 12)}`);
  return { module, version, ldflags, cache, built };
}

/** @returns the version that is pinned, such as v1.37.2 */
export async function pinnedVersion(tools: GoTools): Promise<string> {
  return (await recipeOf(tools)).version;
}

/** @returns the folder of the built programs when they are in the cache */
export async function cachedTools(tools: GoTools): Promise<string | undefined> {
  const { built } = await recipeOf(tools);
  return existsSync(built) ? built : undefined;
}

/**
 * The folder of the built programs: from the cache, or built now, once.
 *
 * Go's build cache grows to gigabytes here, so the build has one of its own that is removed afterwards. An
 * interrupted build leaves it, and the next one goes on from there.
 *
 * @param laterMs what is going to be built after this, in usual ms: part of the time left that people are told
 * @throws GoMissingError, GoTooOldError, GoFailedError
 */
export async function goTools(tools: GoTools, progress: Progress, laterMs = 0): Promise<string> {
  const recipe = await recipeOf(tools);
  const { version, cache, built } = recipe;
  if (existsSync(built)) return built;

  const names = Object.keys(tools.programs).join(" and ");
  await mkdir(cache, { recursive: true });
  await exclusively(
    `${built}.lock`,
    () => progress.update(`another process is building ${names} ${version}; waiting for it`),
    async () => {
      if (existsSync(built)) return;
      const started = Date.now();
      const usually = `${aboutTime(tools.usualMs)} on two cores, downloads included`;
      progress.step(`Building ${names} ${version} from source, once: ${usually}.`);
      const work = `${built}.building`;
      await mkdir(work, { recursive: true });
      await build(tools, { ...recipe, work, progress, timeLeft: new TimeLeft(tools.usualMs, laterMs) });
      await rm(work, { recursive: true, force: true });
      progress.step(`Built ${names} in ${duration(Date.now() - started)}: ${built}`);
    },
  );
  return built;
}

/** @returns the version of a module, such as v1.37.2, as go.mod requires it */
function versionIn(goMod: string, source: string): string {
  for (const line of goMod.split("\n")) {
    const [path, version] = line
      .replace(/^require /, "")
      .trim()
      .split(" ");
    if (path === source && version !== undefined) return version;
  }
  throw new Error(`go.mod doesn't require ${source}: add it with \`go get -tool\``);
}

interface Build extends Recipe {
  readonly work: string;
  readonly progress: Progress;
  readonly timeLeft: TimeLeft;
}

async function build(
  tools: GoTools,
  { module, ldflags, work, built, progress, timeLeft }: Build,
): Promise<void> {
  const go = await findGo(module);
  const env = { GOCACHE: join(work, "gocache") };
  const packages = Object.values(tools.programs);

  if (go.fetches !== undefined)
    progress.step(`Fetching Go ${go.fetches} first, which this needs (about 70 MB).`);
  let downloads = 0;
  const download = (line: string) => {
    if (!line.startsWith("go: downloading")) return false;
    downloads += 1;
    progress.update(`downloading sources: ${downloads} modules so far, ${timeLeft.fetching()}`);
    return true;
  };
  const needed = (await go.run(["list", "-deps", ...packages], env, download)).length;

  // Into a folder of this process's own, renamed when whole: nobody ever sees half of it.
  const bin = join(work, `bin-${process.pid}`);
  let compiled = 0;
  for (const [name, path] of Object.entries(tools.programs)) {
    const state = () => {
      const done = Math.min(compiled, needed);
      const left = timeLeft.compiling(done / needed);
      progress.update(`compiling ${name}: ${done} of ${needed} packages, ${left}`);
    };
    const ticking = setInterval(state, 1000); // the linker says nothing while it works
    try {
      const args = [
        "build",
        "-v",
        "-trimpath",
        "-buildvcs=false",
        "-ldflags",
        ldflags,
        "-o",
        join(bin, name),
        path,
      ];
      await go.run(args, env, (line) => {
        if (!download(line)) compiled += 1;
      });
    } finally {
      clearInterval(ticking);
    }
  }
  try {
    await rename(bin, built);
  } catch (error) {
    if (!existsSync(built)) throw error; // else another process was as fast, and its result is the same
  }
}
