import type { Clock } from "./clock.ts";
import type { Records } from "./records.ts";

export type Change = (records: Records) => void;

/**
 * What reads show while they trail what was written, as Okta's do by seconds: everything as it was some time ago, in
 * the order in which it was changed. What is changed while reads don't trail is seen at once.
 */
export class LaggingReads {
  readonly #records: Records;
  readonly #now: Clock;
  readonly #lagMs: () => number;
  #shown: Records | undefined;
  #unseen: { time: number; change: Change }[] = [];

  constructor({ records, now, lagMs }: { records: Records; now: Clock; lagMs: () => number }) {
    this.#records = records;
    this.#now = now;
    this.#lagMs = lagMs;
  }

  get records(): Records {
    this.#catchUp();
    return this.#shown ?? this.#records;
  }

  /** To be told of every change before it is made. */
  note(change: Change): void {
    this.#catchUp();
    if (this.#lagMs() === 0) return;
    this.#shown ??= this.#records.copy();
    this.#unseen.push({ time: this.#now(), change });
  }

  #catchUp(): void {
    if (this.#lagMs() === 0) {
      this.#shown = undefined;
      this.#unseen = [];
    }
    if (!this.#shown) return;
    const seen = this.#now() - this.#lagMs();
    const first = this.#unseen.findIndex(({ time }) => time > seen);
    for (const { change } of this.#unseen.splice(0, first < 0 ? this.#unseen.length : first))
      change(this.#shown);
  }
}
