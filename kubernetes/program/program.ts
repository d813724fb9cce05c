import type { Logger } from "pino";
import { collectDefaultMetrics, Registry } from "prom-client";
import { createClient } from "../client/api-client.ts";
import type { Client } from "../client/client.ts";
import { KubeConfigError } from "../client/errors.ts";
import { RuntimeMetrics } from "../metrics.ts";
import {
  type Flag,
  FlagError,
  type FlagValues,
  type ProgramDescription,
  parseFlags,
  type programFlags,
} from "./flags.ts";
import { runUntilSignal } from "./lifecycle.ts";
import { MemoryWatch } from "./memory-watch.ts";
import { RunningLog } from "./running-log.ts";

/** What a program is given when it starts. */
export interface ProgramContext<F extends Record<string, Flag>> {
  readonly flags: FlagValues<F>;
  /** The program's own namespace. */
  readonly namespace: string;
  readonly client: Client;
  readonly log: Logger;
  readonly metrics: Registry;
  /** Aborts when the program is to end. */
  readonly signal: AbortSignal;
}

/** The prefix is that of its metrics, too. */
export interface ProgramDefinition<F extends Record<string, Flag>> extends ProgramDescription {
  readonly flags: F;
  /** What somebody raises when its memory runs short, as they would write it. */
  readonly memoryLimit: string;
  /** Runs until its signal aborts, and returns when everything is finished and closed. */
  readonly main: (context: ProgramContext<F>) => Promise<void>;
}

/**
 * A whole process: reads the flags, connects with the cluster, runs `main` until SIGTERM or SIGINT, and exits: 0 after
 * a shutdown or `--help`, 2 for flags that make no sense, 1 for everything else. SIGUSR2 switches debug logs on and off.
 */
export async function runProgram<
  const F extends Record<string, Flag> & Record<keyof typeof programFlags, Flag>,
>(program: ProgramDefinition<F>): Promise<void> {
  const flags = readFlags(program);
  if (!flags) return;
  const running = new RunningLog({ name: program.name, level: flags["log-level"] ?? "info" });
  // Not SIGUSR1: with that one, Node starts its debugger.
  process.on("SIGUSR2", () => running.switchDebug());
  const { log } = running;
  const metrics = new Registry();
  RuntimeMetrics.in(metrics, program.prefix);
  collectDefaultMetrics({ register: metrics });
  new MemoryWatch({ metrics, prefix: program.prefix, raise: program.memoryLimit, log }).start();
  try {
    const { kubeconfig, context } = flags;
    const client = await createClient({ kubeconfig, context, userAgent: program.name, metrics, log });
    const namespace = flags.namespace ?? client.namespace ?? "default";
    await runUntilSignal((signal) => program.main({ flags, namespace, client, log, metrics, signal }), {
      log,
    });
    log.info("stopped");
    await running.end();
    // Timers of libraries must not keep a finished process, nor requests that `main` has given up.
    process.exit(0);
  } catch (error) {
    if (error instanceof KubeConfigError) log.fatal(error.message);
    else log.fatal({ err: error }, "the program can't go on");
    await running.end();
    process.exit(1);
  }
}

/** Undefined when there is nothing to run: somebody asked for help, or made a mistake. */
function readFlags<F extends Record<string, Flag>>(program: ProgramDefinition<F>): FlagValues<F> | undefined {
  try {
    const parsed = parseFlags(program, program.flags);
    if (parsed.kind === "run") return parsed.values;
    process.stdout.write(parsed.text);
  } catch (error) {
    if (!(error instanceof FlagError)) throw error;
    process.stderr.write(`${program.name}: ${error.message}\n`);
    process.exitCode = 2;
  }
  return undefined;
}
