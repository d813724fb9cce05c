/** Okta's user statuses (Okta: "User status"). */
export const userStatuses = [
  "STAGED",
  "PROVISIONED",
  "ACTIVE",
  "RECOVERY",
  "PASSWORD_EXPIRED",
  "LOCKED_OUT",
  "SUSPENDED",
  "DEPROVISIONED",
] as const;
export type UserStatus = (typeof userStatuses)[number];

export const groupTypes = ["OKTA_GROUP", "APP_GROUP", "BUILT_IN"] as const;
export type GroupType = (typeof groupTypes)[number];

export interface UserProfile {
  login: string;
  email: string;
  firstName?: string | null;
  lastName?: string | null;
  displayName?: string | null;
  [attribute: string]: unknown;
}

/** Changed through the Directory only. */
export interface User {
  readonly id: string;
  readonly status: UserStatus;
  readonly created: string;
  readonly activated: string | null;
  readonly statusChanged: string | null;
  readonly lastLogin: string | null;
  readonly lastUpdated: string;
  readonly passwordChanged: string | null;
  readonly profile: UserProfile;
  readonly emailVerified: boolean;
  readonly password: string | undefined;
}

export interface GroupProfile {
  name: string;
  description?: string;
  [attribute: string]: unknown;
}

/** Changed through the Directory only. */
export interface Group {
  readonly id: string;
  readonly type: GroupType;
  readonly created: string;
  readonly lastUpdated: string;
  readonly lastMembershipUpdated: string;
  readonly profile: GroupProfile;
}

/** The group that everybody is in and nobody can change. */
export const everyone = "Everyone";

/**
 * Whether somebody of this status is a person who has an account at all, so that a session or a token that they
 * already have stays good. STAGED and PROVISIONED people never had one, SUSPENDED and DEPROVISIONED lost it.
 */
export function isAdmitted(status: UserStatus): boolean {
  switch (status) {
    case "ACTIVE":
    case "RECOVERY":
    case "PASSWORD_EXPIRED":
    case "LOCKED_OUT":
      return true;
    case "STAGED":
    case "PROVISIONED":
    case "SUSPENDED":
    case "DEPROVISIONED":
      return false;
  }
}

/** The name as a person reads it. */
export function nameOf({ displayName, firstName, lastName, login }: UserProfile): string {
  return displayName || [firstName, lastName].filter(Boolean).join(" ") || login;
}
