import type { OktaRoleMapping, Organization } from "../../crds/types.ts";
import { quotedNames, type Role, shownName, unknownRoles, unseenDifference } from "../../identity/index.ts";
import {
  conditionFalse,
  conditionTrue,
  conditionUnknown,
  type DesiredCondition,
  rfc3339,
} from "../../kubernetes/index.ts";
import { BEING_ASKED, CHECKING, isChecking, knownCondition } from "../progress.ts";

export function organizationResolved(
  mapping: OktaRoleMapping,
  organization: Organization | undefined,
): DesiredCondition {
  const { name } = mapping.spec.organizationRef;
  return organization
    ? conditionTrue("OrganizationResolved", "Found", `The organization ${name} was found.`)
    : conditionFalse(
        "OrganizationResolved",
        "OrganizationNotFound",
        `There is no organization ${name} in this namespace: create it, or correct spec.organizationRef.`,
      );
}

export function rolesResolved(
  mapping: OktaRoleMapping,
  organization: Organization | undefined,
): DesiredCondition {
  if (!organization)
    return conditionUnknown(
      "RolesResolved",
      "OrganizationNotFound",
      "Roles are looked up in the organization.",
    );
  const catalogue = new Map<string, Role>(organization.spec.roles.map((role) => [role.name, role]));
  const unknown = unknownRoles(mapping.spec.roles, catalogue);
  if (unknown.length === 0)
    return conditionTrue("RolesResolved", "Found", "All roles are in the organization's catalogue.");
  const [is, them] = unknown.length === 1 ? ["is", "it"] : ["are", "them"];
  return conditionFalse(
    "RolesResolved",
    "UnknownRole",
    `${quotedNames(unknown, TEN)} ${is} not in the catalogue of ${organization.metadata.name}: correct spec.roles, or add ` +
      `${them} there (it has ${quotedNames([...catalogue.keys()], TEN)}). Until then the whole mapping grants nothing new, ` +
      "and nobody loses another role that they hold through it.",
  );
}

/** A group of a mapping as it was found in Okta. */
export interface FoundGroup {
  readonly name?: string;
  readonly id?: string;
  readonly members?: number;
  readonly formerNames?: readonly string[];
  /** false: Okta doesn't show it to the directory's credentials, and doesn't say either that it was deleted. */
  readonly shown?: boolean;
}

/** What the directory has shown of a mapping's groups. */
export interface GroupsRead {
  readonly kind: "read";
  readonly missing: readonly string[];
  readonly hints: readonly Hint[];
  /** Groups that it showed before, and neither shows now nor says that they were deleted. */
  readonly notShown: readonly string[];
  /** Since when it could not be read again, where that is so: ms since 1970. */
  readonly notReadSince?: number;
}

/** Why the groups could not be read: unread, where the rate limit leaves no room. */
export interface GroupsFailure {
  readonly kind: "failed" | "unread";
  readonly reason: string;
  readonly message: string;
  /** ms since 1970 */
  readonly since: number;
}

/** What looking up a mapping's groups has shown. */
export type GroupsCheck =
  | { readonly kind: "no-directory"; readonly byID: readonly string[]; readonly hints: readonly Hint[] }
  | GroupsRead
  /** Nothing yet. What the status says of this generation stays, if it is about the same groups of the same directory. */
  | ((GroupsFailure | { readonly kind: "checking" }) & { readonly isOfStatus: boolean });

/** A group of the mapping that isn't in Okta, and one whose name differs by what people overlook (see `foldedName`). */
export interface Hint {
  readonly written: string;
  readonly actual: string;
}

export function groupsResolved(check: GroupsCheck, mapping: OktaRoleMapping): DesiredCondition {
  const type = "GroupsResolved";
  const said = knownCondition(mapping, type);
  const known = said && isOfDirectory(said) ? said : undefined;
  switch (check.kind) {
    case "no-directory":
      return withoutDirectory(check.byID, check.hints);
    case "read": {
      const read = inDirectory(check);
      return check.notReadSince === undefined ? read : notReadAgain(read, check.notReadSince, known);
    }
    case "checking":
      return (check.isOfStatus && known) || conditionUnknown(type, CHECKING, BEING_ASKED);
    case "unread":
      return (check.isOfStatus && known) || conditionUnknown(type, check.reason, check.message);
    case "failed":
      return check.isOfStatus && known && known.status !== "Unknown"
        ? notReadAgain(known, check.since, known)
        : conditionUnknown(type, check.reason, check.message);
  }
}

/** Whether a directory has shown it, and not the want of one. */
function isOfDirectory({ status, reason }: DesiredCondition): boolean {
  const isHintOfSignIns = reason === "GroupNameDiffers" && status === "Unknown";
  return reason !== "NoDirectory" && reason !== "DirectoryRequired" && !isHintOfSignIns;
}

const NOT_READ_AGAIN = " This could not be looked up again since ";

/** Whether it could be read when it was last tried. */
export function isCurrent(condition: DesiredCondition): boolean {
  const { status, message } = condition;
  return status !== "Unknown" && isOfDirectory(condition) && !message.includes(NOT_READ_AGAIN);
}

/** What was read holds until another read shows otherwise; it says since when there was none. */
function notReadAgain(
  read: DesiredCondition,
  since: number,
  known: DesiredCondition | undefined,
): DesiredCondition {
  if (read.message.includes(NOT_READ_AGAIN)) return read;
  if (known?.message.startsWith(read.message + NOT_READ_AGAIN)) return { ...read, message: known.message };
  const message = `${read.message}${NOT_READ_AGAIN}${rfc3339(since)}: see DirectoryReachable of the organization.`;
  return { ...read, message };
}

function inDirectory({ missing, hints, notShown }: GroupsRead): DesiredCondition {
  const type = "GroupsResolved";
  if (hints.length > 0) {
    const pairs = hints
      .map((hint) => `"${shownName(hint.written)}" is "${shownName(hint.actual)}" in Okta${difference(hint)}`)
      .join(", ");
    return conditionFalse(
      type,
      "GroupNameDiffers",
      `Group names match exactly, and ${pairs}: correct spec.groups.${alsoNotShown(notShown)}`,
    );
  }
  if (missing.length > 0)
    return conditionFalse(
      type,
      "GroupNotFound",
      `Okta has no group ${quotedNames(missing, TEN)}: create it there, let the app's admin role see it, or correct ` +
        `spec.groups.${alsoNotShown(notShown)}`,
    );
  if (notShown.length > 0) return conditionFalse(type, "GroupNotShown", sentenceOnNotShown(notShown));
  return conditionTrue(type, "Found", "All groups exist in Okta.");
}

function alsoNotShown(notShown: readonly string[]): string {
  return notShown.length === 0 ? "" : ` ${sentenceOnNotShown(notShown)}`;
}

function sentenceOnNotShown(notShown: readonly string[]): string {
  const [it, is] = notShown.length === 1 ? ["it", "it is"] : ["them", "they are"];
  return (
    `Okta doesn't show ${quotedNames(notShown, TEN)} to these credentials any more, and its System Log doesn't say that ${is} deleted, ` +
    `so that whoever is in ${it} keeps what that gives: give the app's admin role ${it} (and the System Log), or take ${it} ` +
    "out of spec.groups."
  );
}

function withoutDirectory(byID: readonly string[], hints: readonly Hint[]): DesiredCondition {
  const type = "GroupsResolved";
  if (byID.length > 0)
    return conditionFalse(
      type,
      "DirectoryRequired",
      `A sign-in brings names only, so ${quotedNames(byID, TEN)} can't match: set up okta.directory in the organization, ` +
        "or name the group.",
    );
  if (hints.length > 0) {
    const pairs = hints
      .map(
        (hint) =>
          `with "${shownName(hint.actual)}", nobody with "${shownName(hint.written)}"${difference(hint)}`,
      )
      .join(", ");
    return conditionUnknown(
      type,
      "GroupNameDiffers",
      `Group names match exactly, and people have signed in ${pairs}: check spec.groups.`,
    );
  }
  return conditionUnknown(
    type,
    "NoDirectory",
    "Without okta.directory the groups can't be looked up: they are matched by name at sign-in.",
  );
}

/** In words, where it can't be seen. */
function difference({ written, actual }: Hint): string {
  const unseen = unseenDifference(written, actual);
  return unseen === undefined ? "" : ` (they differ by ${unseen})`;
}

/**
 * Ready when the mapping is applied. Groups that can't be looked up don't hinder that; wrong ones show, so that it is known
 * only when Okta has been asked.
 * @param paused says that the mapping, or its organization, is paused
 */
export function mappingReady(
  checks: readonly DesiredCondition[],
  paused: DesiredCondition | undefined,
): DesiredCondition {
  const failed = checks.find(({ status }) => status === "False");
  if (failed) return conditionFalse("Ready", failed.reason, failed.message);
  const checking = checks.find(isChecking);
  if (checking) return conditionUnknown("Ready", checking.reason, checking.message);
  if (paused) return conditionTrue("Ready", paused.reason, paused.message);
  return conditionTrue("Ready", "Accepted", "People in these groups hold these roles.");
}

/** Names in a message. */
const TEN = { most: 10 };
