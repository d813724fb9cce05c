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

/** @returns a report in a line */
export function summary({ signIns, checks, longestPauseMs }: Report): string {
  const sent = [signIns.sent > 0 ? `${signIns.sent} sign-ins` : "", `${checks.sent} session checks`].filter(
    Boolean,
  );
  const wrong = signIns.wrong + checks.wrong;
  const broken = signIns.broken + checks.broken;
  const slowest = Math.max(signIns.longestMs, checks.longestMs);
  return `${sent.join(" and ")} sent, ${wrong + broken} failed (${wrong} answered wrongly, ${broken} not answered); longest pause ${longestPauseMs} ms, slowest answer ${slowest} ms`;
}

/** @throws Error with the first failures when any request failed */
export function expectNoneFailed(report: Report): string {
  const { signIns, checks, failures } = report;
  const failed = signIns.wrong + signIns.broken + checks.wrong + checks.broken;
  expect(failed === 0, [summary(report), ...failures].join("\n"));
  return summary(report);
}

/** A pod that ends without notice can't answer what it has been asked. @throws Error when an answer was wrong */
export function expectNoneWrong(report: Report): string {
  const { signIns, checks, failures } = report;
  expect(signIns.wrong + checks.wrong === 0, [summary(report), ...failures].join("\n"));
  return summary(report);
}
