import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { run } from "../cluster/run.ts";
import type { Progress } from "../control-plane/progress.ts";
import { buildBase, imageCache, runtimeBase, thisArchitecture } from "./base.ts";
import type { ImageBuild } from "./build.ts";

const certificates = "/etc/ssl/certs/ca-certificates.crt";

/**
 * Builds an image with buildah, without a daemon, in a chroot, and on bases made here: for where neither Docker nor a
 * registry can be reached.
 */
export async function buildWithBuildah(build: ImageBuild, progress: Progress): Promise<void> {
  const cache = imageCache();
  await mkdir(cache, { recursive: true });
  // Nothing is pulled, so there is nothing whose signature could be asked for.
  const policy = join(cache, "policy.json");
  await writeFile(policy, JSON.stringify({ default: [{ type: "insecureAcceptAnything" }] }));
  const storage = ["--root", join(cache, "storage"), "--runroot", join(cache, "storage-run")];
  const buildah = (...args: string[]) => run("buildah", [...storage, ...args]);

  const tagBase = async (tar: string, architecture: string, ...settings: string[]): Promise<string> => {
    const name = `localhost/${basename(tar, ".tar")}:latest`;
    if (
      await buildah("inspect", "--type", "image", name).then(
        () => true,
        () => false,
      )
    )
      return name;
    const container = (await buildah("from", "scratch")).trim();
    await buildah("add", "--quiet", container, tar, "/");
    await buildah("config", "--arch", architecture, "--env", "PATH=/usr/bin:/bin", ...settings, container);
    await buildah("commit", "--quiet", "--rm", "--signature-policy", policy, container, name);
    return name;
  };
  const base = await tagBase(await runtimeBase(build.architecture, progress), build.architecture);
  const from = await tagBase(
    await buildBase(progress),
    thisArchitecture(),
    "--env",
    `NODE_EXTRA_CA_CERTS=${certificates}`,
  );

  const options = ["--isolation", "chroot", "--layers", "--pull-never", "--signature-policy", policy];
  const args = Object.entries({ ...build.args, BASE: base, BUILD_BASE: from });
  for (const [name, value] of args) options.push("--build-arg", `${name}=${value}`);
  // The registry may be behind a proxy whose certificate this machine trusts: so does the build.
  if (existsSync(certificates)) {
    options.push("--volume", `${certificates}:${certificates}:ro`);
  }
  // What npm has downloaded before needn't be downloaded again.
  const npmCache = (await run("npm", ["config", "get", "cache"])).trim();
  if (existsSync(npmCache)) options.push("--volume", `${npmCache}:/root/.npm`);
  progress.step(`Building ${build.name} with buildah.`);
  await buildah("build", ...options, "--file", build.file, "--tag", build.name, build.context);
  await buildah(
    "push",
    "--quiet",
    "--signature-policy",
    policy,
    build.name,
    `docker-archive:${build.archive}:${build.name}`,
  );
}
