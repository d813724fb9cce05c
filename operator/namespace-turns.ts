interface Line {
  inside: number;
  /** Those who wait, in order; whoever comes for the first time before whoever has been in vain. */
  readonly ahead: (() => void)[];
  readonly behind: (() => void)[];
}

/**
 * Lets so many of each namespace through at once. The others wait behind those of their own namespace, and nobody ever
 * for another's: what hangs at one tenant's Okta is that tenant's.
 */
export class NamespaceTurns {
  readonly #atOnce: number;
  readonly #lines = new Map<string, Line>();

  constructor(atOnce: number) {
    this.#atOnce = atOnce;
  }

  /** @param options.ahead before those of the namespace who don't say so */
  async run(namespace: string, work: () => Promise<void>, { ahead }: { ahead: boolean }): Promise<void> {
    const line = this.#lines.get(namespace) ?? { inside: 0, ahead: [], behind: [] };
    this.#lines.set(namespace, line);
    if (line.inside < this.#atOnce) line.inside++;
    // Whoever leaves hands over the place, so that nobody who comes new can take it first.
    else await new Promise<void>((enter) => (ahead ? line.ahead : line.behind).push(enter));
    try {
      await work();
    } finally {
      const next = line.ahead.shift() ?? line.behind.shift();
      if (next) next();
      else if (--line.inside === 0) this.#lines.delete(namespace);
    }
  }
}
