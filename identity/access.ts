/** One role held by one user, with its cause. A local user's grants have neither mapping nor group. */
export interface Grant {
  readonly role: string;
  readonly mapping?: string;
  /** The way the group is shown to people. */
  readonly group?: string;
  /** The group's id in Okta, where it was received: a name may pass to another group. */
  readonly groupID?: string;
}

/** Why somebody has access, or has none. CamelCase: these are condition reasons, too. */
export type AccessReason =
  | "MappedGroup"
  | "LocalAccount"
  | "DeactivationHeld"
  | "AdminRoleHeld"
  | "NoMappedGroup"
  | "NotActiveInOkta"
  | "IssuerChanged"
  | "Paused"
  | "OrganizationNotFound";

/** Reasons of whoever has access by groups. */
export type GivenByGroups = "MappedGroup" | "DeactivationHeld" | "AdminRoleHeld";

/** The outcome for a user: active or not, its grants, and the reason. Inactive users hold nothing. */
export interface Access {
  readonly active: boolean;
  /** Sorted by role, mapping and group, each once. */
  readonly grants: readonly Grant[];
  /** The received groups that matched a mapping, sorted. */
  readonly groups: readonly string[];
  readonly reason: AccessReason;
  /** One sentence for a person. */
  readonly message: string;
}

/** Nobody: the access of whoever has none, for this reason. */
export function noAccess(
  reason: Exclude<AccessReason, "MappedGroup" | "LocalAccount">,
  message: string,
): Access {
  return { active: false, grants: [], groups: [], reason, message };
}

/** A grant as a key for sets and comparisons. */
export function grantKey(grant: Grant): string {
  return JSON.stringify([grant.role, grant.mapping ?? "", grant.group ?? "", grant.groupID ?? ""]);
}

/** The grants sorted, each once, so that equal access is equal in every store. */
export function sortGrants(grants: Iterable<Grant>): Grant[] {
  const byKey = new Map<string, Grant>();
  for (const grant of grants) byKey.set(grantKey(grant), grant);
  return [...byKey].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, grant]) => grant);
}

/** The distinct role names of some grants, sorted. */
export function roleNames(grants: readonly Grant[]): string[] {
  return [...new Set(grants.map((grant) => grant.role))].sort();
}

/** Whether both say the same, wording included. */
export function sameAccess(a: Access, b: Access): boolean {
  return (
    a.active === b.active &&
    a.reason === b.reason &&
    a.message === b.message &&
    sameList(a.groups, b.groups, (group) => group) &&
    sameList(a.grants, b.grants, grantKey)
  );
}

function sameList<T>(a: readonly T[], b: readonly T[], key: (item: T) => string): boolean {
  if (a.length !== b.length) return false;
  const others = b.map(key);
  return a.every((item, i) => key(item) === others[i]);
}
