import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { run } from "../cluster/run.ts";
import { exclusively } from "../control-plane/build-lock.ts";
import type { Progress } from "../control-plane/progress.ts";
import { type Architecture, buildBase, imageCache, runtimeBase, thisArchitecture } from "./base.ts";
import type { ImageBuild } from "./image-build.ts";

const certificates = "/etc/ssl/certs/ca-certificates.crt";

type Buildah = (...args: string[]) => Promise<string>;

/**
 * Builds an image with buildah, without a daemon, in a chroot, and on bases made here: for where neither Docker nor a
 * registry can be reached. One build at a time: what is left in its storage by one that was killed is removed.
 */
export async function buildWithBuildah(build: ImageBuild, progress: Progress): Promise<void> {
  const cache = imageCache();
  await mkdir(cache, { recursive: true });
  const storage = ["--root", join(cache, "storage"), "--runroot", join(cache, "storage-run")];
  // In a mount namespace of its own each time, so that nothing stays mounted, not even when it is killed.
  const buildah: Buildah = (...args) => run("unshare", ["--mount", "buildah", ...storage, ...args]);

  await exclusively(
    join(cache, "buildah.lock"),
    () => progress.update("another process is building an image; waiting for it"),
    async () => {
      await buildah("rm", "--all");
      await buildInto(build, buildah, progress);
      await buildah("rmi", "--prune"); // the image of this name from before
    },
  );
}

async function buildInto(build: ImageBuild, buildah: Buildah, progress: Progress): Promise<void> {
  // Nothing is pulled, so there is nothing whose signature could be asked for.
  const policy = join(imageCache(), "policy.json");
  await writeFile(policy, JSON.stringify({ default: [{ type: "insecureAcceptAnything" }] }));

  const imageOf = async (tar: string, architecture: Architecture, ...settings: string[]): Promise<string> => {
    const name = `localhost/${basename(tar, ".tar")}:latest`;
    if ((await buildah("images", "--quiet", "--filter", `reference=${name}`)) !== "") return name;
    const container = (await buildah("from", "scratch")).trim();
    await buildah("add", "--quiet", container, tar, "/");
    await buildah("config", "--arch", architecture, "--env", "PATH=/usr/bin:/bin", ...settings, container);
    await buildah("commit", "--quiet", "--rm", "--signature-policy", policy, container, name);
    return name;
  };
  const base = await imageOf(await runtimeBase(build.architecture, progress), build.architecture);
  const trust = ["--env", `NODE_EXTRA_CA_CERTS=${certificates}`];
  const buildBaseImage = await imageOf(await buildBase(progress), thisArchitecture(), ...trust);

  const options = ["--isolation", "chroot", "--pull-never", "--signature-policy", policy];
  const args = Object.entries({ ...build.args, BASE: base, BUILD_BASE: buildBaseImage });
  for (const [name, value] of args) options.push("--build-arg", `${name}=${value}`);
  // The registry may be behind a proxy whose certificate this machine trusts: so does the build.
  if (existsSync(certificates)) options.push("--volume", `${certificates}:${certificates}:ro`);
  // What npm has downloaded before needn't be downloaded again.
  const npmCache = (await run("npm", ["config", "get", "cache"])).trim();
  if (existsSync(npmCache)) options.push("--volume", `${npmCache}:/root/.npm`);
  progress.step(`Building ${build.name} with buildah.`);
  await buildah("build", ...options, "--file", build.file, "--tag", build.name, build.context);
  const target = `docker-archive:${build.archive}:${build.name}`;
  await buildah("push", "--quiet", "--signature-policy", policy, build.name, target);
}
