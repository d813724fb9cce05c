interface Line {
  inside: number;
  readonly waiting: (() => void)[];
}

/**
 * Lets so many of each namespace through at once. The others wait behind those of their own namespace, and nobody ever
 * for another's: what hangs at one tenant's Okta is that tenant's. Those who have been in vain before have places of their
 * own, so that in one namespace, too, the others don't wait for what is known to hang.
 */
export class NamespaceTurns {
  readonly #atOnce: number;
  readonly #inVainAtOnce: number;
  readonly #lines = new Map<string, Line>();

  constructor({ atOnce, inVainAtOnce = atOnce }: { atOnce: number; inVainAtOnce?: number }) {
    this.#atOnce = atOnce;
    this.#inVainAtOnce = inVainAtOnce;
  }

  async run(namespace: string, work: () => Promise<void>, { inVain }: { inVain: boolean }): Promise<void> {
    const key = inVain ? `${namespace}/in-vain` : namespace;
    const line = this.#lines.get(key) ?? { inside: 0, waiting: [] };
    this.#lines.set(key, line);
    if (line.inside < (inVain ? this.#inVainAtOnce : this.#atOnce)) line.inside++;
    // Whoever leaves hands over the place, so that nobody who comes new can take it first.
    else await new Promise<void>((enter) => line.waiting.push(enter));
    try {
      await work();
    } finally {
      const next = line.waiting.shift();
      if (next) next();
      else if (--line.inside === 0) this.#lines.delete(key);
    }
  }
}
