import type { Access } from "./access.ts";
import type { GroupsSource } from "./identity.ts";
import { lossCause } from "./safeguards/losses.ts";
import { shownName } from "./shown-names.ts";
import type { User } from "./user.ts";

/** Why a change was made, in one word. CamelCase: it stands in an account's history. */
export type CauseReason =
  | "SignIn"
  | "SignInFinished"
  | "SeenInDirectory"
  | "LocalAccountWritten"
  | "MappingsChanged"
  | "Approved"
  | "HoldEnded"
  | "IssuerChanged"
  | "OrganizationDeleted"
  | "OrganizationFound"
  | "EndRequested"
  | "EndedByAdmin"
  | "ManySignOuts";

/** Who or what made a change: a sign-in, an edited mapping, an edited user. */
export interface Cause {
  readonly by: "sign-in" | "directory" | "policy" | "local-account" | "recovery" | "request" | "sign-out";
  readonly reason: CauseReason;
  /** One sentence for a person. */
  readonly detail: string;
}

/** What people wrote into a local account. */
export const LOCAL_ACCOUNT: Cause = {
  by: "local-account",
  reason: "LocalAccountWritten",
  detail: "The local account was written by people.",
};

/** So many sign-outs that they aren't remembered one by one: rather too many sessions end than one comes back. */
export const MANY_SIGN_OUTS: Cause = {
  by: "sign-out",
  reason: "ManySignOuts",
  detail: "The person has signed out so often that all of their sessions were ended.",
};

/** The same, of a change of which nobody knows whether it is stored. */
export function unconfirmed(cause: Cause): Cause {
  return { ...cause, detail: `${cause.detail} The store didn't answer: this may not be so.` };
}

/** Somebody has asked for the end of a person's sessions. @param words what they wrote, in one line */
export function requestCause(words: string): Cause {
  return {
    by: "request",
    reason: "EndRequested",
    detail: `Somebody has asked for it on the cluster: "${words}".`,
  };
}

/** An organization admin has ended all sessions of a person. @param admin who, as people know them */
export function adminCause(admin: string): Cause {
  return {
    by: "request",
    reason: "EndedByAdmin",
    detail: `${shownName(admin)} has ended them, as an admin of the organization.`,
  };
}

/** What was held until somebody approved it. @param approval what they said for that */
export function approvedCause(cause: Cause, approval: string): Cause {
  return {
    ...cause,
    reason: "Approved",
    detail: `${cause.detail} It was held until somebody approved it on the cluster (${approval}).`,
  };
}

/** A sign-in with Okta. */
export function signInCause(groupsFrom: GroupsSource): Cause {
  const detail = {
    Claim: "A sign-in with Okta; the groups are those of the groups claim.",
    MissingClaim: "A sign-in with Okta without the groups claim, which means no groups.",
    Directory: "A sign-in with Okta; the groups were read from the directory.",
  }[groupsFrom];
  return { by: "sign-in", reason: "SignIn", detail };
}

/** What Okta's directory has shown, without a sign-in. */
export const SEEN_IN_DIRECTORY: Cause = {
  by: "directory",
  reason: "SeenInDirectory",
  detail: "Okta's directory says so: the person was looked at there, without a sign-in.",
};

/**
 * What has changed the access of a stored account.
 * @param user as it was
 * @param access as it became
 */
export function storedCause(user: User, access: Access): Cause {
  if (access.reason === "OrganizationNotFound")
    return { by: "policy", reason: "OrganizationDeleted", detail: "The organization was deleted." };
  if (user.source === "Local") return LOCAL_ACCOUNT;
  if (access.reason === "IssuerChanged")
    return { by: "policy", reason: "IssuerChanged", detail: "The organization has another issuer now." };
  const loss = lossCause(user, access);
  if (!user.decided && loss !== "MappingsChanged")
    return {
      by: "recovery",
      reason: "SignInFinished",
      detail: "What Okta said of the person was stored but not finished; the operator finished it.",
    };
  if (loss === "GroupsGone" || loss === "ClaimMissing")
    return {
      by: "sign-in",
      reason: "HoldEnded",
      detail: "What Okta said of the person; what followed from it was held until now.",
    };
  if (user.access?.reason === "OrganizationNotFound")
    return { by: "policy", reason: "OrganizationFound", detail: "The organization is there again." };
  return {
    by: "policy",
    reason: "MappingsChanged",
    detail: "The mappings or roles of the organization have changed.",
  };
}
