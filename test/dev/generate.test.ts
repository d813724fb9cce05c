import { spawnSync } from "node:child_process";
import { appendFile, cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import test, { type ExecutionContext } from "ava";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** A copy of what the generator reads and writes, to be changed. */
async function copyOfTheRepository(t: ExecutionContext): Promise<string> {
  const copy = await mkdtemp(join(tmpdir(), "generate-"));
  t.teardown(() => rm(copy, { recursive: true, force: true }));
  const product = ["crds", "identity", "okta", "organizations", "kubernetes", "operator", "webhook"];
  const generator = ["dev/generate.ts", "dev/generate", "dev/layout"];
  const parts = ["package.json", "CONTRIBUTING.md", "docs/api.md", "charts", ...product, ...generator];
  for (const part of parts) await cp(join(root, part), join(copy, part), { recursive: true });
  await symlink(join(root, "node_modules"), join(copy, "node_modules"));
  return copy;
}

function generate(
  folder: string,
  ...args: string[]
): { code: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["dev/generate.ts", ...args], {
    cwd: folder,
    encoding: "utf8",
  });
  return { code: status, stdout, stderr };
}

test("nothing is stale after generating", async (t) => {
  const copy = await copyOfTheRepository(t);
  t.is(generate(copy).code, 0);
  t.deepEqual(generate(copy, "--check"), { code: 0, stdout: "", stderr: "" });
});

test("a changed CRD makes the types, the reference and the chart's copy stale, until they are generated again", async (t) => {
  const copy = await copyOfTheRepository(t);
  generate(copy);
  const crd = join(copy, "crds/oktarolemapping.yaml");
  const text = await readFile(crd, "utf8");
  await writeFile(
    crd,
    text.replace("People in these Okta groups hold these roles.", "Somebody holds something."),
  );

  const { code, stderr } = generate(copy, "--check");
  t.is(code, 1);
  t.deepEqual(stderr.trim().split("\n"), [
    `crds/types.ts is stale: run npm run generate`,
    `docs/api.md is stale: run npm run generate`,
    `charts/okta-role-operator/files/crds/oktarolemapping.yaml is stale: run npm run generate`,
  ]);

  t.is(generate(copy).code, 0);
  t.is(generate(copy, "--check").code, 0);
  t.true((await readFile(join(copy, "docs/api.md"), "utf8")).includes("Somebody holds something."));
});

test("a file that was edited by hand or is missing is stale", async (t) => {
  const copy = await copyOfTheRepository(t);
  generate(copy);
  await appendFile(join(copy, "crds/types.ts"), "// mine\n");
  await rm(join(copy, "docs/api.md"));
  const { code, stderr } = generate(copy, "--check");
  t.is(code, 1);
  t.regex(stderr, /crds\/types\.ts/);
  t.regex(stderr, /docs\/api\.md/);
});

test("an import from another folder makes the pictures stale, and code that has moved on a sign-in's way is asked for", async (t) => {
  const copy = await copyOfTheRepository(t);
  generate(copy);
  await appendFile(join(copy, "crds/resources.ts"), 'export * from "../webhook/metrics.ts";\n');
  t.is(generate(copy, "--check").stderr, "CONTRIBUTING.md is stale: run npm run generate\n");
  t.is(generate(copy).code, 0);
  t.regex(await readFile(join(copy, "CONTRIBUTING.md"), "utf8"), /crds --> webhook/);

  await rm(join(copy, "webhook/routes/callback.ts"));
  const { code, stderr } = generate(copy, "--check");
  t.not(code, 0);
  t.regex(stderr, /callback in webhook\/routes\/callback\.ts, but there is no such file/);
});

test("a keyword that the generator doesn't know is an error, not a gap in the types", async (t) => {
  const copy = await copyOfTheRepository(t);
  const crd = join(copy, "crds/oktarolemapping.yaml");
  const text = await readFile(crd, "utf8");
  await writeFile(crd, text.replace("maxItems: 500", "maxItems: 500\n                  uniqueItems: true"));
  const { code, stderr } = generate(copy, "--check");
  t.not(code, 0);
  t.regex(stderr, /uniqueItems/);
});
