/** The setting `safeguards.maxDeactivations`: a share such as "20%", or a number of users. */
export type MaxDeactivations = string | number;

/** Fewer users than this are never held: a small organization may change as it likes. */
const NEVER_HELD_BELOW = 5;

/**
 * How many users may be deactivated within the window.
 *
 * @param setting "20%" or a count
 * @param active the organization's active users before that
 * @throws RangeError when the setting is neither a count nor a percentage
 * @internal
 */
export function deactivationLimit(setting: MaxDeactivations, active: number): number {
  const text = String(setting);
  const percent = /^(\d{1,3})%$/.exec(text);
  if (percent) return Math.floor((active * Number(percent[1])) / 100);
  if (/^\d+$/.test(text)) return Number(text);
  throw new RangeError(`maxDeactivations is a count or a percentage such as 20%, not "${text}".`);
}

/** Deactivations as the safeguard sees them: numbers of users. */
export interface Change {
  /** Users who are active now and would not be any more. */
  readonly deactivating: number;
  /** Users who were deactivated within the window already, whatever for. */
  readonly recent: number;
  /** Users who are active now, those who would not be any more included. */
  readonly active: number;
  readonly setting: MaxDeactivations;
}

/** The window within which deactivations add up. */
const WINDOW_MS = 24 * 3_600_000;

/**
 * From when on deactivations add up, in ms since 1970.
 *
 * @param now ms since 1970
 * @param settled up to when somebody has approved them
 * @param heldSince since when deactivations wait for approval, if they do. What led to that doesn't cease to count while
 * they wait, or else waiting would be as good as approval.
 */
export function countedSince(now: number, settled = 0, heldSince = now): number {
  return Math.max(settled, Math.min(now, heldSince) - WINDOW_MS);
}

/** Whether a change deactivates so many users that somebody has to approve it first. */
export function exceedsLimit({ deactivating, recent, active, setting }: Change): boolean {
  const all = deactivating + recent;
  if (deactivating === 0 || all < NEVER_HELD_BELOW) return false;
  return all > deactivationLimit(setting, active + recent);
}

/**
 * Whether so little of the limit is used that one of several replicas may deactivate somebody without asking the
 * others: all of them together see what each has done a moment later only.
 */
export function isFarFromLimit({ deactivating, recent, active, setting }: Change): boolean {
  const most = Math.max(NEVER_HELD_BELOW - 1, deactivationLimit(setting, active + recent));
  return 2 * (deactivating + recent) <= most;
}

/** The hour within which deactivations for want of the groups claim add up. */
export const CLAIM_LOSS_WINDOW_MS = 3_600_000;

/**
 * Whether the groups claim must have been lost: so many people would be deactivated for want of it, five at least, that
 * somebody would have to approve it.
 * @param withoutClaim those who would be for want of the claim, and those who were within the hour; `change` has them, too
 */
export function claimIsLost(change: Change, withoutClaim: number): boolean {
  return withoutClaim >= NEVER_HELD_BELOW && exceedsLimit(change);
}
