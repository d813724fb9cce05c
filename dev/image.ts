/**
 * Builds the image into an archive, with Docker or, where there is none, with buildah.
 *
 *   node dev/image.ts [--name NAME] [--arch amd64|arm64] [--builder docker|buildah] [--output FILE]
 *
 * Default: localhost/okta-role-operator:VERSION for this machine, in dist/okta-role-operator-ARCH.tar
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { z } from "zod";
import { run } from "./cluster/run.ts";
import { duration, type Progress, showProgress } from "./control-plane/progress.ts";
import { type Architecture, thisArchitecture } from "./image/base.ts";
import { type Builder, builders, buildImage } from "./image/build.ts";

const root = fileURLToPath(new URL("../", import.meta.url));

export interface ProductImage {
  readonly name: string;
  /** Path of the docker-archive. */
  readonly archive: string;
  /** Of the archive, in bytes. */
  readonly size: number;
}

/** Builds the product's image. @throws NoBuilderError, CommandFailedError */
export async function buildProductImage(
  options: { name?: string; architecture?: Architecture; builder?: Builder; archive?: string },
  progress: Progress,
): Promise<ProductImage> {
  const { version } = z
    .object({ version: z.string() })
    .parse(JSON.parse(await readFile(join(root, "package.json"), "utf8")));
  const name = options.name ?? `localhost/okta-role-operator:${version}`;
  const architecture = options.architecture ?? thisArchitecture();
  const archive = options.archive ?? join(root, "dist", `okta-role-operator-${architecture}.tar`);
  const revision = await run("git", ["rev-parse", "HEAD"], { cwd: root }).catch(() => "unknown");
  const args = { VERSION: version, REVISION: revision.trim() };
  const file = join(root, "Dockerfile");
  const size = await buildImage(
    { name, architecture, file, context: root, args, archive },
    progress,
    options.builder,
  );
  return { name, archive, size };
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      name: { type: "string" },
      arch: { type: "string" },
      builder: { type: "string" },
      output: { type: "string" },
    },
  });
  const { arch, builder, name, output } = z
    .object({
      arch: z.enum(["amd64", "arm64"]).optional(),
      builder: z.enum(builders).optional(),
      name: z.string().optional(),
      output: z.string().optional(),
    })
    .parse(values);
  const started = performance.now();
  const image = await buildProductImage(
    {
      ...(name === undefined ? {} : { name }),
      ...(arch === undefined ? {} : { architecture: arch }),
      ...(builder === undefined ? {} : { builder }),
      ...(output === undefined ? {} : { archive: output }),
    },
    showProgress(),
  );
  const size = `${(image.size / 1024 / 1024).toFixed(0)} MiB`;
  console.log(`${image.name}: ${image.archive} (${size}, built in ${duration(performance.now() - started)})`);
}

if (import.meta.main) await main();
