import type { Organization } from "../../crds/types.ts";
import type { User } from "../../identity/index.ts";
import { type HeldRole, heldRoles } from "../held-roles.ts";
import type { SignedInSession } from "../sessions/session-judgement.ts";

/** Who looks at a page of an organization: somebody who is signed in there, as this very request shows them. */
export interface Visitor {
  readonly user: User;
  readonly organization: Organization;
  readonly roles: readonly HeldRole[];
  /** Holds a role that administers the organization, as its catalogue says now: sees all of it. */
  readonly isAdmin: boolean;
  /** Signed in past Okta: every page says so. */
  readonly isLocal: boolean;
  /** When the session ends at the latest, in ms since 1970. */
  readonly expiresAt: number;
}

export function visitorOf({ user, organization, expiresAt }: SignedInSession): Visitor {
  const roles = heldRoles(user, organization);
  return {
    user,
    organization,
    roles,
    isAdmin: roles.some(({ admin }) => admin),
    isLocal: user.source === "Local",
    expiresAt,
  };
}
