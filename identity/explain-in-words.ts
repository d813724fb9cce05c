import type {
  Explanation,
  HeldCause,
  MappingGap,
  NoAccessExplanation,
  Obstacle,
  ReceivedGroups,
  RoleExplanation,
} from "./explanation.ts";
import { listed, nearMissSentence, quoted } from "./near-misses.ts";

/** Who reads it: somebody who may know all mappings and groups, or the person whom it is about. */
export type Audience = "admin" | "self";

/** One of the reasons, in a sentence. Programs go by the code, and by what else is given. */
export interface Reason {
  readonly code: (HeldCause | Obstacle | MappingGap)["code"];
  readonly sentence: string;
  readonly mapping?: string;
  readonly group?: string;
}

/** A role as it is explained to somebody. */
export interface RoleInWords extends Pick<RoleExplanation, "role" | "displayName" | "admin" | "holds"> {
  /** Everything in one line. */
  readonly summary: string;
  readonly reasons: readonly Reason[];
}

export interface ToWhom {
  readonly audience: Audience;
  /** What people call the organization. */
  readonly organization: string;
}

/** Reasons that a summary names. */
const MOST_IN_SUMMARY = 4;

/**
 * An explanation in sentences. What the person themselves gets names no mapping and no group that would give them something
 * they don't hold: that is for people to say. It says whom to ask for what.
 */
export function inWords(explanation: Explanation, to: ToWhom): RoleInWords[] {
  return explanation.roles.map((role) => roleInWords(role, explanation, to));
}

function roleInWords(role: RoleExplanation, explanation: Explanation, to: ToWhom): RoleInWords {
  const { displayName, admin, holds } = role;
  const isSelf = to.audience === "self";
  const reasons = holds
    ? role.causes.map((cause) => ({ ...through(cause), sentence: causeSentence(cause) }))
    : isSelf
      ? missingForThemselves(role, to.organization, "it")
      : missingForAdmins(role, explanation, to.organization);
  const sentences = [...new Set(reasons.map(({ sentence }) => sentence))];
  const left = sentences.length - MOST_IN_SUMMARY;
  const more = left > 0 ? [`And ${left + role.more} more.`] : [];
  const last = holds || isSelf || !explanation.received ? [] : [receivedSentence(explanation.received)];
  const who = isSelf ? `You ${holds ? "hold" : "don't hold"}` : holds ? "Holds" : "Doesn't hold";
  const summary = [`${who} ${displayName}.`, ...sentences.slice(0, MOST_IN_SUMMARY), ...more, ...last].join(
    " ",
  );
  return { role: role.role, displayName, admin, holds, summary, reasons };
}

/** For somebody who has no access at all, themselves. */
export function noAccessInWords({ obstacles, misses }: NoAccessExplanation, organization: string): Reason[] {
  return missingForThemselves({ obstacles, mappings: misses }, organization, "access");
}

function through({ code, mapping, group }: HeldCause): Omit<Reason, "sentence"> {
  return {
    code,
    ...(mapping === undefined ? {} : { mapping }),
    ...(group === undefined ? {} : { group }),
  };
}

/** Why a role is held. Who holds it may know by what. */
function causeSentence({ code, mapping = "", group = "" }: HeldCause): string {
  const by = `group ${quoted(group)} of mapping ${mapping}`;
  switch (code) {
    case "MappedGroup":
      return `In ${by}.`;
    case "LocalAccount":
      return "Written into the local account by people on the cluster.";
    case "MappingPaused":
      return `Kept from ${by}: while that is paused, nobody loses what they hold through it.`;
    case "MappingSuspended":
      return `In ${by}, which names a role that isn't in the catalogue: until that is put right it takes nothing.`;
    case "NameWithoutID":
      return `Kept from ${by}, which names the group by its id: the next sign-in shows whether it is that one.`;
    case "OrganizationPaused":
      return `Kept${mapping === "" ? "" : ` from ${by}`}: changes of access are paused in this organization.`;
    case "DeactivationHeld":
      return `Kept${mapping === "" ? "" : ` from ${by}`}: that it is taken waits for somebody's approval.`;
    case "NotTakenYet":
      return `Nothing gives it any more${mapping === "" ? "" : `; it came from ${by}`}. It goes within seconds.`;
  }
}

/** What was received last, for those who may know. */
function receivedSentence({ from, groups, total }: ReceivedGroups): string {
  const source = {
    Claim: "from the groups claim",
    MissingClaim: "the claim was missing",
    Directory: "from the directory",
  }[from];
  return total === 0
    ? `Last received groups: none (${source}).`
    : `Last received groups: ${listed(groups, total)} (${source}).`;
}

function missingForAdmins(role: RoleExplanation, explanation: Explanation, organization: string): Reason[] {
  const areGroupsKnown = explanation.received !== undefined;
  return [
    ...role.obstacles.map((obstacle) => ({
      code: obstacle.code,
      sentence: obstacleSentence(obstacle, organization, explanation),
    })),
    ...role.mappings.map((gap) => ({
      code: gap.code,
      sentence: gapSentence(gap, areGroupsKnown),
      mapping: gap.mapping,
      ...("group" in gap && gap.group !== undefined ? { group: gap.group } : {}),
    })),
  ];
}

function gapSentence(gap: MappingGap, areGroupsKnown: boolean): string {
  switch (gap.code) {
    case "InGroup":
      return `In ${gap.groups.length === 1 ? "group" : "groups"} ${listed(gap.groups)} of mapping ${gap.mapping}.`;
    case "NotInGroups": {
      const names = listed(gap.groups, gap.total);
      return areGroupsKnown
        ? `In no group of mapping ${gap.mapping}, which names ${names}.`
        : `Mapping ${gap.mapping} gives it to ${names}.`;
    }
    default:
      return nearMissSentence(gap);
  }
}

function obstacleSentence(obstacle: Obstacle, organization: string, { account }: Explanation): string {
  switch (obstacle.code) {
    case "OrganizationNotFound":
      return "The organization does not exist.";
    case "RoleUnknown":
      return `There is no such role in the catalogue of ${organization} (spec.roles).`;
    case "LocalAccount":
      return "A local account: its roles are those that people write into spec.roles of the account.";
    case "NoAccount":
      return "No account: one is made when somebody signs in with a group that gives a role.";
    case "NotActiveInOkta":
      return `Okta reports the status ${quoted(obstacle.status)}: such people hold nothing, whatever groups they are in.`;
    case "IssuerChanged":
      return `The account is of the issuer ${obstacle.issuer}, which is no longer the organization's: the person has another account as soon as they sign in.`;
    case "OrganizationPaused":
      return "Changes of access are paused in this organization: nobody gets anything new until that is over.";
    case "NotAppliedYet":
      return account === "Undecided"
        ? "It is given; the account is being made."
        : "It is given, and will be stored within seconds.";
    case "ClaimMissing":
      return "A sign-in brought no groups claim, which means no groups.";
    case "ListMayBeCut":
      return "The groups claim brought so many groups that Okta may have cut the list short: a group that is missing in it may be there.";
    case "NoMapping":
      return "No mapping gives it.";
    case "ClaimInvalid":
      return `The groups claim can't be read: see GroupsClaimReceived of ${organization}.`;
    case "ClaimNotSetUp":
      return `Okta has never sent the groups claim: see GroupsClaimReceived of ${organization}.`;
    case "ClaimLost":
      return `The groups claim was lost: sign-ins without it are refused; see GroupsClaimReceived of ${organization}.`;
    case "DirectoryUnavailable":
      return `The directory can't be read: see DirectoryReachable of ${organization}.`;
    case "TooManyGroups":
      return `Okta may cut lists of groups short, and sign-ins that would lose by it are refused: see GroupsClaimReceived of ${organization}.`;
  }
}

/** What the person may know of what is missing, the most telling first, and whom to ask. */
function missingForThemselves(
  { obstacles, mappings }: Pick<RoleExplanation, "obstacles" | "mappings">,
  organization: string,
  what: "it" | "access",
): Reason[] {
  const ask = `ask an administrator of ${organization}`;
  const ofThem = obstacles.flatMap((obstacle): Reason[] => {
    const sentence = obstacleForThemselves(obstacle, organization, ask);
    return sentence === undefined ? [] : [{ code: obstacle.code, sentence }];
  });
  if (ofThem.length > 0) return ofThem;
  // They are given without the mappings: how many there are, and by which groups, is not for them to know.
  const is = (...codes: readonly MappingGap["code"][]) =>
    mappings.find((gap) => codes.includes(gap.code) && (!isOutOfForce(gap) || gap.group !== undefined));
  const outOfForce = is("MappingSuspended", "MappingPaused");
  if (outOfForce)
    return [
      {
        code: outOfForce.code,
        sentence: `You are in a group that would give ${what}, but its mapping is out of force at present: ${ask} when that will be over.`,
      },
    ];
  const near = is("NameDiffers", "NameWithoutID", "OtherGroupOfName");
  if (near) {
    // Where the names are the same, letters tell nothing.
    const by = near.code === "NameDiffers" ? "letter by letter" : "by their ids";
    return [
      {
        code: near.code,
        sentence: `One of your groups is almost one that gives ${what}: ${ask} to compare the groups that Okta sends for you with the role mappings, ${by}.`,
      },
    ];
  }
  return [
    {
      code: "NotInGroups",
      sentence: `You are in no Okta group that gives ${what}: ${ask} to put you into one.`,
    },
  ];
}

function isOutOfForce(
  gap: MappingGap,
): gap is Extract<MappingGap, { code: "MappingSuspended" | "MappingPaused" }> {
  return gap.code === "MappingSuspended" || gap.code === "MappingPaused";
}

/** Undefined where it says nothing that they could do something about, or that they may know. */
function obstacleForThemselves(obstacle: Obstacle, organization: string, ask: string): string | undefined {
  switch (obstacle.code) {
    case "OrganizationNotFound":
      return "The organization does not exist any more.";
    case "RoleUnknown":
      return `${organization} has no such role.`;
    case "LocalAccount":
      return `Your account is a local one: ${ask}, whose it is to write its roles.`;
    case "NotActiveInOkta":
      return `Okta reports the status ${quoted(obstacle.status)} for you: ask whoever manages Okta at ${organization}.`;
    case "IssuerChanged":
      return `Your account is of an Okta that ${organization} no longer uses: sign in again.`;
    case "OrganizationPaused":
      return `Changes of access are paused at ${organization}: ${ask} when that will be over.`;
    case "NotAppliedYet":
      return "It is given to you, and will be there within seconds.";
    case "ClaimMissing":
      return `Okta sent no list of your groups with a sign-in of yours, which means none: ${ask} to look at the groups claim.`;
    case "ListMayBeCut":
      return `You are in so many groups that Okta may not have sent all of them: ${ask} whether one is missing.`;
    case "ClaimInvalid":
    case "ClaimNotSetUp":
    case "ClaimLost":
    case "DirectoryUnavailable":
    case "TooManyGroups":
      return `Which groups people are in can't be relied upon at ${organization} at present: ${ask} to look at it.`;
    case "NoAccount":
    case "NoMapping":
      return undefined;
  }
}
