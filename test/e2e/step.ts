import type { Report } from "./browsers/traffic.ts";
import type { Environment } from "./environment.ts";

/** One thing that has to hold, in the state that the steps before it have left. */
export interface Step {
  readonly title: string;
  /**
   * @returns what else is worth to know, such as what was measured
   * @throws SkippedError where it can't be done on this cluster
   * @throws Error saying what doesn't hold
   */
  readonly run: (environment: Environment) => Promise<string | undefined>;
}

/** @throws Error when it isn't so */
export function expect(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new Error(otherwise);
}

/** @throws Error with the first failures when any request failed */
export function expectNoneFailed(report: Report): string {
  const { refused, unanswered } = sums(report);
  expect(refused + unanswered === 0, withFailures(report));
  return summary(report);
}

/**
 * For what happens without notice: what a pod has been asked that moment, nobody answers.
 *
 * @throws Error with the first failures when somebody who is signed in was told otherwise
 */
export function expectNoneRefused(report: Report): string {
  expect(sums(report).refused === 0, withFailures(report));
  return report.failures.length > 0 ? withFailures(report) : summary(report);
}

function sums({ signIns, checks }: Report): { refused: number; unanswered: number } {
  return { refused: signIns.refused + checks.refused, unanswered: signIns.unanswered + checks.unanswered };
}

function withFailures(report: Report): string {
  return [summary(report), ...report.failures].join("\n");
}

function summary(report: Report): string {
  const { signIns, checks, longestPauseMs } = report;
  const { refused, unanswered } = sums(report);
  const sent = [signIns.sent > 0 ? `${signIns.sent} sign-ins` : "", `${checks.sent} session checks`].filter(
    Boolean,
  );
  const failed = `${refused + unanswered} failed${unanswered > 0 ? ` (${unanswered} of them not answered)` : ""}`;
  const slowest = Math.max(signIns.longestMs, checks.longestMs);
  return `${sent.join(" and ")} sent, ${failed}; longest pause ${longestPauseMs} ms, slowest answer ${slowest} ms`;
}
