import type { Access } from "./access.ts";
import type { GroupsSource } from "./identity.ts";
import { lossCause } from "./safeguards/losses.ts";
import type { User } from "./user.ts";

/** Who or what made a change: a sign-in, an edited mapping, an edited user. */
export interface Cause {
  readonly by: "sign-in" | "directory" | "policy" | "local-account" | "recovery" | "request" | "sign-out";
  /** One sentence for a person. */
  readonly detail: string;
}

/** What people wrote into a local account. */
export const LOCAL_ACCOUNT: Cause = {
  by: "local-account",
  detail: "The local account was written by people.",
};

/** So many sign-outs that they aren't remembered one by one: rather too many sessions end than one comes back. */
export const MANY_SIGN_OUTS: Cause = {
  by: "sign-out",
  detail: "The person has signed out so often that all of their sessions were ended.",
};

/** The same, of a change of which nobody knows whether it is stored. */
export function unconfirmed({ by, detail }: Cause): Cause {
  return { by, detail: `${detail} The store didn't answer: this may not be so.` };
}

/** Somebody has asked for the end of a person's sessions. @param words what they wrote, in one line */
export function requestCause(words: string): Cause {
  return { by: "request", detail: `Somebody has asked for it on the cluster: "${words}".` };
}

/** A sign-in with Okta. */
export function signInCause(groupsFrom: GroupsSource): Cause {
  const detail = {
    Claim: "A sign-in with Okta; the groups are those of the groups claim.",
    MissingClaim: "A sign-in with Okta without the groups claim, which means no groups.",
    Directory: "A sign-in with Okta; the groups were read from the directory.",
  }[groupsFrom];
  return { by: "sign-in", detail };
}

/** What Okta's directory has shown, without a sign-in. */
export const SEEN_IN_DIRECTORY: Cause = {
  by: "directory",
  detail: "Okta's directory says so: the person was looked at there, without a sign-in.",
};

/**
 * What has changed the access of a stored account.
 * @param user as it was
 * @param access as it became
 */
export function storedCause(user: User, access: Access): Cause {
  if (access.reason === "OrganizationNotFound")
    return { by: "policy", detail: "The organization was deleted." };
  if (user.source === "Local") return LOCAL_ACCOUNT;
  if (access.reason === "IssuerChanged")
    return { by: "policy", detail: "The organization has another issuer now." };
  const loss = lossCause(user, access);
  if (!user.decided && loss !== "MappingsChanged")
    return {
      by: "recovery",
      detail: "What Okta said of the person was stored but not finished; the operator finished it.",
    };
  if (loss === "GroupsGone" || loss === "ClaimMissing")
    return {
      by: "sign-in",
      detail: "What Okta said of the person; what followed from it was held until now.",
    };
  if (user.access?.reason === "OrganizationNotFound")
    return { by: "policy", detail: "The organization is there again." };
  return { by: "policy", detail: "The mappings or roles of the organization have changed." };
}
