/** How far Okta's clock and ours may differ, in seconds. */
export const CLOCK_TOLERANCE_S = 30;

/** How far Okta's clock is ahead of ours, in seconds (behind: negative), and what told so. */
export interface ClockDifference {
  readonly aheadS: number;
  readonly by: "Date" | "iat";
}

/**
 * The difference by the `Date` of an answer that has just come (RFC 9110, section 6.6.1), which is exact to a second or
 * two. Undefined without one.
 * @param nowMs ms since 1970, by our clock
 */
export function differenceByDate(
  date: string | null | undefined,
  nowMs: number = Date.now(),
): ClockDifference | undefined {
  const theirs = Date.parse(date ?? "");
  return Number.isNaN(theirs) ? undefined : { aheadS: Math.round((theirs - nowMs) / 1000), by: "Date" };
}

/** What to do about clocks that differ by more than is allowed, in a sentence. Undefined where they don't. */
export function clockAdvice(difference: ClockDifference | undefined): string | undefined {
  if (!difference || Math.abs(difference.aheadS) <= CLOCK_TOLERANCE_S) return undefined;
  const { aheadS, by } = difference;
  const where = aheadS > 0 ? "behind" : "ahead of";
  const source = by === "Date" ? "the Date of Okta's answer" : "the iat of Okta's ID token";
  return `The clock here is ${Math.abs(aheadS)} seconds ${where} Okta's, by ${source}: set the node's clock right.`;
}
