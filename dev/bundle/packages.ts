import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Metafile } from "esbuild";
import { z } from "zod";

const PackageJson = z.object({
  name: z.string(),
  version: z.string(),
  license: z.string().optional(),
});

/** A package that a bundle has code of. */
export interface BundledPackage {
  /** For example node_modules/express */
  readonly folder: string;
  readonly name: string;
  readonly version: string;
  /** As an SPDX expression. */
  readonly license: string;
}

/**
 * @param root the folder that the paths in the metafile start at
 * @returns sorted by folder, each once
 * @throws Error when a package doesn't say what its licence is
 */
export async function bundledPackages(root: string, metafile: Metafile): Promise<BundledPackage[]> {
  const packages: BundledPackage[] = [];
  for (const folder of packageFolders(metafile)) {
    const { name, version, license } = PackageJson.parse(
      JSON.parse(await readFile(join(root, folder, "package.json"), "utf8")),
    );
    if (license === undefined)
      throw new Error(
        `${name}'s package.json names no licence: look into it, and take another package if need be`,
      );
    packages.push({ folder, name, version, license });
  }
  return packages;
}

function packageFolders(metafile: Metafile): string[] {
  const folders = new Set<string>();
  for (const output of Object.values(metafile.outputs)) {
    for (const [input, { bytesInOutput }] of Object.entries(output.inputs)) {
      // The last one counts: a package may have packages of its own.
      const folder = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0];
      if (folder !== undefined && bytesInOutput > 0) folders.add(folder);
    }
  }
  return [...folders].sort();
}
