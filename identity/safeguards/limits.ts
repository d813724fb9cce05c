/** The setting `safeguards.maxDeactivations`: a share such as "20%", or a number of users. */
export type MaxDeactivations = string | number;

/** Fewer users than this are never held: a small organization may change as it likes. */
const NEVER_HELD_BELOW = 5;

/**
 * How many users one change may deactivate.
 *
 * @param setting "20%" or a count
 * @param active the organization's active users before the change
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

/** One change as the safeguard sees it: numbers of users. */
export interface Change {
  /** Users who are active now and would not be after the change. */
  readonly deactivating: number;
  /** Users whom changes of the same kind have deactivated within the window already. */
  readonly recent: number;
  /** Users who are active now, those above included. */
  readonly active: number;
  readonly setting: MaxDeactivations;
}

/** The minute within which changes count as one: deleting ten mappings one by one is one change. */
export const AT_ONCE_MS = 60_000;

/** Whether a change deactivates so many users that somebody has to approve it first. */
export function exceedsLimit({ deactivating, recent, active, setting }: Change): boolean {
  const all = deactivating + recent;
  if (deactivating === 0 || all < NEVER_HELD_BELOW) return false;
  return all > deactivationLimit(setting, active + recent);
}

/** The hour within which deactivations for want of the groups claim add up. */
export const CLAIM_LOSS_WINDOW_MS = 3_600_000;

/**
 * Whether one more deactivation for want of the groups claim is one too many, so that the claim must have been
 * lost: more than `maxDeactivations` within the hour, five at least.
 */
export function claimIsLost(change: Omit<Change, "deactivating">): boolean {
  const { recent, active, setting } = change;
  return recent + 1 > Math.max(NEVER_HELD_BELOW, deactivationLimit(setting, active + recent));
}
