/** So many sign-ins of one organization wait for Okta that no more are taken. */
export class BusyError extends Error {
  readonly code = "organization-busy";
}

/**
 * Bounds how many sign-ins of one organization are under way at once. Where Okta is slow or dead, sign-ins pile
 * up: those of that organization are turned away, and everybody else's don't notice.
 */
export class Gate {
  readonly #most: number;
  readonly #inside = new Map<string, number>();

  /** @param most sign-ins of one organization at once */
  constructor(most: number) {
    this.#most = most;
  }

  /** @throws BusyError at once when too many are under way */
  async run<T>(organization: string, task: () => Promise<T>): Promise<T> {
    const inside = this.#inside.get(organization) ?? 0;
    if (inside >= this.#most)
      throw new BusyError("Many people are signing in, and Okta answers slowly. Try again in a moment.");
    this.#inside.set(organization, inside + 1);
    try {
      return await task();
    } finally {
      const left = (this.#inside.get(organization) ?? 1) - 1;
      if (left === 0) this.#inside.delete(organization);
      else this.#inside.set(organization, left);
    }
  }
}
