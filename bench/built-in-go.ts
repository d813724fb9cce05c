import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { readdir, readFile, rename } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

const MODULE = fileURLToPath(new URL("controller-runtime/", import.meta.url));
/** One of its own: Go's build cache grows large. The next build of another version starts from it. */
const GOCACHE = "/tmp/go-build-bench";

/**
 * The neighbour in Go, from the cache or built now, which takes some minutes once.
 * @returns its path; a sentence when it can't be had
 */
export async function buildNeighbour(
  say: (text: string) => void,
): Promise<{ path: string } | { why: string }> {
  const hash = createHash("sha256");
  for (const file of (await readdir(MODULE)).sort()) hash.update(await readFile(join(MODULE, file)));
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "okta-role-operator");
  const path = join(cache, `bench-controller-runtime-${hash.digest("hex").slice(0, 12)}`);
  if (existsSync(path)) return { path };
  say("building the neighbour in Go, once: some minutes");
  const unfinished = `${path}.${process.pid}`;
  const build = ["build", "-trimpath", "-ldflags", "-s -w", "-o", unfinished, "."];
  const env = {
    ...process.env,
    GOCACHE,
    GOFLAGS: "-mod=readonly",
    GOWORK: "off",
    CGO_ENABLED: "0",
    GOTOOLCHAIN: "auto",
  };
  const child = spawn("nice", ["-n", "10", "go", ...build], {
    cwd: MODULE,
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
