import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Metafile } from "esbuild";
import { z } from "zod";

const PackageJson = z.object({
  name: z.string(),
  version: z.string(),
  license: z.string().optional(),
});

/**
 * The licence texts of the packages that a bundle has code of: most of them ask that their text goes where the code
 * goes.
 *
 * @param root the folder that the paths in the metafile start at
 * @throws Error when a package doesn't say what its licence is
 */
export async function thirdPartyLicences(root: string, metafile: Metafile): Promise<string> {
  const parts: string[] = [];
  for (const folder of packageFolders(metafile)) {
    const { name, version, license } = PackageJson.parse(
      JSON.parse(await readFile(join(root, folder, "package.json"), "utf8")),
    );
    if (license === undefined)
      throw new Error(
        `${name}'s package.json names no licence: look into it, and take another package if need be`,
      );
    parts.push(`${name} ${version} (${license})`, "", await licenceTexts(join(root, folder)), "-".repeat(79));
  }
  return `${parts.join("\n")}\n`;
}

/** @returns for example node_modules/express; sorted, each once */
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

async function licenceTexts(folder: string): Promise<string> {
  const names = (await readdir(folder)).filter((name) => /^(licen[cs]e|copying|notice)/i.test(name)).sort();
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), "utf8")));
  return texts.map((text) => text.trim()).join("\n\n");
}
