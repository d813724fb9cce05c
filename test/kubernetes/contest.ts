/** Name of the lease that is contended for, and of the ConfigMap that only the leader may write. */
export const CONTEST = "contest";

/** Shorter than in earnest, so that a test doesn't wait for long. */
export const contestSettings = {
  name: CONTEST,
  leaseDurationMs: 3_000,
  renewDeadlineMs: 2_000,
  retryPeriodMs: 300,
};
