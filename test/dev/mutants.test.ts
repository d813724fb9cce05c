import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import test, { type ExecutionContext } from "ava";
import { inOrder, isMutated, testsFor } from "../../dev/mutants/belonging.ts";
import { Hunt } from "../../dev/mutants/hunt.ts";
import { Ledger } from "../../dev/mutants/ledger.ts";
import { hashOf, type Mutated, mutate } from "../../dev/mutants/mutate.ts";
import { survivorsOf, tableOf } from "../../dev/mutants/report.ts";
import { makeSandbox } from "../../dev/mutants/sandbox.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

const CODE = `export function isAdult(age: number): boolean {
  return age >= 18;
}
export function greet(name: string): string {
  if (name === "") throw new Error("Who is it?");
  return "Hello";
}
export function unused(): number[] {
  return [1, 2];
}
export const retirement = 60 + 5;
let known: number | undefined;
export function majority(): number {
  known ??= 20 + 1;
  return known;
}
export function countTo(age: number): number {
  let at = 0;
  while (at < age) at++;
  return at;
}
export function birthday(): Promise<string> {
  return new Promise((resolve) => {
    resolve("today");
  });
}
`;
const TEST = `import test from "ava";
import { birthday, countTo, greet, isAdult, majority, retirement } from "../../identity/person.ts";
test("of age", (t) => {
  t.true(isAdult(18));
  t.false(isAdult(17));
  greet("Ada");
});
test("other ages", (t) => {
  t.is(retirement, 65);
  t.is(majority(), 21);
  t.is(countTo(3), 3);
});
test("once a year", async (t) => {
  t.is(await birthday(), "today");
});
`;

/** A repository of one file and one test, in a folder from which AVA is found. */
async function repository(t: ExecutionContext): Promise<string> {
  await mkdir(join(root, ".cache"), { recursive: true });
  const folder = await mkdtemp(join(root, ".cache/mutants-test-"));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const files = {
    "package.json": '{"type":"module"}',
    "ava.config.js": 'export default { extensions: ["ts"] };',
    "identity/person.ts": CODE,
    "test/identity/person.test.ts": TEST,
  };
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, "repository", path)), { recursive: true });
    await writeFile(join(folder, "repository", path), text);
  }
  return folder;
}

function huntIn(folder: string, { mutants }: Mutated, ledger: Ledger): { hunt: Hunt; shown: string[] } {
  const shown: string[] = [];
  const show = (line: string) => void shown.push(line);
  const hunt = new Hunt({
    mutants,
    tests: new Map([["test/identity/person.test.ts", hashOf([TEST])]]),
    ledger,
    runs: { root: join(folder, "sandbox"), env: {}, signal: new AbortController().signal },
    atOnce: 2,
    progress: { step: show, update: show },
  });
  return { hunt, shown };
}

test("a mutant that a test notices is told from one that none notices and one that none comes by; a second run asks nothing again", async (t) => {
  const folder = await repository(t);
  const sources = new Map([["identity/person.ts", CODE]]);
  const mutated = await mutate(sources);
  await makeSandbox(
    join(folder, "repository"),
    join(folder, "sandbox"),
    ["package.json", "ava.config.js", "identity/person.ts", "test/identity/person.test.ts"],
    mutated.texts,
  );
  const ledger = await Ledger.open(join(folder, "ledger.json"));
  const { hunt, shown } = huntIn(folder, mutated, ledger);
  const judged = await hunt.run(new Set(sources.keys()));

  const outcomeOf = (line: number, replacement: string) =>
    judged.find(({ mutant }) => mutant.line === line && mutant.replacement === replacement)?.outcome;
  t.is(outcomeOf(2, "age > 18"), "noticed");
  t.is(outcomeOf(5, "false"), "unnoticed");
  t.is(outcomeOf(9, "[]"), "unreached");
  t.is(outcomeOf(11, "60 - 5"), "noticed", "what is made when files are loaded");
  t.is(outcomeOf(14, "20 - 1"), "noticed", "what is made once, when it is asked for first");
  t.is(outcomeOf(19, "at--"), "noticed", "a loop without an end");
  t.is(outcomeOf(24, ";"), "noticed", "somebody waits for ever");
  t.true(shown.some((line) => /^quick tests: 1 of 1 have noticed [1-9]/.test(line)));
  t.regex(survivorsOf(judged), /^identity\/person\.ts:9 ArrayDeclaration: \[\] \(reached by no test\)$/m);
  t.regex(tableOf(judged), /^\| identity\/ \| \d+ \| \d+ \| \d+\.\d % \| 3 \|$/m);

  await ledger.save();
  const again = huntIn(folder, mutated, await Ledger.open(join(folder, "ledger.json")));
  t.deepEqual(await again.hunt.run(new Set(sources.keys())), judged);
  t.deepEqual(again.shown, [], "nothing was run");
});

test("what is known of a mutant is forgotten when its file or the tests that decided it have changed", async (t) => {
  const folder = await mkdtemp(join(root, ".cache/mutants-test-"));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const ledger = await Ledger.open(join(folder, "ledger.json"));
  ledger.setFate("noticed", { by: "b", ran: { a: "1", b: "1" } });
  ledger.setFate("unnoticed", { by: null, ran: { a: "1", b: "1" } });
  const is = (mutant: string, tests: Record<string, string>) =>
    ledger.fate(mutant, new Map(Object.entries(tests))) !== undefined;
  t.true(is("noticed", { a: "2", b: "1" }));
  t.false(is("noticed", { a: "1", b: "2" }));
  t.false(is("noticed", { a: "1" }));
  t.true(is("unnoticed", { a: "1" }));
  t.false(is("unnoticed", { a: "1", b: "2" }));
  t.false(is("unnoticed", { a: "1", b: "1", c: "1" }));

  const keysOf = async (code: string) =>
    (await mutate(new Map([["a.ts", code]]))).mutants.map(({ key }) => key);
  const [before = [], after = []] = await Promise.all([keysOf(CODE), keysOf(CODE.replace("Hello", "Hi"))]);
  t.is(new Set(before).size, before.length);
  t.deepEqual(
    before.filter((key) => after.includes(key)),
    [],
  );
});

test("a file's own tests are asked first, quick ones of its neighbours before its own slow ones", (t) => {
  const tests = [
    "test/okta/oidc/login.test.ts",
    "test/okta/oidc/issuer.test.ts",
    "test/okta/http/http.test.ts",
  ];
  t.deepEqual(testsFor("okta/oidc/issuer.ts", [...tests, "test/webhook/server.test.ts"]), tests);
  const order = (ms: Record<string, number>) =>
    inOrder("okta/oidc/issuer.ts", tests, (path) => ms[path] ?? 1000);
  t.deepEqual(order({}), [tests[1], tests[0], tests[2]]);
  t.is(order({ "test/okta/oidc/issuer.test.ts": 9000 })[0], tests[0]);
});

test("the product's code is mutated, what is generated or only for working on it isn't", (t) => {
  const is = ["identity/access.ts", "webhook/main.ts", "crds/compact.ts"];
  const isnt = ["crds/types.ts", "dev/image.ts", "test/run.ts", "identity/README.md", "charts/x/a.ts"];
  t.deepEqual([...is, ...isnt].filter(isMutated), is);
});
