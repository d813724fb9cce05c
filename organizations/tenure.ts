import { type BackoffOptions, backoff } from "../kubernetes/index.ts";

/** How patient releases are with each other; all times in ms. */
export interface Patience {
  /** Where another release's name has stood so long, that release may be gone: its organization is taken over. */
  readonly takeOverMs: number;
  /** Who takes an organization over writes nothing else for so long: a release that is alive takes it back before. */
  readonly settleMs: number;
  /** Whose name was replaced within this time has been told that the other release is alive. */
  readonly undoneMs: number;
  /** When it is tried again after that, the less often the more often it happened; the upper half is random. */
  readonly retry: BackoffOptions;
  /** How long it is said of an organization that it is contested, after the last time. */
  readonly contestedMs: number;
}

export const PATIENCE: Patience = {
  takeOverMs: 60_000,
  settleMs: 5_000,
  undoneMs: 30_000,
  retry: { baseMs: 20 * 60_000, maxMs: 120 * 60_000 },
  contestedMs: 15 * 60_000,
};

/**
 * Who keeps an organization, as one release sees it. It follows from the names that have stood in the status one after
 * the other, so that all replicas of a release come to the same. All times in ms, by one clock.
 */
export type Tenure =
  | {
      readonly kind: "ours";
      readonly since: number;
      /** From when on the rest may be written. */
      readonly settledAt: number;
      /** How many times in a row another release has taken it back. */
      readonly undone: number;
    }
  | {
      readonly kind: "theirs";
      readonly by: string;
      readonly since: number;
      /** When our name is to be written, if theirs still stands. */
      readonly dueAt: number;
      readonly undone: number;
      /** They have taken it from us, who kept it: that is a mistake, and put right at once. */
      readonly isTakenFromUs: boolean;
    };

/**
 * What follows from the name that stands in the status now.
 * @param before undefined: nobody's name has been seen
 * @param name of a release; undefined: nobody's
 */
export function tenureAfter(
  before: Tenure | undefined,
  name: string | undefined,
  { release, now, patience }: { release: string; now: number; patience: Patience },
): Tenure | undefined {
  if (name === undefined) return undefined;
  if (name === release) {
    if (before?.kind === "ours") return before;
    if (!before) return { kind: "ours", since: Number.NEGATIVE_INFINITY, settledAt: now, undone: 0 };
    const settledAt = before.isTakenFromUs ? now : now + patience.settleMs;
    return { kind: "ours", since: now, settledAt, undone: before.undone };
  }
  if (before?.kind === "theirs" && before.by === name) return before;
  const theirs = { kind: "theirs", by: name, since: now } as const;
  if (before?.kind !== "ours") {
    const { isTakenFromUs = false, undone = 0 } = before ?? {};
    return { ...theirs, dueAt: isTakenFromUs ? now : now + patience.takeOverMs, undone, isTakenFromUs };
  }
  if (now - before.since >= patience.undoneMs)
    return { ...theirs, dueAt: now, undone: 0, isTakenFromUs: true };
  const undone = before.undone + 1;
  return { ...theirs, dueAt: now + backoff(undone, patience.retry), undone, isTakenFromUs: false };
}
