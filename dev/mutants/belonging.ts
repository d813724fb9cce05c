/** Which tests belong to which file: tests mirror the folders. */

/** The folders whose code is mutated. What is used for working on them isn't: dev/, bench/ and the tests themselves. */
const MUTATED = ["crds", "identity", "okta", "organizations", "kubernetes", "operator", "webhook"];

export function isMutated(path: string): boolean {
  const [folder = ""] = path.split("/");
  return MUTATED.includes(folder) && path.endsWith(".ts") && path !== "crds/types.ts"; // that one is generated
}

/** Where a file stands, two folders deep at the most: what is counted together. */
export function folderOf(file: string): string {
  return file.split("/").slice(0, -1).slice(0, 2).join("/");
}

/** The test files that may be asked about a file of this folder: those of its top folder. */
export function testsFor(file: string, tests: readonly string[]): string[] {
  const [folder = ""] = file.split("/");
  return tests.filter((test) => test.startsWith(`test/${folder}/`));
}

/**
 * In which order they are asked: first those that are named after the file, then those beside them, then the others;
 * quick ones first.
 * @param ms how long a test file takes
 */
export function inOrder(file: string, tests: readonly string[], ms: (test: string) => number): string[] {
  const name = file.replace(/\.ts$/, "");
  const folder = name.slice(0, name.lastIndexOf("/"));
  const distance = (test: string): number => {
    if (test.startsWith(`test/${name}.`) || test.startsWith(`test/${name}-`)) return 0;
    return test.startsWith(`test/${folder}/`) ? 1 : 2;
  };
  // A test of the file's own that takes long can wait for a quick one of its neighbours.
  return tests.toSorted((a, b) => cost(distance(a), ms(a)) - cost(distance(b), ms(b)));
}

/** ms, as if tests that are further away took longer: they notice less. */
function cost(distance: number, ms: number): number {
  return ms * (distance === 0 ? 1 : distance === 1 ? 3 : 6);
}
