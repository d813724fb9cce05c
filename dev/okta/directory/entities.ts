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

export interface User {
  readonly id: string;
  status: UserStatus;
  created: string;
  activated: string | null;
  statusChanged: string | null;
  lastLogin: string | null;
  lastUpdated: string;
  passwordChanged: string | null;
  profile: UserProfile;
  emailVerified: boolean;
  password: string | undefined;
}

export interface GroupProfile {
  name: string;
  description?: string;
  [attribute: string]: unknown;
}

export interface Group {
  readonly id: string;
  readonly type: GroupType;
  created: string;
  lastUpdated: string;
  lastMembershipUpdated: string;
  profile: GroupProfile;
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
