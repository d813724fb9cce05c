import type { Access, AccessReason, Grant } from "../access.ts";
import { keepHeldAccess } from "../resolve-access.ts";
import { identityOf, isActive, type User } from "../user.ts";

/**
 * Reasons for losing everything that may be one mistake made on many people. What Okta's status says is certain about
 * one person, and a deleted organization is meant: neither counts.
 */
const COUNTED: ReadonlySet<AccessReason> = new Set(["NoMappedGroup", "IssuerChanged"]);

/**
 * Whether this takes everything from an active account in a way that counts towards `maxDeactivations`.
 * @param access what the user is to have instead
 */
export function isCountedLoss(user: User, access: Access): boolean {
  return isActive(user) && user.source === "Okta" && !access.active && COUNTED.has(access.reason);
}

/** What a counted loss comes from. */
export type LossCause = "MappingsChanged" | "GroupsGone" | "ClaimMissing" | "IssuerChanged";

/**
 * What takes everything from a user, going by what is stored; undefined: nothing does, or it doesn't count.
 * @param access what the present policy gives them
 */
export function lossCause(user: User, access: Access): LossCause | undefined {
  return isCountedLoss(user, access) ? causeOf(user, access, user.access?.grants ?? []) : undefined;
}

/**
 * What takes these grants from a user of Okta's, going by what is stored.
 * @param access what the present policy gives them
 */
export function causeOf(user: User, access: Access, taken: readonly Grant[]): LossCause {
  if (access.reason === "IssuerChanged") return "IssuerChanged";
  const identity = identityOf(user);
  if (identity && keepHeldAccess(identity, taken)) return "MappingsChanged";
  return user.groupsFrom === "MissingClaim" ? "ClaimMissing" : "GroupsGone";
}

/** A counted loss that is stored. */
export interface Deactivation {
  /** ms since 1970, in whole seconds */
  readonly at: number;
  readonly forWantOfClaim: boolean;
}

/** When and why an account was deactivated, where that counts. */
export function countedDeactivation(user: User): Deactivation | undefined {
  const { access, activeSince } = user;
  if (!access || access.active || user.source !== "Okta" || !COUNTED.has(access.reason)) return undefined;
  // An account that never was active has lost nothing.
  if (activeSince === undefined || user.sessionEpoch === 0) return undefined;
  return { at: activeSince, forWantOfClaim: user.groupsFrom === "MissingClaim" };
}
