import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { brotliCompress } from "node:zlib";
import { build } from "esbuild";
import { requireForPackages } from "../../dev/bundle.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

/**
 * A program of this repository as one file that fits into a ConfigMap, which holds a megabyte. So it runs in a cluster
 * on the product's image, and no other image has to get there.
 *
 * @returns compressed with brotli, in base64
 */
export async function packedProgram(entryPoint: string): Promise<string> {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: [entryPoint],
    bundle: true,
    write: false,
    platform: "node",
    target: "node24",
    format: "esm",
    minify: true,
    keepNames: true, // oidc-provider's models are stored under their classes' names
    legalComments: "none", // it goes nowhere but into the cluster of the test
    banner: { js: requireForPackages },
    logLevel: "warning",
  });
  const code = outputFiles[0]?.contents;
  if (code === undefined) throw new Error(`esbuild made nothing of ${entryPoint}`);
  return (await promisify(brotliCompress)(code)).toString("base64");
}

/**
 * @param path of a packed program, in the container
 * @returns the command of a container that runs it; its arguments are the program's
 */
export function runPacked(path: string): string[] {
  const unpack = `
    import { brotliDecompressSync } from "node:zlib";
    import { readFileSync, writeFileSync } from "node:fs";
    writeFileSync("/tmp/program.mjs", brotliDecompressSync(readFileSync("${path}")));
    await import("/tmp/program.mjs");`;
  return ["node", "--input-type=module", "--eval", unpack, "--"];
}
