import type { ReservationRules } from "../operator/organizations/next-reservations.ts";
import { LoginPathPrefixes } from "../organizations/login-path-prefixes.ts";
import type { ObjectOfNamespace } from "../organizations/login-path-reservations.ts";

/** The ConfigMap in which login paths are reserved. */
export const LOGIN_PATHS = "okta-role-operator-login-paths";

/** How both programs keep login paths in a namespace, unless a test says otherwise. */
export function loginPathsIn(
  namespace: string,
  rules: Partial<ReservationRules> = {},
): ReservationRules & { object: ObjectOfNamespace } {
  return {
    object: { namespace, name: LOGIN_PATHS },
    prefixes: new LoginPathPrefixes(),
    perNamespace: 100,
    retentionMs: 3_600_000,
    ...rules,
  };
}
