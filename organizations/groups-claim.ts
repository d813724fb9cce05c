import type { Condition, GroupsClaimSource, Organization } from "../crds/types.ts";
import type { GroupsRefusal } from "../identity/index.ts";

/** Whom the groups claim is expected from, and by which name: what a verdict about it is about. */
export function groupsClaimSource({ spec }: Organization): GroupsClaimSource {
  const { issuer, clientID, claims } = spec.okta;
  return { issuer, clientID, claim: claims.groups };
}

/** Whether something that was seen of the groups claim was seen of this organization's. */
export function isSameSource(seen: GroupsClaimSource | undefined, organization: Organization): boolean {
  return isSource(seen, groupsClaimSource(organization));
}

export function isSource(
  seen: GroupsClaimSource | undefined,
  { issuer, clientID, claim }: GroupsClaimSource,
): boolean {
  return seen?.issuer === issuer && seen.clientID === clientID && seen.claim === claim;
}

/**
 * What sign-ins have shown of the groups claim, if it was this one. The verdict stays when something else is edited, and
 * ends with the issuer, the client or the claim that it was about.
 */
export function groupsClaimVerdict(organization: Organization): Condition | undefined {
  const { metadata, status } = organization;
  const found = status?.conditions?.find(({ type }) => type === "GroupsClaimReceived");
  // A version before this one didn't say what its verdict was about.
  const isOfThis = status?.groupsClaimChecked
    ? isSameSource(status.groupsClaimChecked, organization)
    : found?.observedGeneration === metadata.generation;
  return isOfThis ? found : undefined;
}

/** Reasons of the condition for which sign-ins are refused. */
const REFUSALS: readonly GroupsRefusal[] = ["ClaimInvalid", "ClaimNotSetUp", "ClaimLost", "TooManyGroups"];

/** Why sign-ins are refused by their groups at present, going by what they have shown. */
export function groupsRefusal(organization: Organization): GroupsRefusal | undefined {
  const verdict = groupsClaimVerdict(organization);
  return verdict?.status === "False" ? REFUSALS.find((reason) => reason === verdict.reason) : undefined;
}
