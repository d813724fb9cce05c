import type { Logger } from "pino";

export interface LifecycleOptions {
  log: Logger;
  /** How long a shutdown may take, in milliseconds; 9 s, since Kubernetes' kubelet kills after 30 s at the latest. */
  deadlineMs?: number;
  /** For tests; ends the process. */
  exit?: (code: number) => void;
}

/**
 * Runs a process's main function until SIGTERM or SIGINT: its signal then aborts, and it is to return soon, with
 * everything finished, released and closed. A second signal, or the deadline, ends the process at once with code 1.
 * Rejects with what `main` rejects with.
 */
export async function runUntilSignal(
  main: (signal: AbortSignal) => Promise<void>,
  { log, deadlineMs = 9_000, exit = process.exit }: LifecycleOptions,
): Promise<void> {
  const stopping = new AbortController();
  let deadline: NodeJS.Timeout | undefined;
  const stop = (name: NodeJS.Signals) => {
    if (stopping.signal.aborted) {
      log.warn({ signal: name }, "second signal: stopping at once");
      exit(1);
      return;
    }
    log.info({ signal: name }, "stopping");
    deadline = setTimeout(() => {
      log.error({ deadlineMs }, "the shutdown isn't done in time: stopping at once");
      exit(1);
    }, deadlineMs);
    stopping.abort(new Error(`stopped by ${name}`));
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
  try {
    await main(stopping.signal);
  } finally {
    clearTimeout(deadline);
    process.off("SIGTERM", stop);
    process.off("SIGINT", stop);
  }
}
