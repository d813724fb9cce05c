/** An owner may have so many times as much of what its tenant may have as it leaves free: three quarters, where it is alone. */
const OF_A_TENANTS = 3;

/**
 * A number of something that several share. Each tenant may have as much as it leaves free: the first half of it, the next half
 * of what is left then, and so on, so that there is nearly always some for somebody else (Choudhury and Hahne, "Dynamic queue
 * length thresholds for shared-memory packet switches", 1998). Of that, each of its owners leaves a quarter to the others.
 */
export class Portions {
  readonly #total: number;
  #taken = 0;
  readonly #of = new Map<string, number>();

  constructor(total: number) {
    this.#total = total;
  }

  /** Whether an owner may have so much more. Of who isn't known nothing is counted but the sum. */
  mayHave(owner: string | undefined, more: number): boolean {
    if (more === 0) return true;
    const had = (name: string | undefined): number => (name === undefined ? 0 : (this.#of.get(name) ?? 0));
    const tenant = tenantOf(owner);
    if (tenant === undefined) return had(owner) + more <= this.#total - this.#taken - more;
    const itsTotal = (this.#total - this.#taken + had(tenant)) / 2;
    const left = itsTotal - had(tenant) - more;
    return left >= 0 && had(owner) + more <= OF_A_TENANTS * left;
  }

  /** @param more negative where it is given back */
  add(owner: string | undefined, more: number): void {
    this.#taken += more;
    for (const name of [owner, tenantOf(owner)]) {
      if (name === undefined) continue;
      const has = (this.#of.get(name) ?? 0) + more;
      if (has > 0) this.#of.set(name, has);
      else this.#of.delete(name);
    }
  }
}

/** See `onBehalfOf`. The slash keeps it from being taken for an owner of that name. */
function tenantOf(owner: string | undefined): string | undefined {
  const end = owner?.indexOf("/") ?? -1;
  return end < 0 ? undefined : owner?.slice(0, end + 1);
}
