import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { BundledPackage } from "./packages.ts";

/**
 * The licence texts of the packages that a bundle has code of: most of them ask that their text goes where the code
 * goes.
 *
 * @param root the folder that the packages' folders are in
 */
export async function thirdPartyLicences(root: string, packages: readonly BundledPackage[]): Promise<string> {
  const parts: string[] = [];
  for (const { folder, name, version, license } of packages)
    parts.push(`${name} ${version} (${license})`, "", await licenceTexts(join(root, folder)), "-".repeat(79));
  return `${parts.join("\n")}\n`;
}

async function licenceTexts(folder: string): Promise<string> {
  const names = (await readdir(folder)).filter((name) => /^(licen[cs]e|copying|notice)/i.test(name)).sort();
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), "utf8")));
  return texts.map((text) => text.trim()).join("\n\n");
}
