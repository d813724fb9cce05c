import { execFile } from "node:child_process";

/** A program ended with an error: the message has what it said. */
export class CommandFailedError extends Error {
  readonly code = "command-failed";
}

/** The programs of a system's administrator aren't on everybody's PATH. */
const PATH = `${process.env.PATH ?? ""}:/usr/sbin:/sbin`;

/**
 * Runs a program to its end.
 *
 * @param options.env is added to this process's environment
 * @returns its stdout
 * @throws CommandFailedError
 */
export function run(
  program: string,
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv; input?: string; timeoutMs?: number } = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      program,
      args,
      {
        ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
        env: { ...process.env, PATH, ...options.env },
        maxBuffer: 64 * 1024 * 1024,
        timeout: options.timeoutMs ?? 0,
      },
      (error, stdout, stderr) => {
        if (!error) return resolve(stdout);
        const said = (stderr || stdout || error.message).trim().split("\n").slice(-20).join("\n");
        reject(new CommandFailedError(`${program} ${args.join(" ")} failed: ${said}`, { cause: error }));
      },
    );
    child.stdin?.on("error", () => undefined); // it ended without having read it all: its exit code says so
    child.stdin?.end(options.input ?? "");
  });
}
