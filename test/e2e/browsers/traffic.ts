import type { People } from "./people.ts";

export interface Load {
  readonly signInsPerSecond: number;
  readonly checksPerSecond: number;
  /** Who signs in and is checked, in turn. They must be signed in. */
  readonly names: readonly string[];
}

/** What became of one kind of request. */
export interface Tally {
  sent: number;
  /** Answered wrongly: somebody who is signed in was told that they aren't, or were turned away. */
  refused: number;
  /** Not answered: the connection broke, it took too long, or nobody was there to answer (a status of 500 or above). */
  unanswered: number;
  /** The longest that one took, in ms. */
  longestMs: number;
}

export interface Report {
  readonly signIns: Tally;
  readonly checks: Tally;
  /** The longest time in which no session check was answered, in ms. */
  readonly longestPauseMs: number;
  /** The first of what went wrong. */
  readonly failures: readonly string[];
}

const MOST_FAILURES = 12;

/** Sends sign-ins and session checks at a steady rate, whatever becomes of those before: as people do. */
export class Traffic {
  readonly #people: People;
  readonly #load: Load;
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #underWay = new Set<Promise<void>>();
  readonly #signIns = newTally();
  readonly #checks = newTally();
  readonly #failures: string[] = [];
  readonly #started = performance.now();
  #answeredAt = performance.now();
  #longestPauseMs = 0;

  constructor(people: People, load: Load) {
    this.#people = people;
    this.#load = load;
    this.#repeat(load.checksPerSecond, (name) => this.#check(name));
    this.#repeat(load.signInsPerSecond, (name) => this.#signIn(name));
  }

  /** Sends no more, and waits for what is under way. */
  async stop(): Promise<Report> {
    for (const timer of this.#timers) clearInterval(timer);
    await Promise.all(this.#underWay);
    const pause = performance.now() - this.#answeredAt;
    return {
      signIns: this.#signIns,
      checks: this.#checks,
      longestPauseMs: Math.round(Math.max(this.#longestPauseMs, pause)),
      failures: this.#failures,
    };
  }

  #repeat(perSecond: number, send: (name: string) => Promise<void>): void {
    if (perSecond === 0) return;
    let turn = 0;
    const timer = setInterval(() => {
      const name = this.#load.names[turn++ % this.#load.names.length] ?? "";
      const sent = send(name).finally(() => this.#underWay.delete(sent));
      this.#underWay.add(sent);
    }, 1000 / perSecond);
    this.#timers.push(timer);
  }

  async #check(name: string): Promise<void> {
    const ok = await this.#measure(this.#checks, `session check of ${name}`, () =>
      this.#people.session(name),
    );
    if (!ok) return;
    const now = performance.now();
    this.#longestPauseMs = Math.max(this.#longestPauseMs, now - this.#answeredAt);
    this.#answeredAt = now;
  }

  async #signIn(name: string): Promise<void> {
    await this.#measure(this.#signIns, `sign-in of ${name}`, () => this.#people.signInAnew(name));
  }

  /** @returns whether it was answered as it should be */
  async #measure(
    tally: Tally,
    what: string,
    send: () => Promise<{ status: number; title?: string }>,
  ): Promise<boolean> {
    const started = performance.now();
    tally.sent += 1;
    const problem = await send().then(
      ({ status, title = "" }) => {
        if (status === 200) return undefined;
        tally[status >= 500 ? "unanswered" : "refused"] += 1;
        return `was answered with ${status} ${title}`;
      },
      (error: unknown) => {
        tally.unanswered += 1;
        return `broke: ${error}${error instanceof Error && error.cause ? ` (${error.cause})` : ""}`;
      },
    );
    tally.longestMs = Math.max(tally.longestMs, Math.round(performance.now() - started));
    if (problem === undefined) return true;
    const at = ((started - this.#started) / 1000).toFixed(2);
    if (this.#failures.length < MOST_FAILURES) this.#failures.push(`at ${at} s, ${what} ${problem}`);
    return false;
  }
}

function newTally(): Tally {
  return { sent: 0, refused: 0, unanswered: 0, longestMs: 0 };
}
