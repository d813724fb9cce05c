import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import test, { type ExecutionContext } from "ava";
import { inOrder, isMutated, testsFor } from "../../dev/mutants/belonging.ts";
import { drawn } from "../../dev/mutants/drawn.ts";
import { Hunt } from "../../dev/mutants/hunt.ts";
import { Ledger } from "../../dev/mutants/ledger.ts";
import { hashOf, type Mutant, type Mutated, mutate } from "../../dev/mutants/mutate.ts";
import { type Outcome, representative, survivorsOf, tableOf } from "../../dev/mutants/report.ts";
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
  const judged = await hunt.run(mutated.mutants);

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
  t.regex(tableOf(judged, mutated.mutants), /^\| identity\/ \| (\d+) \| \1 \| \d+ \| \d+\.\d % \| 3 \|$/m);

  await ledger.save();
  const again = huntIn(folder, mutated, await Ledger.open(join(folder, "ledger.json")));
  t.deepEqual(await again.hunt.run(mutated.mutants), judged);
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

function mutant(file: string, key: string): Mutant {
  return { id: key, key, file, line: 1, mutator: "BooleanLiteral", replacement: "true" };
}

test("who draws again gets the same mutants, and who draws more gets these and others, of each folder as many", (t) => {
  const all = Array.from({ length: 40 }, (_, at) =>
    mutant(at % 4 === 0 ? "okta/oidc/a.ts" : "identity/b.ts", hashOf([`${at}`])),
  );
  const keys = (mutants: readonly Mutant[], folder: string) =>
    mutants.filter(({ file }) => file.startsWith(folder)).map(({ key }) => key);
  const five = drawn(all, 5);
  t.is(five.length, 10);
  t.deepEqual(drawn(all.toReversed(), 5), five);
  t.deepEqual(keys(drawn(all, 9), "identity").slice(0, 5), keys(five, "identity"));
  t.is(drawn(all, 20).length, 30, "no folder gives more than it has");
});

test("a folder's row is made of all its mutants or of those that were drawn, and says how sure that is", (t) => {
  const all = Array.from({ length: 100 }, (_, at) =>
    mutant(at < 50 ? "okta/a.ts" : "webhook/b.ts", `${100 + at}`),
  );
  const judged = (mutants: readonly Mutant[], outcome: Outcome) =>
    mutants.map((one) => ({ mutant: one, outcome }));
  const okta = all.slice(0, 50);
  const lots = drawn(all, 20);
  const drawnOfWebhook = lots.slice(20);
  t.true(drawnOfWebhook.every(({ file }) => file === "webhook/b.ts"));
  const known = [
    ...judged(okta.slice(0, 45), "noticed"),
    ...judged(okta.slice(45), "unnoticed"),
    ...judged(drawnOfWebhook.slice(0, 15), "noticed"),
    ...judged(drawnOfWebhook.slice(15), "unreached"),
    // What is noticed quickly is known of others, too: no reason to believe that all are.
    ...judged(all.slice(80), "noticed"),
  ];
  t.deepEqual(
    tableOf(representative(known, all, lots), all)
      .split("\n")
      .slice(2),
    ["| okta/ | 50 | 50 | 45 | 90.0 % | 0 |", "| webhook/ | 50 | 20 | 15 | 75.0 ± 14.8 % | 5 |"],
  );
  t.deepEqual(representative(known.slice(1, 49), all, lots), [], "neither all nor those that were drawn");
});
