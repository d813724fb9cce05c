/**
 * Writes what follows from the files under crds/: the TypeScript types (crds/types.ts), the reference (docs/api.md),
 * and the chart's copies, since a chart can't read what is outside its folder. And what follows from the chart's
 * values.yaml (values.schema.json, README.md), from package.json (the chart's version), and the dashboard. And what
 * CONTRIBUTING.md says of the code: two pictures, and the sentences of its layout. And the document of the webhook's API
 * for programs (docs/openapi.json), as it is served.
 *
 *   node dev/generate.ts           writes what is stale
 *   node dev/generate.ts --check   writes nothing; prints what is stale and exits 1 if anything is
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { openAPIDocument } from "../webhook/api/openapi.ts";
import { apiReference } from "./generate/api-reference.ts";
import { chartFiles } from "./generate/chart.ts";
import { withCode } from "./generate/contributing.ts";
import { crdFiles, readCrds } from "./generate/crd.ts";
import { typesOf } from "./generate/types.ts";

const root = new URL("../", import.meta.url);
/** Helm packs no file from outside the chart, and the API has to have one source. */
const chartCopies = "charts/okta-role-operator/files";

/** @returns every generated file's path in the repository, and what should be in it */
async function generate(): Promise<Map<string, string>> {
  const folder = new URL("crds/", root);
  const crds = readCrds(folder);
  const generated = new Map([
    ["crds/types.ts", await typesOf(crds)],
    ["docs/api.md", apiReference(crds)],
    ["docs/openapi.json", `${JSON.stringify(openAPIDocument(), null, 2)}\n`],
    ["CONTRIBUTING.md", await withCode(root, await readFile(new URL("CONTRIBUTING.md", root), "utf8"))],
  ]);
  for (const file of crdFiles) {
    generated.set(`${chartCopies}/crds/${file}`, await readFile(new URL(file, folder), "utf8"));
  }
  const policy = "admission-policy.yaml";
  generated.set(`${chartCopies}/${policy}`, await readFile(new URL(policy, folder), "utf8"));
  for (const [path, content] of await chartFiles(root, crds)) generated.set(path, content);
  return generated;
}

/** @returns the paths whose content is not what it should be, missing ones included */
async function staleFiles(generated: Map<string, string>): Promise<string[]> {
  const stale: string[] = [];
  for (const [path, content] of generated) {
    const current = await readFile(new URL(path, root), "utf8").catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return undefined;
      throw error;
    });
    if (current !== content) stale.push(path);
  }
  return stale;
}

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { check: { type: "boolean", default: false } } });
  const generated = await generate();
  const stale = await staleFiles(generated);
  if (values.check) {
    for (const path of stale) console.error(`${path} is stale: run npm run generate`);
    return stale.length === 0 ? 0 : 1;
  }
  for (const path of stale) {
    const file = new URL(path, root);
    await mkdir(dirname(fileURLToPath(file)), { recursive: true });
    await writeFile(file, generated.get(path) ?? "");
    console.log(`wrote ${path}`);
  }
  if (stale.length === 0) console.log("everything is up to date");
  return 0;
}

if (import.meta.main) process.exitCode = await main();
