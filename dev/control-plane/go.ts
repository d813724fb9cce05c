import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** The oldest Go that can fetch a newer one by itself (https://go.dev/doc/toolchain). */
const FETCHES_TOOLCHAINS: GoVersion = [1, 21, 0];

type GoVersion = readonly [major: number, minor: number, patch: number];

/** Where the binaries can come from when Go can't build them; part of every error of this file. */
const OTHERWISE =
  "or set KUBEBUILDER_ASSETS to a folder that has etcd, kube-apiserver and kubectl (what `setup-envtest use -p path` prints)";

export class GoMissingError extends Error {
  readonly code = "go-missing";
  constructor(options: ErrorOptions) {
    super(
      `Go was not found, and the control plane's binaries have to be built once: install Go ${written(FETCHES_TOOLCHAINS)} or later (https://go.dev/dl), ${OTHERWISE}`,
      options,
    );
  }
}

export class GoTooOldError extends Error {
  readonly code = "go-too-old";
  constructor(found: string) {
    super(
      `Go ${found} is too old to build the control plane's binaries: install Go ${written(FETCHES_TOOLCHAINS)} or later (https://go.dev/dl; it fetches the version it needs), ${OTHERWISE}`,
    );
  }
}

export class GoFailedError extends Error {
  readonly code = "go-failed";
  constructor(command: string, status: string, lastLines: readonly string[]) {
    super(
      `\`${command}\` ${status}; mend what it says and start again, ${OTHERWISE}\n${lastLines.join("\n")}`,
    );
  }
}

/** Runs the go command in one module, with an environment in which only that module counts. */
export interface Go {
  /** Set when Go is going to fetch this newer version of itself first. */
  readonly fetches: string | undefined;
  /**
   * @param onLine is told each line on stderr, where Go says what it downloads and compiles
   * @returns the lines on stdout
   * @throws GoFailedError with the end of what Go said
   */
  run(args: readonly string[], env: NodeJS.ProcessEnv, onLine?: (line: string) => void): Promise<string[]>;
}

/**
 * @param module the folder of a go.mod
 * @throws GoMissingError, GoTooOldError
 */
export async function findGo(module: string): Promise<Go> {
  const needed = goLine(await readFile(join(module, "go.mod"), "utf8"));
  const found = await localVersion();
  const version = parseVersion(found);
  if (isOlder(version, FETCHES_TOOLCHAINS)) throw new GoTooOldError(found);

  // A Go that is new enough stays as its owner has set it up. One that is too old gets told to fetch, because some
  // distributions switch that off.
  const fetches = isOlder(version, needed) ? written(needed) : undefined;
  return {
    fetches,
    run: (args, env, onLine) =>
      runGo(
        args,
        module,
        {
          ...process.env,
          GOFLAGS: "-mod=readonly",
          GOWORK: "off",
          CGO_ENABLED: "0",
          GOOS: goos(),
          GOARCH: goarch(),
          ...(fetches === undefined ? {} : { GOTOOLCHAIN: "auto" }),
          ...env,
        },
        onLine,
      ),
  };
}

/** This platform in Go's words. */
export function goos(): string {
  return process.platform === "win32" ? "windows" : process.platform;
}

/** This processor in Go's words. */
export function goarch(): string {
  return process.arch === "x64" ? "amd64" : process.arch;
}

async function localVersion(): Promise<string> {
  try {
    // In a folder without go.mod, and told not to look further: what is asked is what is installed.
    const [line] = await runGo(["env", "GOVERSION"], tmpdir(), { ...process.env, GOTOOLCHAIN: "local" });
    return (line ?? "").replace(/^go/, "");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT")
      throw new GoMissingError({ cause: error });
    throw error;
  }
}

function runGo(
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv,
  onLine?: (line: string) => void,
): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const child = spawn("go", args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
    const stdout: string[] = [];
    const lastLines: string[] = [];
    createInterface({ input: child.stdout }).on("line", (line) => stdout.push(line));
    createInterface({ input: child.stderr }).on("line", (line) => {
      lastLines.push(line);
      if (lastLines.length > 30) lastLines.shift();
      onLine?.(line);
    });
    child.on("error", reject);
    child.on("close", (code, signal) => {
      if (code === 0) return resolve(stdout);
      const status = signal === null ? `ended with ${code}` : `was ended by ${signal}`;
      reject(new GoFailedError(`go ${args.join(" ")}`, status, lastLines));
    });
  });
}

function goLine(goMod: string): GoVersion {
  const line = /^go (\S+)$/m.exec(goMod)?.[1];
  if (line === undefined)
    throw new Error("go.mod has no line `go VERSION`: write the version that the module needs");
  return parseVersion(line);
}

/** Reads "1.26.8", "1.27rc1" and "devel go1.27-abc". */
function parseVersion(text: string): GoVersion {
  const [, major = "0", minor = "0", patch = "0"] = /(\d+)\.(\d+)(?:\.(\d+))?/.exec(text) ?? [];
  return [Number(major), Number(minor), Number(patch)];
}

function isOlder(a: GoVersion, b: GoVersion): boolean {
  return a[0] - b[0] < 0 || (a[0] === b[0] && (a[1] < b[1] || (a[1] === b[1] && a[2] < b[2])));
}

function written([major, minor, patch]: GoVersion): string {
  return patch === 0 && minor < 21 ? `${major}.${minor}` : `${major}.${minor}.${patch}`;
}
