/** So many sign-ins of one organization wait for Okta that no more are taken. */
export class BusyError extends Error {
  readonly code = "organization-busy";
}

/**
 * Bounds how many sign-ins of one organization are under way at once. Where Okta is slow or dead, sign-ins pile
 * up: those of that organization are turned away, and everybody else's don't notice.
 */
export class ConcurrencyLimit {
  readonly #most: number;
  readonly #underWay = new Map<string, number>();

  /** @param most sign-ins of one organization at once */
  constructor(most: number) {
    this.#most = most;
  }

  /** @throws BusyError at once when too many are under way */
  async run<T>(organization: string, signIn: () => Promise<T>): Promise<T> {
    const underWay = this.#underWay.get(organization) ?? 0;
    if (underWay >= this.#most)
      throw new BusyError("Many people are signing in, and Okta answers slowly. Try again in a moment.");
    this.#underWay.set(organization, underWay + 1);
    try {
      return await signIn();
    } finally {
      const left = (this.#underWay.get(organization) ?? 1) - 1;
      if (left === 0) this.#underWay.delete(organization);
      else this.#underWay.set(organization, left);
    }
  }
}
