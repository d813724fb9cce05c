import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, open, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Logger } from "pino";

/**
 * Waits for the end of its stdin, which is a pipe that only the parent holds: the kernel closes it when the parent is
 * gone, whatever ended it. Then it kills what the pid files name and removes the folder. The folder is renamed first:
 * a program that is about to start can't leave its pid file any more, and so doesn't start (see STARTER).
 */
const WATCHDOG = `
cat > /dev/null
mv "$1" "$1.abandoned" 2> /dev/null || exit 0
for file in "$1.abandoned"/*.pid; do
  if [ -f "$file" ]; then kill -9 "$(cat "$file")" 2> /dev/null; fi
done
tries=0
while [ -d "$1.abandoned" ] && [ $tries -lt 100 ]; do
  rm -rf "$1.abandoned" 2> /dev/null || sleep 0.1
  tries=$((tries + 1))
done`;

/** Says who it is before it becomes the program: there is no moment at which a program runs and nobody knows it. */
const STARTER = 'echo $$ > "$1" && shift && exec "$@"';

/**
 * Programs that never outlive this process: not when it stops them, not when it throws, and not when it is killed
 * with SIGKILL. They get no Ctrl-C of their own, so that whoever started them decides in which order they stop.
 */
export class Tether {
  /** A folder of mode 0700 that goes when the tether is released or this process dies. */
  readonly folder: string;
  readonly #watchdog: ChildProcess;
  readonly #log: Logger | undefined;

  private constructor(folder: string, watchdog: ChildProcess, log: Logger | undefined) {
    this.folder = folder;
    this.#watchdog = watchdog;
    this.#log = log;
  }

  /** @param log is told of programs that end without having been stopped */
  static async create(log?: Logger): Promise<Tether> {
    const folder = await mkdtemp(join(tmpdir(), "okta-role-operator-"));
    const watchdog = spawn("sh", ["-c", WATCHDOG, "watchdog", folder], {
      detached: true,
      stdio: ["pipe", "ignore", "ignore"],
    });
    await once(watchdog, "spawn");
    return new Tether(folder, watchdog, log);
  }

  /**
   * Starts a program; what it prints is appended to a file.
   *
   * @param name of the program among those on this tether
   * @param command the program's path and its arguments
   * @param log the file that gets its stdout and stderr
   */
  async start(name: string, command: readonly string[], log: string): Promise<TetheredProcess> {
    const pidFile = join(this.folder, `${name}.pid`);
    const output = await open(log, "a", 0o600);
    try {
      const child = spawn("sh", ["-c", STARTER, name, pidFile, ...command], {
        detached: true,
        stdio: ["ignore", output.fd, output.fd],
      });
      await once(child, "spawn");
      const program = new TetheredProcess(name, child, pidFile, log);
      program.exited.then((how) => {
        if (!program.stopRequested)
          this.#log?.error({ program: name, how, log }, "ended without having been stopped");
      });
      return program;
    } finally {
      await output.close();
    }
  }

  /** Removes the folder and lets the watchdog go. What was started must have been stopped before. */
  async release(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
    const gone = once(this.#watchdog, "exit");
    this.#watchdog.stdin?.end();
    if (this.#watchdog.exitCode === null && this.#watchdog.signalCode === null) await gone;
  }
}

/** One program on a tether. */
export class TetheredProcess {
  readonly name: string;
  /** Settles, and never rejects, when the program has ended: with its exit code or the signal that ended it. */
  readonly exited: Promise<number | NodeJS.Signals>;
  readonly #child: ChildProcess;
  readonly #log: string;
  #stopRequested = false;

  constructor(name: string, child: ChildProcess, pidFile: string, log: string) {
    this.name = name;
    this.#child = child;
    this.#log = log;
    this.exited = new Promise((resolve) => {
      child.once("exit", (code, signal) => {
        // The number may be given to another process from now on.
        rm(pidFile, { force: true }).then(() => resolve(signal ?? code ?? 0));
      });
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  get stopRequested(): boolean {
    return this.#stopRequested;
  }

  /**
   * Ends the program and waits until it is gone.
   *
   * @param graceMs how long it has after SIGTERM before SIGKILL; 0 kills it at once
   */
  async stop(graceMs: number): Promise<void> {
    this.#stopRequested = true;
    if (graceMs === 0) {
      this.#child.kill("SIGKILL");
    } else {
      this.#child.kill("SIGTERM");
      const timer = setTimeout(() => this.#child.kill("SIGKILL"), graceMs);
      this.exited.then(() => clearTimeout(timer));
    }
    await this.exited;
  }

  /** @returns the end of what it printed, to be shown when it failed */
  async lastOutput(lines = 20): Promise<string> {
    return (await readFile(this.#log, "utf8")).trimEnd().split("\n").slice(-lines).join("\n");
  }
}
