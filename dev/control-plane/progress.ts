/**
 * Tells a person what is going on. On a terminal the current state is rewritten in place; elsewhere (CI, a file) it
 * is a line every now and then.
 */
export interface Progress {
  /** Something that happened: a line that stays. */
  step(text: string): void;
  /** How far a long job is: shown instead of the previous state. */
  update(text: string): void;
}

/** Where there is no terminal, states that follow each other within this time are not printed. */
const LINE_EVERY_MS = 15_000;

/** Shows progress on stderr, so that what a command prints on stdout can be piped. */
export function showProgress(stream: NodeJS.WriteStream = process.stderr): Progress {
  let printedAt = 0;
  let transient = false;

  const clear = () => {
    if (transient) stream.write("\r\x1b[K");
    transient = false;
  };
  return {
    step(text) {
      clear();
      stream.write(`${text}\n`);
      printedAt = Date.now();
    },
    update(text) {
      if (stream.isTTY) {
        clear();
        stream.write(text.slice(0, (stream.columns || 80) - 1));
        transient = true;
      } else if (Date.now() - printedAt >= LINE_EVERY_MS) {
        stream.write(`${text}\n`);
        printedAt = Date.now();
      }
    },
  };
}

/** @returns for example "8 s" or "4 min 05 s" */
export function duration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, "0")} s`;
}
