import type { Grant } from "./access.ts";
import type { GroupsRefusal } from "./groups-verdict.ts";
import type { GroupsSource } from "./identity.ts";
import type { NearMiss } from "./near-misses.ts";
import type { User } from "./user.ts";

/** Why somebody holds what they hold, and what is missing for the rest. It can be sent as JSON as it is. */
export interface Explanation {
  /** `Undecided`: made, and not decided on yet. */
  readonly account: "Active" | "Deactivated" | "Undecided" | "None";
  readonly source?: User["source"];
  /** Undefined where Okta has said nothing of them. */
  readonly received?: ReceivedGroups;
  /** When they last signed in, in ms since 1970. */
  readonly lastLoginTime?: number;
  readonly roles: readonly RoleExplanation[];
}

/** The groups that were received last. */
export interface ReceivedGroups {
  readonly from: GroupsSource;
  /** As they are shown to people, sorted; of very many, the first. */
  readonly groups: readonly string[];
  readonly total: number;
}

/** Why somebody has no access at all. */
export interface NoAccessExplanation {
  readonly obstacles: readonly Obstacle[];
  readonly misses: readonly NearMiss[];
}

/** Of one role: whether somebody holds it, as the door sees it, and why. */
export interface RoleExplanation {
  readonly role: string;
  readonly displayName: string;
  readonly admin: boolean;
  /** What is stored: by that a session is let in. */
  readonly holds: boolean;
  /** What is decided by what is known now. Where it isn't the same, it will be within seconds. */
  readonly decided: boolean;
  /** Of a role that is held. */
  readonly causes: readonly HeldCause[];
  /** Of a role that isn't held: what is so about the person or the organization. */
  readonly obstacles: readonly Obstacle[];
  /** Of a role that isn't held: the mappings that would give it, the most telling first. */
  readonly mappings: readonly MappingGap[];
  /** How many causes or mappings there are beside these. */
  readonly more: number;
}

/** A grant, and why it is there. */
export interface HeldCause extends Grant {
  readonly code:
    | "MappedGroup"
    /** People have written it into a local account. */
    | "LocalAccount"
    /** The mapping gives nothing new at present, and takes nothing. */
    | "MappingPaused"
    | "MappingSuspended"
    /** Through a mapping by id, by the group's name: until the next sign-in. */
    | "NameWithoutID"
    /** Nobody's access changes in this organization at present. */
    | "OrganizationPaused"
    /** It is held that it is taken. */
    | "DeactivationHeld"
    /** Nothing gives it any more: it goes within seconds. */
    | "NotTakenYet";
}

/** What is so about a person or their organization. */
export type Obstacle =
  | { readonly code: "NotActiveInOkta"; readonly status: string }
  | { readonly code: "IssuerChanged"; readonly issuer: string }
  | {
      readonly code:
        | "OrganizationNotFound"
        | "RoleUnknown"
        | "LocalAccount"
        | "NoAccount"
        | "OrganizationPaused"
        /** It is decided that they get it, and not stored yet. */
        | "NotAppliedYet"
        /** They came without the groups claim, which meant no groups. */
        | "ClaimMissing"
        /** Okta may have cut the list of their groups short. */
        | "ListMayBeCut"
        | "NoMapping"
        | GroupsRefusal;
    };

/** What keeps a mapping from giving a role. */
export type MappingGap =
  | NearMiss
  /** They are in its groups: what hinders it isn't the mapping. */
  | { readonly code: "InGroup"; readonly mapping: string; readonly groups: readonly string[] }
  | {
      readonly code: "NotInGroups";
      readonly mapping: string;
      /** Those that would do; of many, the first. */
      readonly groups: readonly string[];
      readonly total: number;
    };
