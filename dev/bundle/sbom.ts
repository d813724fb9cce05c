import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { BundledPackage } from "./packages.ts";

const Lock = z.object({ packages: z.record(z.string(), z.object({ integrity: z.string().optional() })) });
const Product = z.object({
  name: z.string(),
  version: z.string(),
  description: z.string(),
  license: z.string(),
});

/**
 * The bill of materials of a bundle, as CycloneDX 1.5 JSON: the packages that it has code of, with the hashes of the
 * lock file. The same packages give the same text, so it has neither a time nor a serial number.
 *
 * `npm sbom --omit dev` isn't used: it leaves out what a development dependency asks for as well, such as express and
 * zod (npm/cli issue 7909), and has packages that no bundle holds.
 *
 * @param root has package.json and package-lock.json
 */
export async function softwareBillOfMaterials(
  root: string,
  packages: readonly BundledPackage[],
): Promise<string> {
  const json = async (file: string) => JSON.parse(await readFile(join(root, file), "utf8"));
  const product = Product.parse(await json("package.json"));
  const lock = Lock.parse(await json("package-lock.json"));
  const document = {
    bomFormat: "CycloneDX",
    specVersion: "1.5",
    version: 1,
    metadata: {
      lifecycles: [{ phase: "build" }],
      component: { "bom-ref": ".", ...component("application", product), description: product.description },
    },
    components: packages.map((bundled) => ({
      "bom-ref": bundled.folder, // a package may be there twice
      ...component("library", bundled),
      hashes: hashes(lock.packages[bundled.folder]?.integrity),
    })),
  };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

function component(
  type: "application" | "library",
  { name, version, license }: { name: string; version: string; license: string },
) {
  // https://github.com/package-url/purl-spec: the @ of a scope is escaped, the slash after it isn't
  const purl = `pkg:npm/${name.replace("@", "%40")}@${version}`;
  return { type, name, version, purl, licenses: [{ expression: license }] };
}

/** @param integrity as in the lock file: sha512-BASE64 */
function hashes(integrity: string | undefined): { alg: string; content: string }[] {
  const base64 = /^sha512-(\S+)/.exec(integrity ?? "")?.[1];
  if (base64 === undefined) return [];
  return [{ alg: "SHA-512", content: Buffer.from(base64, "base64").toString("hex") }];
}
