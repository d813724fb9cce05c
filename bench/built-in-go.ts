import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { readdir, readFile, rename } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

/** A neighbour whose folder here is a Go module that pins everything by hash. */
export interface GoProgram {
  readonly name: "controller-runtime" | "oauth2-proxy";
  /** The package to build, as the module sees it. */
  readonly main: string;
}

/** One of its own: Go's build cache grows large. The next build of another version starts from it. */
const GOCACHE = "/tmp/go-build-bench";

/**
 * A neighbour in Go, from the cache or built now, which takes some minutes once.
 * @returns its path; a sentence when it can't be had
 */
export async function builtInGo(
  { name, main }: GoProgram,
  say: (text: string) => void,
): Promise<{ path: string } | { why: string }> {
  const cwd = fileURLToPath(new URL(`${name}/`, import.meta.url));
  const hash = createHash("sha256");
  for (const file of (await readdir(cwd)).sort()) hash.update(await readFile(join(cwd, file)));
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "okta-role-operator");
  const path = join(cache, `bench-${name}-${hash.digest("hex").slice(0, 12)}`);
  if (existsSync(path)) return { path };
  say(`building ${name}, once: some minutes`);
  const unfinished = `${path}.${process.pid}`;
  const build = ["build", "-trimpath", "-ldflags", "-s -w", "-o", unfinished, main];
  const env = {
    ...process.env,
    GOCACHE,
    GOFLAGS: "-mod=readonly",
    GOWORK: "off",
    CGO_ENABLED: "0",
    GOTOOLCHAIN: "auto",
  };
  const child = spawn("nice", ["-n", "10", "go", ...build], {
    cwd,
    env,
    stdio: ["ignore", "ignore", "pipe"],
  });
  try {
    const [words, [code]] = await Promise.all([text(child.stderr), once(child, "close")]);
    if (code !== 0) return { why: `go build ended with ${code}: ${words.trim().split("\n").at(-1)}` };
  } catch (error) {
    return { why: `go could not be run: ${error instanceof Error ? error.message : error}` };
  }
  await rename(unfinished, path);
  return { path };
}
