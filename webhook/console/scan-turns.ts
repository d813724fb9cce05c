/** How long looking through users may keep the event loop from turning, in ms: sessions are checked beside it. */
const MAX_SLICE_MS = 2;

/**
 * Lets the work on lists of users go on in slices: one in each turn of the event loop, and that of each organization in its
 * turn, so that however much one of them is looked through, checks of sessions and pages of others hardly wait.
 */
export class ScanTurns {
  /** By organization, whoever waits. No line is empty, and the next one is the first. */
  readonly #lines = new Map<string, (() => void)[]>();
  #isDue = false;

  /** Begins a piece of work: resolves when its first slice has its turn. */
  async begin(organization: string): Promise<Slices> {
    await this.#next(organization);
    return new Slices(() => this.#next(organization));
  }

  #next(organization: string): Promise<void> {
    const line = this.#lines.get(organization) ?? [];
    this.#lines.set(organization, line);
    if (!this.#isDue) setImmediate(this.#turn);
    this.#isDue = true;
    return new Promise((resolve) => line.push(resolve));
  }

  readonly #turn = (): void => {
    this.#isDue = false;
    for (const [organization, line] of this.#lines) {
      const goOn = line.shift();
      this.#lines.delete(organization);
      if (line.length > 0) this.#lines.set(organization, line);
      if (this.#lines.size > 0) {
        this.#isDue = true;
        setImmediate(this.#turn);
      }
      goOn?.();
      return;
    }
  };
}

/** A piece of work in slices. */
export class Slices {
  readonly #next: () => Promise<void>;
  #began = performance.now();

  constructor(next: () => Promise<void>) {
    this.#next = next;
  }

  /** To be awaited after every few microseconds of work: goes on at once while the slice is young. */
  async pause(): Promise<void> {
    if (performance.now() - this.#began < MAX_SLICE_MS) return;
    await this.#next();
    this.#began = performance.now();
  }
}
