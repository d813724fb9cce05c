import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";

export interface Check {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
}

export interface CheckResult {
  readonly name: string;
  readonly ok: boolean;
  readonly output: string;
  readonly ms: number;
}

/** What holds of the code without running it. Each takes seconds. */
export const CHECKS: readonly Check[] = [
  { name: "types", command: ["tsc", "--project", "."] },
  { name: "types of the pages' scripts", command: ["tsc", "--project", "webhook/console/scripts"] },
  {
    name: "lint and format",
    command: ["biome", "ci", "--error-on-warnings", "--colors=off", "--max-diagnostics=20", "."],
  },
  { name: "unused code", command: ["knip"] },
  // Here tests count for nothing: what the two programs don't need is dead code. An export that is used in its own file,
  // and elsewhere by its test alone, says so by @internal.
  { name: "code that only tests use", command: ["knip", "--production"] },
  { name: "layout", command: ["node", "dev/layout/main.ts"] },
  { name: "generated files", command: ["node", "dev/generate.ts", "--check"] },
  // npm leaves out of the lock file, without a word, what a registry doesn't have for another platform; then `npm ci`
  // refuses it.
  { name: "lock file", command: ["npm", "ci", "--dry-run", "--ignore-scripts"] },
];

/** Runs a check to its end. @param env where PATH finds its program */
export async function runCheck({ name, command }: Check, env: NodeJS.ProcessEnv): Promise<CheckResult> {
  const started = performance.now();
  const [program, ...args] = command;
  const child = spawn(program, args, { env, stdio: ["ignore", "pipe", "pipe"] });
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "close"),
  ]);
  return { name, ok: code === 0, output: `${stdout}${stderr}`.trim(), ms: performance.now() - started };
}
