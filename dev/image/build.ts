import { execFile } from "node:child_process";
import { mkdir, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { run } from "../cluster/run.ts";
import type { Progress } from "../control-plane/progress.ts";
import { buildWithBuildah } from "./buildah.ts";
import type { ImageBuild } from "./image-build.ts";

export const builders = ["docker", "buildah"] as const;
export type Builder = (typeof builders)[number];

/** Debian's packages for building an image where there is no Docker. */
export const imagePackages = ["buildah", "mmdebstrap"];

export class NoBuilderError extends Error {
  readonly code = "no-builder";
  constructor() {
    super(`Neither docker nor buildah can be run here: apt-get install ${imagePackages.join(" ")}`);
  }
}

/**
 * Builds an image into an archive.
 *
 * @param builder without it Docker where there is one, else buildah
 * @returns the archive's size in bytes
 * @throws NoBuilderError
 * @throws CommandFailedError with what the builder said
 */
export async function buildImage(build: ImageBuild, progress: Progress, builder?: Builder): Promise<number> {
  await mkdir(dirname(build.archive), { recursive: true });
  await rm(build.archive, { force: true });
  if ((builder ?? (await builderHere())) === "docker") await buildWithDocker(build, progress);
  else await buildWithBuildah(build, progress);
  return (await stat(build.archive)).size;
}

async function builderHere(): Promise<Builder> {
  if (await succeeds("docker", ["info"])) return "docker";
  if ((await succeeds("buildah", ["--version"])) && (await succeeds("mmdebstrap", ["--version"])))
    return "buildah";
  throw new NoBuilderError();
}

async function buildWithDocker(build: ImageBuild, progress: Progress): Promise<void> {
  const options = ["--platform", `linux/${build.architecture}`];
  for (const [name, value] of Object.entries(build.args)) options.push("--build-arg", `${name}=${value}`);
  progress.step(`Building ${build.name} with Docker.`);
  await run("docker", ["build", ...options, "--file", build.file, "--tag", build.name, build.context]);
  await run("docker", ["save", "--output", build.archive, build.name]);
}

function succeeds(program: string, args: readonly string[]): Promise<boolean> {
  return new Promise((resolve) => execFile(program, args, (error) => resolve(!error)));
}
