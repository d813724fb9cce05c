import { once } from "node:events";
import type { Writable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { type Logger, pino } from "pino";

type Destination = Writable | ReturnType<typeof pino.destination>;

/** Who reads the log may be gone, or not keep up: then the last lines are lost. */
const END_MS = 1_000;

export interface RunningLogOptions {
  readonly name: string;
  /** pino's level to start with, and to come back to. */
  readonly level: string;
  /** Where lines go; without it, stdout. */
  readonly destination?: Destination;
}

/** A log whose level can be changed while it is in use, its children's included: pino's have their parent's level. */
export class RunningLog {
  readonly log: Logger;
  readonly #configured: string;
  readonly #destination: Destination;

  constructor({ name, level, destination = pino.destination(1) }: RunningLogOptions) {
    this.#configured = level;
    this.#destination = destination;
    this.log = pino({ name, level, base: { pid: process.pid } }, destination);
  }

  /** From the configured level to debug, or back. It is logged at info, while the more talkative of both holds. */
  switchDebug(): void {
    const switchingOn = this.log.level === this.#configured;
    const level = switchingOn ? "debug" : this.#configured;
    if (switchingOn) this.log.level = level;
    this.log.info({ logLevel: level }, "the log level changes");
    if (!switchingOn) this.log.level = level;
  }

  /**
   * Resolves when the last line is out, a second later at most; nothing is logged from then on. Lines leave in the
   * background: a process that exits without this may put its last words in the wrong order.
   */
  async end(): Promise<void> {
    this.log.level = "silent";
    const closed = once(this.#destination, "close");
    this.#destination.end();
    await Promise.race([closed, sleep(END_MS)]);
  }
}
