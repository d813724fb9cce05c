import type { GroupsClaimEvidence, GroupsClaimSource, Organization } from "../../crds/types.ts";
import {
  CLAIM_LOST,
  type ClaimEvidence,
  type DirectoryAnswer,
  type GroupsClaim,
  type GroupsVerdict,
  MANY_GROUPS,
} from "../../identity/index.ts";
import {
  conditionFalse,
  conditionTrue,
  conditionUnknown,
  type DesiredCondition,
  rfc3339,
} from "../../kubernetes/index.ts";
import { groupsClaimSource, groupsClaimVerdict, isSameSource } from "../../organizations/groups-claim.ts";

const TYPE = "GroupsClaimReceived";

/** What an Organization's status says of the groups claim. */
export interface GroupsClaimStatus {
  readonly condition: DesiredCondition;
  /** Kept as it is where nothing new was seen. */
  readonly evidence: GroupsClaimEvidence | undefined;
  /** What the condition is about. */
  readonly checked: GroupsClaimSource;
}

/** What is known of an organization's groups claim, for `groupsVerdict`. */
export function evidenceOf(organization: Organization): ClaimEvidence {
  return {
    receivedBefore: isSameSource(organization.status?.groupsClaim, organization),
    lost: groupsClaimVerdict(organization)?.reason === "ClaimLost",
  };
}

/**
 * What the status has to say after a sign-in. Undefined when this sign-in changes nothing, as nearly all do.
 *
 * @param at ms since 1970
 */
export function groupsClaimStatus(
  organization: Organization,
  claim: GroupsClaim,
  directory: DirectoryAnswer,
  verdict: GroupsVerdict,
  at: number,
): GroupsClaimStatus | undefined {
  const evidence = claim.kind === "groups" ? seen(organization, at) : organization.status?.groupsClaim;
  const condition = desired(organization, claim, directory, verdict, at);
  if (!condition) return undefined;
  const present = groupsClaimVerdict(organization);
  const same =
    present?.status === condition.status &&
    present.reason === condition.reason &&
    present.message === condition.message &&
    // Of another generation it is about another spec, and nobody heeds it.
    present.observedGeneration === organization.metadata.generation &&
    evidence === organization.status?.groupsClaim;
  return same ? undefined : { condition, evidence, checked: groupsClaimSource(organization) };
}

/**
 * What the status has to say where it speaks of another issuer, client or claim than the organization has by now. Undefined
 * where it doesn't.
 */
export function outdatedGroupsClaim(organization: Organization): GroupsClaimStatus | undefined {
  const { groupsClaim, groupsClaimChecked } = organization.status ?? {};
  if (!groupsClaimChecked || isSameSource(groupsClaimChecked, organization)) return undefined;
  const condition = conditionUnknown(
    TYPE,
    "NotSeen",
    "Nobody has signed in since okta.issuer, okta.clientID or okta.claims.groups was changed.",
  );
  return { condition, evidence: groupsClaim, checked: groupsClaimSource(organization) };
}

function desired(
  organization: Organization,
  claim: GroupsClaim,
  directory: DirectoryAnswer,
  verdict: GroupsVerdict,
  at: number,
): DesiredCondition | undefined {
  if (claim.kind === "groups" && verdict.kind === "decide")
    return received(organization, claim.names.length, at);
  const { receivedBefore, lost } = evidenceOf(organization);
  // A claim that was lost is so until it is back: one that can't be read hasn't come.
  if (verdict.kind === "refuse")
    return refusal(organization, lost && claim.kind === "invalid" ? CLAIM_LOST : verdict);
  // The claim is missing, and its absence was understood. Only where it isn't expected is there something to say.
  if (directory.kind !== "groups" || (receivedBefore && !lost)) return undefined;
  return conditionUnknown(
    TYPE,
    "ReadFromDirectory",
    `Okta sends no claim ${claimName(organization)}: groups are read from the directory at each sign-in. ` +
      "That works; with the claim, sign-ins are faster and don't depend on the directory.",
  );
}

/** How long the condition stays False after somebody was refused because their list may be cut: others can't tell. */
const CUT_LIST_STAYS_MS = 24 * 3_600_000;

function received(organization: Organization, groups: number, at: number): DesiredCondition | undefined {
  const name = claimName(organization);
  const { okta } = organization.spec;
  const present = groupsClaimVerdict(organization);
  const isRefused =
    present?.reason === "TooManyGroups" &&
    present.status === "False" &&
    at - Date.parse(present.lastTransitionTime) < CUT_LIST_STAYS_MS;
  if (isRefused && !okta.directory) return undefined;
  // Once seen, this stays: the next person with few groups doesn't make it untrue.
  const seenMany =
    present?.reason === "TooManyGroups" && isSameSource(organization.status?.groupsClaim, organization);
  if (!okta.directory && (groups >= MANY_GROUPS || seenMany))
    return conditionTrue(
      TYPE,
      "TooManyGroups",
      `The claim ${name} is received. Somebody's holds ${MANY_GROUPS} groups or more, and Okta may cut such lists ` +
        "short: narrow the claim's filter in Okta, or set up okta.directory.",
    );
  return conditionTrue(TYPE, "Received", `Okta sends the claim ${name}.`);
}

function refusal(
  organization: Organization,
  { reason, why }: Extract<GroupsVerdict, { kind: "refuse" }>,
): DesiredCondition | undefined {
  const name = claimName(organization);
  switch (reason) {
    case "ClaimNotSetUp":
      return conditionFalse(
        TYPE,
        "ClaimNotSetUp",
        `Somebody signed in, and Okta sent no claim ${name}, neither in the ID token nor at userinfo. ${whatToSetUp(organization)} ` +
          "Until then nobody can sign in, and nobody loses anything.",
      );
    case "ClaimLost":
      return conditionFalse(
        TYPE,
        "ClaimLost",
        `The claim ${name} has stopped arriving: sign-ins without it would have deactivated more people than ` +
          `safeguards.maxDeactivations allows. ${whatToSetUp(organization)} Until it arrives again, sign-ins ` +
          "without it are refused, and nobody else loses anything.",
      );
    case "ClaimInvalid":
      return conditionFalse(
        TYPE,
        "ClaimInvalid",
        `${why} In Okta, make it a groups claim (value type: Groups), or name another one in okta.claims.groups.`,
      );
    case "TooManyGroups":
      return conditionFalse(
        TYPE,
        "TooManyGroups",
        `Somebody's claim ${name} holds ${MANY_GROUPS} groups or more, Okta may cut such lists short, and by what has ` +
          "arrived they would lose roles: their sign-in was refused, and their account stays as it is. Narrow the " +
          "claim's filter in Okta, or set up okta.directory.",
      );
    case "DirectoryUnavailable":
      // That is the condition DirectoryReachable's to say.
      return undefined;
  }
}

function whatToSetUp({ spec }: Organization): string {
  const { issuer, scopes } = spec.okta;
  const isOrgServer = !new URL(issuer).pathname.startsWith("/oauth2/");
  if (!isOrgServer)
    return `In Okta, add a groups claim of this name to the authorization server ${issuer} (Security > API > Claims).`;
  const scope = scopes.includes("groups") ? "" : ", and add groups to okta.scopes";
  return `In Okta, set up the groups claim filter of the app (Sign On > OpenID Connect ID Token)${scope}.`;
}

function seen(organization: Organization, at: number): GroupsClaimEvidence {
  const known = organization.status?.groupsClaim;
  if (known && isSameSource(known, organization)) return known;
  return { ...groupsClaimSource(organization), receivedTime: rfc3339(at) };
}

function claimName({ spec }: Organization): string {
  return JSON.stringify(spec.okta.claims.groups);
}
