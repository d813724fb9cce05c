import { spawnSync } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import test, { type ExecutionContext } from "ava";
import { breachesIn, told } from "../../dev/layout/breaches.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** @param files path -> text: a made-up repository */
function breachesOf(files: Record<string, string>): string[] {
  return breachesIn(new Map(Object.entries(files))).map(told);
}

/** @param to as it is written in the file */
function importOf(to: string): string {
  return `import { something } from ${JSON.stringify(to)};\n`;
}

const IDENTITY =
  "identity/ imports nothing above it and, identity/stores/ aside, neither kubernetes/ nor crds/.";
const NOT_THE_PRODUCT =
  "The product imports none of dev/, bench/ and test/, dev/ neither of the other two, bench/ not test/.";
const EACH_OTHER = "operator/ and webhook/ never import each other.";
const OKTA = "okta/ imports identity/ at most: it knows neither kubernetes/ nor crds/ nor Express.";
const ORGANIZATIONS = "organizations/ imports crds/, identity/, okta/ and kubernetes/, and never a program.";
const RUN_TIME = "Only kubernetes/ (and what tests it) imports @kubernetes/client-node at run time.";
const STORES = "What access means knows no store: identity/ imports identity/stores/ nowhere.";

const broken: [file: string, imported: string, to: string, sentence: string][] = [
  [
    "kubernetes/cache/a.ts",
    "../../crds/types.ts",
    "crds/types.ts",
    "kubernetes/ imports nothing outside itself.",
  ],
  ["crds/a.ts", "../identity/policy.ts", "identity/policy.ts", "crds/ imports nothing but kubernetes/."],
  ["identity/a.ts", "../kubernetes/index.ts", "kubernetes/index.ts", IDENTITY],
  ["identity/a.ts", "../crds/types.ts", "crds/types.ts", IDENTITY],
  ["identity/a.ts", "../okta/errors.ts", "okta/errors.ts", IDENTITY],
  ["identity/stores/a/a.ts", "../../../okta/errors.ts", "okta/errors.ts", IDENTITY],
  ["identity/a.ts", "./stores/a/a.ts", "identity/stores/a/a.ts", STORES],
  ["okta/http/a.ts", "../../kubernetes/index.ts", "kubernetes/index.ts", OKTA],
  ["okta/http/a.ts", "../../crds/types.ts", "crds/types.ts", OKTA],
  ["okta/http/a.ts", "express", "express", OKTA],
  ["okta/http/a.ts", "../../organizations/a.ts", "organizations/a.ts", OKTA],
  ["organizations/a.ts", "../operator/flags.ts", "operator/flags.ts", ORGANIZATIONS],
  ["organizations/a.ts", "../webhook/flags.ts", "webhook/flags.ts", ORGANIZATIONS],
  ["operator/users/a.ts", "../../webhook/flags.ts", "webhook/flags.ts", EACH_OTHER],
  ["webhook/a.ts", "../operator/flags.ts", "operator/flags.ts", EACH_OTHER],
  ["webhook/routes/a.ts", "./b.ts", "webhook/routes/b.ts", "Routes never import routes."],
  ["operator/a.ts", "@kubernetes/client-node", "@kubernetes/client-node", RUN_TIME],
  [
    "test/operator/a.ts",
    "@kubernetes/client-node/dist/config.js",
    "@kubernetes/client-node/dist/config.js",
    RUN_TIME,
  ],
  ["webhook/a.ts", "../dev/okta/index.ts", "dev/okta/index.ts", NOT_THE_PRODUCT],
  ["operator/a.ts", "../test/cluster.ts", "test/cluster.ts", NOT_THE_PRODUCT],
  ["operator/a.ts", "../bench/table.ts", "bench/table.ts", NOT_THE_PRODUCT],
  ["dev/a.ts", "../test/cluster.ts", "test/cluster.ts", NOT_THE_PRODUCT],
  ["dev/a.ts", "../bench/table.ts", "bench/table.ts", NOT_THE_PRODUCT],
  ["bench/a.ts", "../test/cluster.ts", "test/cluster.ts", NOT_THE_PRODUCT],
];

for (const [file, imported, to, sentence] of broken) {
  test(`reported with its file and import: ${file} imports ${to}`, (t) => {
    const breaches = breachesOf({ [file]: `// first line\n${importOf(imported)}` });
    t.true(breaches.includes(`${file}:2 imports ${to}. ${sentence}`), breaches.join("\n"));
  });
}

test("imports that go down the layers break nothing", (t) => {
  t.deepEqual(
    breachesOf({
      "crds/a.ts": importOf("../kubernetes/index.ts"),
      "identity/a.ts": importOf("./policy.ts"),
      "identity/stores/kubernetes/a.ts": importOf("../../../crds/types.ts") + importOf("../../policy.ts"),
      "okta/oidc/a.ts": importOf("../../identity/identity.ts") + importOf("expressive"),
      "organizations/a.ts": ["crds", "identity", "okta", "kubernetes"]
        .map((at) => importOf(`../${at}/a.ts`))
        .join(""),
      "webhook/routes/a.ts": importOf("express") + importOf("../pages/a.ts") + importOf("node:http"),
      "webhook/organizations.ts": importOf("../organizations/a.ts"),
      "kubernetes/client/a.ts": importOf("@kubernetes/client-node"),
      "test/operator/a.ts": importOf("../../operator/a.ts") + importOf("../../webhook/a.ts"),
    }),
    [],
  );
});

const ways = {
  "a side effect": `import "../webhook/a.ts";`,
  "types alone": `import type { A } from "../webhook/a.ts";`,
  "a type among values": `import { type A, b } from "../webhook/a.ts";`,
  "export from": `export { a } from "../webhook/a.ts";`,
  "export of types": `export type { A } from "../webhook/a.ts";`,
  "export of everything": `export * from "../webhook/a.ts";`,
  "a call": `const a = await import("../webhook/a.ts");`,
  "a type in its place": `let a: import("../webhook/a.ts").A;`,
  "a namespace, over several lines": `import * as\n  a\n  from "../webhook/a.ts";`,
};

for (const [name, text] of Object.entries(ways)) {
  test(`an import is seen however it is written: ${name}`, (t) => {
    const [breach, ...more] = breachesOf({ "operator/a.ts": text });
    t.regex(breach ?? "", /^operator\/a\.ts:\d imports webhook\/a\.ts\. operator\/ and webhook\/ never/);
    t.deepEqual(more, []);
  });
}

test("what only looks like an import is none", (t) => {
  const text = `// import { a } from "../webhook/a.ts";\nconst text = 'import "../webhook/a.ts"';\n`;
  t.deepEqual(breachesOf({ "operator/a.ts": text, "webhook/a.ts": "" }), []);
});

test("types of client-node may be imported anywhere; they are gone at run time", (t) => {
  const typeOnly = `import type { V1Lease } from "@kubernetes/client-node";\n`;
  t.deepEqual(breachesOf({ "operator/a.ts": typeOnly }), []);
  const loaded = `import { type V1Lease } from "@kubernetes/client-node";\n`;
  t.is(breachesOf({ "operator/a.ts": loaded }).length, 1);
});

test("an import whose file only shows at run time is reported: nobody could say what it breaks", (t) => {
  t.deepEqual(breachesOf({ "webhook/a.ts": `await import(process.argv[2] ?? "");\n` }), [
    "webhook/a.ts:1 imports what only shows at run time. The name of what is imported is written out, but where dev/mutants/ runs tests: nobody can follow one that only shows at run time.",
  ]);
});

const CIRCLE = "Files never import each other in a circle, not even for types.";

test("a circle is reported once, with its way round, types counted", (t) => {
  t.deepEqual(
    breachesOf({
      "operator/a.ts": importOf("./b.ts"),
      "operator/b.ts": `${importOf("./leaf.ts")}import type { C } from "./c.ts";\n`,
      "operator/c.ts": `export * from "./a.ts";\n`,
      "operator/leaf.ts": "",
      "operator/main.ts": importOf("./a.ts"),
    }),
    [
      `operator/a.ts:1 imports operator/b.ts, which imports operator/c.ts, which imports operator/a.ts. ${CIRCLE}`,
    ],
  );
});

test("of two circles that share a file, both are reported; so is a file that imports itself", (t) => {
  t.deepEqual(
    breachesOf({
      "dev/a.ts": importOf("./b.ts"),
      "dev/b.ts": importOf("./a.ts") + importOf("./c.ts"),
      "dev/c.ts": importOf("./b.ts"),
      "dev/d.ts": importOf("./d.ts"),
    }),
    [
      `dev/a.ts:1 imports dev/b.ts, which imports dev/a.ts. ${CIRCLE}`,
      `dev/c.ts:1 imports dev/b.ts, which imports dev/c.ts. ${CIRCLE}`,
      `dev/d.ts:1 imports dev/d.ts. ${CIRCLE}`,
    ],
  );
});

test("kubernetes/ may not say a word of the product: not in code, comments, pages or names", (t) => {
  const sentence =
    "kubernetes/ has no word of the product (okta, organization, mapping), not even in a comment: it could be anybody's.";
  t.deepEqual(
    breachesOf({
      "kubernetes/README.md": "# kubernetes\n\nReconciles a rolemapping.\n",
      "kubernetes/a.ts": 'const metric = "okta_role_leader";\n// one per Organization\n',
      "kubernetes/b.ts": "const groupMappings = 1;\n",
      "kubernetes/okta-group.ts": "",
      "operator/a.ts": "const oktaMappings = 1;\n",
    }),
    [
      `kubernetes/README.md:3 says "mapping". ${sentence}`,
      `kubernetes/a.ts:1 says "okta". ${sentence}`,
      `kubernetes/a.ts:2 says "Organization". ${sentence}`,
      `kubernetes/b.ts:1 says "Mapping". ${sentence}`,
      `kubernetes/okta-group.ts says "okta". ${sentence}`,
    ],
  );
});

test("a name that doesn't say what is in a file or folder is reported", (t) => {
  const names = ["identity/utils.ts", "test/common/a.ts", "webhook/string-helpers.ts", "dev/misc.test.ts"];
  const files = Object.fromEntries([...names, "webhook/utilization.ts"].map((name) => [name, ""]));
  t.deepEqual(
    breachesOf(files),
    names
      .sort()
      .map(
        (name) =>
          `${name} has a name that doesn't say what is in it. No file or folder is named utils, helpers, common or misc.`,
      ),
  );
});

test("a page or a comment that names a file that isn't there is reported; strings may say what they like", (t) => {
  const sentence = "A file that a page or a comment names is there.";
  t.deepEqual(
    breachesOf({
      "CONTRIBUTING.md": "Access: `identity/policy.ts`.\nSign-in: `identity/decide.ts`.\n",
      "okta/README.md": "Begin with `oidc/oidc.ts`, see https://example.com/a/b.md and main.ts.\n",
      "okta/oidc/oidc.ts": '// As in oidc/gone.ts says.\nconst name = "oidc/gone.ts";\n',
      "identity/policy.ts": "/**\n * See okta/oidc/oidc.ts.\n */\n",
    }),
    [
      `CONTRIBUTING.md:2 names identity/decide.ts, which isn't there. ${sentence}`,
      `okta/oidc/oidc.ts:1 names oidc/gone.ts, which isn't there. ${sentence}`,
    ],
  );
});

test("a program in a folder that no sentence is about is reported", (t) => {
  const [breach, ...more] = breachesOf({ "shared/a.ts": "" });
  t.regex(breach ?? "", /^shared\/a\.ts is where the layout knows of no programs\./);
  t.deepEqual(more, []);
});

/** A repository with the command and one file in it. */
async function repositoryWith(t: ExecutionContext, path: string, text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "layout-"));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  for (const part of ["package.json", "dev/layout"])
    await cp(join(root, part), join(folder, part), { recursive: true });
  await symlink(join(root, "node_modules"), join(folder, "node_modules"));
  await mkdir(join(folder, path, ".."), { recursive: true });
  await writeFile(join(folder, path), text);
  return folder;
}

function checkLayout(folder: string) {
  const { status, stderr } = spawnSync(process.execPath, ["dev/layout/main.ts"], {
    cwd: folder,
    encoding: "utf8",
  });
  return { status, stderr };
}

test("the command fails with what it found, and passes where every sentence holds", async (t) => {
  const broken = await repositoryWith(t, "operator/users/a.ts", importOf("../../webhook/a.ts"));
  t.deepEqual(checkLayout(broken), {
    status: 1,
    stderr: `operator/users/a.ts:1 imports webhook/a.ts. ${EACH_OTHER}\n`,
  });
  const sound = await repositoryWith(t, "operator/users/a.ts", importOf("../../identity/policy.ts"));
  t.deepEqual(checkLayout(sound), { status: 0, stderr: "" });
});
