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
  /** Answered, but not as it should be: a session refused, an error page. */
  wrong: number;
  /** Not answered: the connection broke, or it took too long. */
  broken: number;
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
    const ok = await this.#measure(this.#checks, `session check of ${name}`, async () => {
      const { status } = await this.#people.session(name);
      return status === 200 ? undefined : `answered with ${status}`;
    });
    if (!ok) return;
    const now = performance.now();
    this.#longestPauseMs = Math.max(this.#longestPauseMs, now - this.#answeredAt);
    this.#answeredAt = now;
  }

  async #signIn(name: string): Promise<void> {
    await this.#measure(this.#signIns, `sign-in of ${name}`, async () => {
      const { status, title } = await this.#people.signInAnew(name);
      return status === 200 ? undefined : `ended with ${status}: ${title}`;
    });
  }

  /** @param send returns what is wrong with the answer @returns whether it was answered as it should be */
  async #measure(tally: Tally, what: string, send: () => Promise<string | undefined>): Promise<boolean> {
    const started = performance.now();
    tally.sent += 1;
    let wrong: string | undefined;
    try {
      wrong = await send();
      if (wrong !== undefined) tally.wrong += 1;
    } catch (error) {
      tally.broken += 1;
      wrong = `broke: ${error}${error instanceof Error && error.cause ? ` (${error.cause})` : ""}`;
    }
    tally.longestMs = Math.max(tally.longestMs, Math.round(performance.now() - started));
    if (wrong === undefined) return true;
    const at = ((started - this.#started) / 1000).toFixed(2);
    if (this.#failures.length < MOST_FAILURES) this.#failures.push(`at ${at} s, ${what} ${wrong}`);
    return false;
  }
}

function newTally(): Tally {
  return { sent: 0, wrong: 0, broken: 0, longestMs: 0 };
}
