import { readdir, readFile } from "node:fs/promises";
import test from "ava";
import { readCrds, walk } from "../../dev/generate/crd.ts";
import { organization } from "./objects.ts";
import { testNamespace } from "./server.ts";

const root = new URL("../../", import.meta.url);
const namespace = testNamespace();

/** What a manifest of another version may have. */
const another = organization({
  portal: { theme: "dark" },
  "okta.groupsFilter": "starts with service_",
});

test.serial("a manifest with fields that nothing serves is refused, and each of them is named", async (t) => {
  const { code, stderr } = await namespace.kubectl(["apply", "-f", "-"], another);
  t.not(code, 0);
  t.regex(stderr, /unknown field "spec\.portal"/);
  t.regex(stderr, /unknown field "spec\.okta\.groupsFilter"/);
});

test.serial("a server-side apply is refused, whatever validation it asks for", async (t) => {
  const args = ["apply", "--server-side", "--validate=ignore", "-f", "-"];
  const { code, stderr } = await namespace.kubectl(args, another);
  t.not(code, 0);
  t.regex(stderr, /\.spec\.(portal|okta\.groupsFilter): field not declared in schema/);
});

test.serial("who applies it all the same is warned, and gets an object without them", async (t) => {
  const { code, stderr } = await namespace.kubectl(["apply", "--validate=warn", "-f", "-"], another);
  t.is(code, 0, stderr);
  t.regex(stderr, /Warning: unknown field "spec\.portal"/);
  const { spec } = JSON.parse(await namespace.succeed(["get", "oktaorg", "acme", "-o", "json"]));
  t.false("portal" in spec);
  t.false("groupsFilter" in spec.okta);
});

test("every field of the API is read or written by one of the two programs", async (t) => {
  const folders = ["identity", "okta", "organizations", "operator", "webhook"];
  const sources = await Promise.all(folders.map((folder) => sourcesIn(folder)));
  const words = new Set(sources.flat().flatMap((text) => text.match(/\w+/g) ?? []));
  for (const { kind, schema } of readCrds(new URL("crds/", root)))
    for (const { path, name } of walk(schema)) t.true(name === "" || words.has(name), `${kind}: ${path}`);
});

async function sourcesIn(folder: string): Promise<string[]> {
  const url = new URL(`${folder}/`, root);
  const files = (await readdir(url, { recursive: true })).filter((file) => file.endsWith(".ts"));
  return Promise.all(files.map((file) => readFile(new URL(file, url), "utf8")));
}
