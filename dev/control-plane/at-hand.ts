/** Programs of a control plane that are on this machine already, so that they needn't be built. */
import { execFile } from "node:child_process";
import { constants } from "node:fs";
import { access, readdir, realpath } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { goarch, goos } from "./go.ts";

const PROGRAMS = ["kube-apiserver", "etcd", "kubectl"] as const;
export type ProgramName = (typeof PROGRAMS)[number];

export type ProgramVersion = readonly [major: number, minor: number, patch: number];

/** The minor versions of Kubernetes 1 that tests run on. */
export interface TestedMinors {
  readonly oldest: number;
  readonly newest: number;
}

/** From here on etcd says by itself whether it is ready, and an API server can read lists from its cache. */
const OLDEST_ETCD: ProgramVersion = [3, 5, 13];

/** A program that says no version within this time is none that can be used. */
const SAYS_VERSION_WITHIN_MS = 5_000;

/**
 * Looks for programs in the usual places. For each the first that fits is taken, and said so; one that doesn't fit is
 * named with the reason.
 *
 * @param places folders, the preferred ones first
 * @param say is told what is used and what isn't, in a line each
 * @returns the paths of those that were found
 */
export async function programsAtHand(
  tested: TestedMinors,
  places: readonly string[],
  say: (line: string) => void,
): Promise<Partial<Record<ProgramName, string>>> {
  const used = new Map<string, string[]>();
  const found: Partial<Record<ProgramName, string>> = {};
  let server = tested.newest;
  // The API server first: which kubectl fits depends on it.
  for (const name of PROGRAMS) {
    const known = new Set<string>();
    for (const folder of places) {
      const path = join(folder, name);
      if (!(await isProgram(path))) continue;
      const file = await realpath(path);
      if (known.has(file)) continue; // /bin is /usr/bin on many machines
      known.add(file);
      const version = await versionOf(name, path);
      const unfit =
        version === undefined ? "it doesn't say its version" : unfitness(name, version, tested, server);
      if (version === undefined || unfit !== undefined) {
        say(`Not using ${path}: ${unfit}.`);
        continue;
      }
      if (name === "kube-apiserver") server = version[1];
      found[name] = path;
      used.set(folder, [...(used.get(folder) ?? []), `${name} ${version.join(".")}`]);
      break;
    }
  }
  for (const [folder, programs] of used) say(`Using ${programs.join(", ")} from ${folder}.`);
  return found;
}

/**
 * Says why a program can't be used, or undefined when it can.
 *
 * @param server the minor version of the API server that it is for
 */
function unfitness(
  name: ProgramName,
  version: ProgramVersion,
  { oldest, newest }: TestedMinors,
  server: number,
): string | undefined {
  const [major, minor] = version;
  const said = `${name} ${version.join(".")}`;
  switch (name) {
    case "kube-apiserver":
      if (major === 1 && minor >= oldest && minor <= newest) return undefined;
      return `${said} is too ${minor < oldest ? "old" : "new"}, tests run on 1.${oldest} to 1.${newest}`;
    case "etcd":
      if (isAtLeast(version, OLDEST_ETCD)) return undefined;
      return `${said} is too old, it takes ${OLDEST_ETCD.join(".")} or later`;
    case "kubectl":
      // One minor version older is supported (Kubernetes, "Version Skew Policy"); a newer one does what is done here.
      if (major === 1 && minor >= server - 1 && minor <= newest + 1) return undefined;
      return `${said} is too ${minor < server ? "old" : "new"} for Kubernetes 1.${server}`;
  }
}

/**
 * Where programs of a control plane are usually kept, the newest first: by setup-envtest, by kubebuilder, and on PATH.
 */
export async function usualPlaces(
  env: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): Promise<string[]> {
  const store = envtestStore(env, platform);
  const onPath = (env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  return [
    ...(store === undefined ? [] : await envtestFolders(join(store, "k8s"))),
    "/usr/local/kubebuilder/bin",
    ...onPath,
  ];
}

/** Where setup-envtest keeps what it downloads, unless it is told otherwise (controller-runtime, tools/setup-envtest/store). */
function envtestStore(env: NodeJS.ProcessEnv, platform: NodeJS.Platform): string | undefined {
  const { HOME, XDG_DATA_HOME } = env;
  if (platform === "darwin")
    return HOME ? join(HOME, "Library/Application Support/io.kubebuilder.envtest") : undefined;
  const data = XDG_DATA_HOME || (HOME ? join(HOME, ".local/share") : undefined);
  return data === undefined ? undefined : join(data, "kubebuilder-envtest");
}

/** Its folders are called VERSION-OS-ARCHITECTURE. @returns those for this machine, the newest first */
async function envtestFolders(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  });
  return names
    .filter((name) => name.endsWith(`-${goos()}-${goarch()}`))
    .map((name) => ({ name, version: versionIn(name) ?? ([0, 0, 0] as const) }))
    .sort((a, b) => (isAtLeast(a.version, b.version) ? -1 : 1))
    .map(({ name }) => join(folder, name));
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false; // whatever is wrong with it, it can't be run
  }
}

/** Asks a program. @returns undefined when it gives no answer, as one for another processor */
async function versionOf(name: ProgramName, path: string): Promise<ProgramVersion | undefined> {
  const args = name === "kubectl" ? ["version", "--client"] : ["--version"];
  try {
    const { stdout } = await promisify(execFile)(path, args, { timeout: SAYS_VERSION_WITHIN_MS });
    return versionIn(stdout);
  } catch {
    return undefined; // the caller says so
  }
}

function versionIn(text: string): ProgramVersion | undefined {
  const [, major, minor, patch] = /(\d+)\.(\d+)\.(\d+)/.exec(text) ?? [];
  return patch === undefined ? undefined : [Number(major), Number(minor), Number(patch)];
}

function isAtLeast(version: ProgramVersion, other: ProgramVersion): boolean {
  const [index] = [0, 1, 2].filter((i) => version[i] !== other[i]);
  return index === undefined || (version[index] ?? 0) > (other[index] ?? 0);
}
