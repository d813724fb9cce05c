/** So many sign-ins of one organization are under way that no more are taken. It is our own limit, not Okta's. */
export class BusyError extends Error {
  readonly code = "organization-busy";

  constructor() {
    super(
      "More people are signing in here just now than are let in at once. It isn't you, and Okta didn't refuse: try again in a " +
        "moment.",
    );
  }
}

/** The sign-ins of one organization. */
interface Line {
  underWay: number;
  /** Whoever waits for one of them to end, first come, first served. */
  readonly waiting: (() => void)[];
}

/**
 * Bounds how many sign-ins of one organization are under way at once, or other pieces of work of one owner. A rush waits in
 * a short line of its own. Where Okta is slow or dead sign-ins pile up: those of that organization are turned away, and
 * everybody else's don't notice.
 */
export class ConcurrencyLimit {
  readonly #most: number;
  readonly #mostWaiting: number;
  readonly #waitMs: number;
  readonly #refusal: () => Error;
  readonly #lines = new Map<string, Line>();

  /**
   * @param most sign-ins of one organization at once
   * @param options how long one may wait for its turn, in ms; how many may, for each that is let in; what the others are
   * refused with
   */
  constructor(
    most: number,
    { waitMs = 3_000, waitingForEach = 4, refusal = (): Error => new BusyError() } = {},
  ) {
    this.#most = most;
    this.#refusal = refusal;
    this.#mostWaiting = most * waitingForEach;
    this.#waitMs = waitMs;
  }

  /** @throws BusyError when too many are waiting, or it waits too long */
  async run<T>(organization: string, signIn: () => Promise<T>): Promise<T> {
    const line = this.#lines.get(organization) ?? { underWay: 0, waiting: [] };
    this.#lines.set(organization, line);
    if (line.underWay >= this.#most) await this.#turn(line);
    else line.underWay++;
    try {
      return await signIn();
    } finally {
      // Whoever is next takes the place.
      const next = line.waiting.shift();
      if (next) next();
      else line.underWay--;
      if (line.underWay === 0) this.#lines.delete(organization);
    }
  }

  #turn({ waiting }: Line): Promise<void> {
    if (waiting.length >= this.#mostWaiting) return Promise.reject(this.#refusal());
    return new Promise((resolve, reject) => {
      const goIn = (): void => {
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(() => {
        waiting.splice(waiting.indexOf(goIn), 1);
        reject(this.#refusal());
      }, this.#waitMs);
      waiting.push(goIn);
    });
  }
}
