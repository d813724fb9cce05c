/**
 * Makes of each program one file, as the image has them: dist/operator.js and dist/webhook.js, with source maps, and
 * the licences and the bill of materials of what is in them. They hold all that they need but Node itself, and load
 * several times faster than the packages do.
 *
 *   node dev/bundle.ts [FOLDER]    default: dist
 */
import { existsSync } from "node:fs";
import { copyFile, cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Metafile } from "esbuild";
import { kubeconfigOnly } from "./bundle/kubeconfig-only.ts";
import { thirdPartyLicences } from "./bundle/licences.ts";
import { bundledPackages } from "./bundle/packages.ts";
import { softwareBillOfMaterials } from "./bundle/sbom.ts";

const root = fileURLToPath(new URL("../", import.meta.url));

/** The programs of the image: name -> entry point. */
export const programs = { operator: "operator/main.ts", webhook: "webhook/main.ts" } as const;

/**
 * CommonJS packages ask for Node's own modules with require, which a module doesn't have. What they would otherwise
 * know of where they are, they don't need.
 */
export const requireForPackages =
  'import { createRequire as createRequireForPackages } from "node:module"; const require = createRequireForPackages(import.meta.url);';

/**
 * Writes the bundles, the scripts of pages, and the package.json without which Node wouldn't take them for modules.
 * @returns what esbuild knows of the files that it wrote
 */
export async function bundle(
  entryPoints: Readonly<Record<string, string>>,
  outdir: string,
): Promise<Metafile> {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints,
    outdir,
    bundle: true,
    platform: "node",
    target: "node24",
    format: "esm",
    // What only some starts need (the reading of kubeconfig files, for one) stays apart until it is asked for.
    splitting: true,
    chunkNames: "chunks/[name]-[hash]",
    // Names and lines stay as they are: they are in stack traces. (Node could translate those with the source maps, but
    // keeps them in memory for it: some 20 MiB.)
    minifySyntax: true,
    sourcemap: true,
    sourcesContent: false,
    plugins: [kubeconfigOnly(root)],
    legalComments: "none", // their place is the file of licences
    banner: { js: requireForPackages },
    metafile: true,
    logLevel: "warning",
  });
  const { name, version } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
  await writeFile(join(outdir, "package.json"), `${JSON.stringify({ name, version, type: "module" })}\n`);
  // The scripts of pages stand beside the program, as they stand beside the file that reads them.
  await cp(join(root, "webhook/console/scripts"), join(outdir, "scripts"), {
    recursive: true,
    filter: (path) => !path.endsWith(".json"),
  });
  return metafile;
}

async function main([outdir = join(root, "dist")]: readonly string[]): Promise<void> {
  await rm(outdir, { recursive: true, force: true });
  await mkdir(outdir, { recursive: true });
  const metafile = await bundle(programs, outdir);
  const packages = await bundledPackages(root, metafile);
  await writeFile(join(outdir, "THIRD-PARTY-LICENCES.txt"), await thirdPartyLicences(root, packages));
  await writeFile(join(outdir, "sbom.cdx.json"), await softwareBillOfMaterials(root, packages));
  if (existsSync(join(root, "LICENSE"))) await copyFile(join(root, "LICENSE"), join(outdir, "LICENSE"));
  for (const [path, { bytes }] of Object.entries(metafile.outputs))
    if (path.endsWith(".js")) console.log(`${basename(path)}: ${(bytes / 1024 / 1024).toFixed(2)} MiB`);
}

if (import.meta.main) await main(process.argv.slice(2));
