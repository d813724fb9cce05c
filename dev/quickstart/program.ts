import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { createInterface } from "node:readline";

/** The folder of the repository. */
export const REPOSITORY = fileURLToPath(new URL("../../", import.meta.url));

export interface ProgramOptions {
  /** For messages: operator, webhook. */
  readonly name: string;
  /** The file to run, relative to the repository. */
  readonly file: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Where its log goes. */
  readonly logFile: string;
}

/** One of the product's two programs, running as a process of its own. */
export interface Program {
  readonly pid: number;
  /** The ports that it listens on. */
  readonly port: number;
  readonly healthPort: number;
  /** Resolves when it has ended, however that came. */
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  /** Every line that it has logged so far, parsed. */
  readonly lines: readonly Record<string, unknown>[];
  /** SIGTERM, and SIGKILL after 12 s. */
  stop(): Promise<void>;
  kill(signal: NodeJS.Signals): Promise<void>;
}

const STOP_MS = 12_000;

/**
 * Starts a program and waits until it says that it listens.
 * @throws Error with its last words when it ends before that
 */
export async function startProgram({ name, file, args, env, logFile }: ProgramOptions): Promise<Program> {
  const child = spawn(process.execPath, [`${REPOSITORY}${file}`, ...args], {
    cwd: REPOSITORY,
    env: { ...withoutProductVariables(process.env), ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const log = createWriteStream(logFile, { flags: "a" });
  const lines: Record<string, unknown>[] = [];
  const last: string[] = [];
  const listening = Promise.withResolvers<{ port: number; healthPort: number }>();
  const read = (line: string): void => {
    log.write(`${line}\n`);
    last.push(line);
    if (last.length > 20) last.shift();
    const parsed = parseLine(line);
    if (!parsed) return;
    lines.push(parsed);
    if (parsed.msg === "listening")
      listening.resolve({ port: Number(parsed.port ?? 0), healthPort: Number(parsed.healthPort ?? 0) });
  };
  createInterface({ input: child.stdout }).on("line", read);
  createInterface({ input: child.stderr }).on("line", read);
  const ended = once(child, "exit").then(([code, signal]) => {
    listening.reject(new Error(`The ${name} ended at once (${signal ?? code}):\n${last.join("\n")}`));
    return { code: code as number | null, signal: signal as NodeJS.Signals | null };
  });
  const { port, healthPort } = await listening.promise;
  return {
    pid: child.pid ?? 0,
    port,
    healthPort,
    ended,
    lines,
    stop: () => stop(child, ended),
    kill: async (signal) => {
      child.kill(signal);
      await ended;
    },
  };
}

async function stop(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
  await ended;
  clearTimeout(timer);
}

function parseLine(line: string): Record<string, unknown> | undefined {
  try {
    const parsed: unknown = JSON.parse(line);
    return typeof parsed === "object" && parsed !== null ? { ...parsed } : undefined;
  } catch {
    return undefined; // not a log line: a stack trace of Node's own
  }
}

/** Settings in the developer's own shell are for something else. */
function withoutProductVariables(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => !name.startsWith("OKTA_ROLE_") && name !== "KUBECONFIG" && name !== "POD_NAMESPACE"),
  );
}
