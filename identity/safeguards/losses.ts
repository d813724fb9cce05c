import type { Access } from "../access.ts";
import type { SignInResolution } from "../account-access.ts";
import { keepHeldAccess } from "../resolve-access.ts";
import { identityOf, isActive, type User } from "../user.ts";

/**
 * Whether the mere loss of access is the doing of a changed policy: the person is still in the groups that
 * caused what they hold.
 * @param access what the policy gives this user now
 */
export function lostToPolicy(user: User, access: Access): boolean {
  if (access.active || !isActive(user)) return false;
  const identity = identityOf(user);
  return identity !== undefined && keepHeldAccess(identity, user.access?.grants ?? []) !== undefined;
}

/** Whether a sign-in that came to this deactivates an account. */
export function losesBySignIn(user: User, { kind }: SignInResolution): boolean {
  return isActive(user) && kind === "refuse";
}

/**
 * Whether somebody was deactivated for want of the groups claim.
 * @param since ms since 1970
 */
export function lostToMissingClaim(user: User, since: number): boolean {
  return !isActive(user) && user.groupsFrom === "MissingClaim" && (user.activeSince ?? 0) > since;
}
