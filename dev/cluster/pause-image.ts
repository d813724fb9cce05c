import { createHash } from "node:crypto";
import { copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { run } from "./run.ts";
import { pauseImage } from "./settings.ts";

/**
 * Makes the image of the process that holds a pod's namespaces: catatonit, which is one static file and does just
 * that when told to pause. One layer, one config and one manifest are an image archive.
 *
 * @param folder to work in; removed again but for the archive
 * @returns the path of the archive
 */
export async function makePauseImage(folder: string): Promise<string> {
  const work = join(folder, "pause");
  await mkdir(join(work, "root"), { recursive: true });
  await copyFile("/usr/bin/catatonit", join(work, "root", "catatonit"));
  await run("tar", [
    "-C",
    join(work, "root"),
    "--owner=0",
    "--group=0",
    "-cf",
    join(work, "layer.tar"),
    "catatonit",
  ]);
  const digest = createHash("sha256")
    .update(await readFile(join(work, "layer.tar")))
    .digest("hex");
  const config = {
    architecture: process.arch === "x64" ? "amd64" : process.arch,
    os: "linux",
    config: { Entrypoint: ["/catatonit", "-P"] },
    rootfs: { type: "layers", diff_ids: [`sha256:${digest}`] },
  };
  const manifest = [{ Config: "config.json", RepoTags: [pauseImage], Layers: ["layer.tar"] }];
  await writeFile(join(work, "config.json"), JSON.stringify(config));
  await writeFile(join(work, "manifest.json"), JSON.stringify(manifest));
  const archive = join(folder, "pause.tar");
  await run("tar", ["-C", work, "-cf", archive, "manifest.json", "config.json", "layer.tar"]);
  await rm(work, { recursive: true });
  return archive;
}
