import { readFile } from "node:fs/promises";
import test, { type ExecutionContext } from "ava";
import { filesIn } from "../../dev/mutants/sandbox.ts";

const root = new URL("../../", import.meta.url).pathname;

const DECIDING = ["identity", "organizations", "operator", "webhook"];

/** What a pattern's first group finds in these folders' code. */
async function foundInCode(pattern: RegExp, folders: readonly string[]): Promise<string[]> {
  const files = (await filesIn(root)).filter(
    (file) => folders.some((folder) => file.startsWith(`${folder}/`)) && file.endsWith(".ts"),
  );
  const texts = await Promise.all(files.map((file) => readFile(`${root}${file}`, "utf8")));
  return [...new Set(texts.flatMap((text) => [...text.matchAll(pattern)].map(([, found = ""]) => found)))];
}

async function allOnThePage(t: ExecutionContext, names: readonly string[]): Promise<void> {
  const page = await readFile(`${root}docs/operations.md`, "utf8");
  t.true(names.length > 10, "the pattern has found some");
  t.deepEqual(
    names.filter((name) => !page.includes(`\`${name}\``)),
    [],
  );
}

test("every metric is on the page for those who run it", async (t) => {
  const folders = [...DECIDING, "kubernetes", "okta"];
  const whole = await foundInCode(/name: "((?:okta_role|kubernetes_client)_\w+)"/g, folders);
  const prefixed = await foundInCode(/name: `\$\{(?:options\.)?prefix\}(\w+)`/g, folders);
  await allOnThePage(t, [...whole, ...prefixed.map((name) => `okta_role_${name}`)]);
});

test("every reason that a condition, an Event or the audit log can have is on the page", async (t) => {
  await allOnThePage(
    t,
    await foundInCode(/condition(?:True|False|Unknown)\(\s*[\w."]+,\s*"(\w+)"/g, DECIDING),
  );
  await allOnThePage(t, await foundInCode(/\breason: (?:\w+ \? )?"([A-Z]\w+)"/g, DECIDING));
});
