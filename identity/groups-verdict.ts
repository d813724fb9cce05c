import type { Grant } from "./access.ts";
import type { GroupsSource, Identity, ReceivedGroup } from "./identity.ts";
import type { Policy } from "./policy.ts";

/** A groups claim as it came, or didn't. */
export type GroupsClaim =
  | { readonly kind: "groups"; readonly names: readonly string[] }
  | { readonly kind: "missing" }
  | { readonly kind: "invalid"; readonly why: string };

/** What reading a person's groups from the directory gave. `none`: there is none, or it had no need to be asked. */
export type DirectoryAnswer =
  | { readonly kind: "none" }
  | { readonly kind: "groups"; readonly groups: readonly ReceivedGroup[]; readonly status?: string }
  | { readonly kind: "failed"; readonly why: string };

/** What is known of an organization's groups claim. */
export interface ClaimEvidence {
  /** The claim has come before, from the same issuer and client. */
  readonly receivedBefore: boolean;
  /** The claim came once, and then stopped coming for too many people: see `claimIsLost`. */
  readonly lost: boolean;
}

/** Groups to decide by, or the reason why a sign-in is refused and stored access stays as it is. */
export type GroupsVerdict =
  | {
      readonly kind: "decide";
      readonly groups: readonly ReceivedGroup[];
      readonly from: GroupsSource;
      readonly status?: string;
    }
  | { readonly kind: "refuse"; readonly reason: GroupsRefusal; readonly why: string };

/** The claim came, and has stopped coming. */
export const CLAIM_LOST = {
  kind: "refuse",
  reason: "ClaimLost",
  why: "The groups claim has stopped arriving from Okta.",
} as const satisfies GroupsVerdict;

/** Reasons for which the groups of a sign-in can't be relied upon. */
export type GroupsRefusal =
  | "ClaimInvalid"
  | "ClaimNotSetUp"
  | "ClaimLost"
  | "DirectoryUnavailable"
  | "TooManyGroups";

/** The list may have been cut short, and would take something. */
export const LIST_MAY_BE_CUT = {
  kind: "refuse",
  reason: "TooManyGroups",
  why: "Okta may have cut the list of groups short, and by what has arrived the account would lose roles.",
} as const satisfies GroupsVerdict;

/** From this many groups on Okta may have cut the list short, so that it is read again from the directory. */
export const MANY_GROUPS = 100;

/** Whether these groups may not be all: what they give counts, what they don't give proves nothing. */
export function mayBeCut({ groups, groupsFrom }: Pick<Identity, "groups" | "groupsFrom">): boolean {
  return groupsFrom === "Claim" && groups.length >= MANY_GROUPS;
}

/**
 * Why the directory has to be asked, where there is one. `groups`: the claim is missing, or may be cut short. `ids`: it
 * brings bare names, and a mapping names groups by id: which of them a name is, only the directory knows.
 */
export function directoryNeed(
  claim: GroupsClaim,
  { namesByID }: Pick<Policy, "namesByID">,
): "groups" | "ids" | undefined {
  if (claim.kind === "missing") return "groups";
  if (claim.kind === "invalid" || claim.names.length === 0) return undefined;
  if (claim.names.length >= MANY_GROUPS) return "groups";
  return namesByID ? "ids" : undefined;
}

/**
 * Whether the ids of somebody's groups could make a difference, as far as can be told without them: they hold something
 * through a mapping by id, or came with a name that such a group has or had. While the directory can't be read, nobody
 * else has to wait for it.
 */
export function mayDependOnIDs(
  names: readonly string[],
  holds: readonly Grant[],
  policy: Pick<Policy, "isByID" | "mayMeanID">,
): boolean {
  return (
    holds.some(({ mapping }) => mapping !== undefined && policy.isByID(mapping)) ||
    names.some((name) => policy.mayMeanID(name))
  );
}

/**
 * Which groups a sign-in is decided by. A claim that is empty means no groups; one that is missing means no
 * groups only where there is evidence that this issuer and client do send it; anything that could not be read
 * decides nothing.
 */
export function groupsVerdict(
  claim: GroupsClaim,
  directory: DirectoryAnswer,
  evidence: ClaimEvidence,
): GroupsVerdict {
  if (claim.kind === "invalid") return { kind: "refuse", reason: "ClaimInvalid", why: claim.why };
  if (directory.kind === "groups") {
    const { groups, status } = directory;
    return { kind: "decide", groups, from: "Directory", ...(status === undefined ? {} : { status }) };
  }
  if (directory.kind === "failed")
    return { kind: "refuse", reason: "DirectoryUnavailable", why: directory.why };
  if (claim.kind === "groups")
    return { kind: "decide", groups: claim.names.map((name) => ({ name })), from: "Claim" };
  if (evidence.lost) return CLAIM_LOST;
  if (!evidence.receivedBefore)
    return { kind: "refuse", reason: "ClaimNotSetUp", why: "Okta has never sent the groups claim." };
  return { kind: "decide", groups: [], from: "MissingClaim" };
}
