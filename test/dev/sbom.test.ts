import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import test from "ava";
import { bundledPackages } from "../../dev/bundle/packages.ts";
import { softwareBillOfMaterials } from "../../dev/bundle/sbom.ts";
import { bundle, programs } from "../../dev/bundle.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

test("the bill of materials names what the bundle has code of: each direct dependency, and no development tool", async (t) => {
  const outdir = await mkdtemp(join(tmpdir(), "bundle-"));
  t.teardown(() => rm(outdir, { recursive: true, force: true }));
  const packages = await bundledPackages(root, await bundle(programs, outdir));
  const { components } = JSON.parse(await softwareBillOfMaterials(root, packages));
  const names = components.map(({ name }: { name: string }) => name);

  const { dependencies } = JSON.parse(await readFile(`${root}package.json`, "utf8"));
  for (const name of Object.keys(dependencies)) t.true(names.includes(name), name);
  for (const name of ["ava", "esbuild", "typescript", "oidc-provider"]) t.false(names.includes(name), name);
  for (const { name, purl, hashes, licenses } of components) {
    t.regex(purl, /^pkg:npm\/[^@]+@\d+\.\d+\.\d+/, name);
    t.regex(hashes[0].content, /^[0-9a-f]{128}$/, name);
    t.truthy(licenses[0].expression, name);
  }
});
