/** How far Okta's clock and ours may differ, in seconds. */
export const CLOCK_TOLERANCE_S = 30;

/** How far Okta's clock is ahead of ours, in seconds (behind: negative), and what told so. */
export interface ClockDifference {
  readonly aheadS: number;
  readonly by: "Date" | "iat";
}

/** By how much two measurements of the same difference differ: `Date` counts in seconds, and an answer takes its time. */
const STEADY_S = 5;

/**
 * How far Okta's clock is ahead of ours, by the `Date` of its answers (RFC 9110, section 6.6.1). It is the same number as
 * long as the clocks are the same: a condition that says it would else be written anew with each answer.
 */
export class OktaClock {
  #difference: ClockDifference | undefined;

  /** Undefined until an answer has told. */
  get difference(): ClockDifference | undefined {
    return this.#difference;
  }

  /**
   * Takes in an answer that has just come.
   * @param nowMs ms since 1970, by our clock
   */
  heard(date: string | null | undefined, nowMs: number): void {
    const theirs = Date.parse(date ?? "");
    const aheadS = Number.isNaN(theirs) ? undefined : Math.round((theirs - nowMs) / 1000);
    if (aheadS === undefined) this.#difference = undefined;
    else if (!this.#difference || Math.abs(aheadS - this.#difference.aheadS) > STEADY_S)
      this.#difference = { aheadS, by: "Date" };
  }
}

/** What to do about clocks that differ by more than is allowed, in a sentence. Undefined where they don't. */
export function clockAdvice(difference: ClockDifference | undefined): string | undefined {
  if (!difference || Math.abs(difference.aheadS) <= CLOCK_TOLERANCE_S) return undefined;
  const { aheadS, by } = difference;
  const where = aheadS > 0 ? "behind" : "ahead of";
  const source = by === "Date" ? "the Date of Okta's answer" : "the iat of Okta's ID token";
  return `The clock here is ${Math.abs(aheadS)} seconds ${where} Okta's, by ${source}: set the node's clock right.`;
}
