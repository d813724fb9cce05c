/** Name of the lease that is contended for, and of the ConfigMap that only the leader may write. */
export const CONTEST = "contest";

/** Shorter than in earnest, so that a test doesn't wait for long. */
export const contestSettings = {
  name: CONTEST,
  leaseDurationMs: 6_000,
  renewDeadlineMs: 4_000,
  retryPeriodMs: 500,
};
