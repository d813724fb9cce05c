import type { Role } from "./policy.ts";
import type { User } from "./user.ts";

/**
 * Whether an Okta sign-in with the same verified address may take over this account: a local one that can't
 * sign in by itself and holds no administering role. A role that isn't in the catalogue might be one.
 */
export function isLinkable(user: User, roles: ReadonlyMap<string, Role>): boolean {
  if (user.source !== "Local" || user.serviceAccountName !== undefined) return false;
  return user.localRoles.every((name) => roles.get(name) !== undefined && roles.get(name)?.admin !== true);
}
