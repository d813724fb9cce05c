/** Of a build's usual time, the share in which sources are fetched and nobody knows yet how much there is to do. */
const FETCHING = 0.2;

/** How much what is usual counts against the pace of this machine: as much as this share of the work, done. */
const USUAL_COUNTS = 0.15;

/** The linker's part: it says nothing of how far it is. */
const LINKING = 0.03;

/**
 * How long a build still takes, in words. It begins with what is usual and follows the machine's own pace as that shows.
 * What was said once is held while it is about right, so that the number goes down and doesn't dance.
 */
export class TimeLeft {
  readonly #usualMs: number;
  readonly #laterMs: number;
  readonly #now: () => number;
  readonly #startedAt: number;
  #compilingSince: number | undefined;
  #saidMs: number | undefined;

  /**
   * @param usualMs what it usually takes
   * @param laterMs what usually comes after it, and is part of the wait
   */
  constructor(usualMs: number, laterMs = 0, now: () => number = Date.now) {
    this.#usualMs = usualMs;
    this.#laterMs = laterMs;
    this.#now = now;
    this.#startedAt = now();
  }

  /** While sources are fetched. */
  fetching(): string {
    const compilingMs = this.#usualMs * (1 - FETCHING);
    const left = Math.max(this.#usualMs - (this.#now() - this.#startedAt), compilingMs);
    return this.#say(left + this.#laterMs);
  }

  /** @param done of the packages to compile, 0 to 1 */
  compiling(done: number): string {
    this.#compilingSince ??= this.#now();
    const usualMs = this.#usualMs * (1 - FETCHING);
    const share = Math.min(done, 1) * (1 - LINKING);
    const allMs = (USUAL_COUNTS * usualMs + this.#now() - this.#compilingSince) / (USUAL_COUNTS + share);
    // A short build's pace says little of a long one's.
    return this.#say(allMs * (1 - share) + this.#laterMs);
  }

  #say(leftMs: number): string {
    const said = this.#saidMs;
    if (said === undefined || leftMs < said || leftMs > said * 1.3 + 30_000) this.#saidMs = leftMs;
    return `${aboutTime(this.#saidMs ?? leftMs)} left`;
  }
}

/** @returns for example "about 4 min" */
export function aboutTime(ms: number): string {
  if (ms >= 90_000) return `about ${Math.round(ms / 60_000)} min`;
  return ms >= 45_000 ? "about a minute" : "less than a minute";
}
