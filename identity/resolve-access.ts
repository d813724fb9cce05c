import { type Access, type GivenByGroups, type Grant, noAccess, sortGrants } from "./access.ts";
import { groupLabel, type Identity, isActiveInOkta, type ReceivedGroup } from "./identity.ts";
import { nearMisses, nearMissSentence } from "./near-misses.ts";
import type { Policy } from "./policy.ts";
import { shownName } from "./shown-names.ts";

/** The part of an identity that access depends on. */
export type Membership = Pick<Identity, "status" | "groups">;

/**
 * The access of one person: the only place that decides.
 *
 * Roles are the union over all mappings that name one of the person's groups; order never matters, and no
 * matched group means no access. `current` is what the person holds now: grants of a mapping that can't be
 * accepted at the moment (see `CompiledPolicy`) stay as long as the person is in the group that caused them
 * and the role exists; those of a mapping that is paused stay whatever the groups are by now. Without such a mapping
 * `current` makes no difference.
 *
 * @param groupsAre `stored`: the groups are those of an earlier sign-in. What a bare name caused then through a
 *   mapping by id, as versions that compared names let it, stays until the next one. `fresh`: Okta has named them just
 *   now.
 *
 * Pure: same arguments, same answer, and resolving again from its own answer changes nothing.
 */
export function resolveAccess(
  person: Membership,
  policy: Policy,
  current: readonly Grant[] = [],
  groupsAre: "fresh" | "stored" = "fresh",
): Access {
  if (!isActiveInOkta(person.status))
    return noAccess("NotActiveInOkta", `Okta reports the status ${person.status}.`);

  const grants: Grant[] = [];
  for (const group of person.groups) {
    for (const mapping of policy.mappingsOf(group)) {
      for (const role of mapping.roles)
        grants.push({
          role,
          mapping: mapping.name,
          group: groupLabel(group),
          ...(group.id === undefined ? {} : { groupID: group.id }),
        });
    }
  }
  for (const grant of current) {
    if (grant.mapping !== undefined && policy.isPaused(grant.mapping) && policy.roles.has(grant.role))
      grants.push(grant);
  }
  for (const grant of stillCaused(current, person.groups)) {
    const keeps =
      (policy.isSuspended(grant.mapping) && policy.roles.has(grant.role)) ||
      (groupsAre === "stored" && grant.bare && policy.hasCalled(grant.group, grant));
    if (keeps) grants.push(withoutBare(grant));
  }
  if (grants.length === 0) return noAccess("NoMappedGroup", noMappedGroup(person.groups, policy));
  return grantedAccess(grants, "MappedGroup");
}

/**
 * What a person holds now, as far as they are still in the groups that caused it: what they keep at a sign-in while the
 * deactivation that a changed policy means to them is held (see `safeguards/`). Undefined when they have left those
 * groups, so that the policy is not what takes it.
 */
export function keepHeldAccess(person: Membership, current: readonly Grant[]): Access | undefined {
  if (!isActiveInOkta(person.status)) return undefined;
  const kept = [...stillCaused(current, person.groups)].map(withoutBare);
  return kept.length === 0 ? undefined : grantedAccess(kept, "DeactivationHeld");
}

/** What an account keeps while its deactivation is held: everything. Whether that is for good is for people to say. */
export function heldAccess(current: readonly Grant[]): Access {
  return grantedAccess(current, "DeactivationHeld");
}

/** A grant of a mapping. `bare`: neither it nor the group as it was received has an id. */
type CausedGrant = Grant & { readonly mapping: string; readonly group: string; readonly bare: boolean };

/**
 * The grants whose group the person is in: by id where the grant and the group have one, else by name. Local grants
 * have none.
 */
function* stillCaused(grants: readonly Grant[], groups: readonly ReceivedGroup[]): Generator<CausedGrant> {
  if (grants.length === 0) return;
  const ids = new Set<string>();
  const names = new Set<string>();
  const bareNames = new Set<string>();
  for (const { id, name } of groups) {
    if (id !== undefined) ids.add(id);
    if (name !== undefined) (id === undefined ? bareNames : names).add(name);
  }
  for (const grant of grants) {
    const { mapping, group, groupID } = grant;
    if (mapping === undefined || group === undefined) continue;
    const bare = groupID === undefined && bareNames.has(group);
    const caused =
      groupID === undefined
        ? bare || names.has(group) || ids.has(group)
        : ids.has(groupID) || bareNames.has(group);
    if (caused) yield { ...grant, mapping, group, bare };
  }
}

function withoutBare({ bare: _, ...grant }: CausedGrant): Grant {
  return grant;
}

/** The access of somebody who holds this by groups. */
export function grantedAccess(grants: readonly Grant[], reason: GivenByGroups): Access {
  const sorted = sortGrants(grants);
  const groups = [...new Set(sorted.map((grant) => grant.group ?? ""))].sort();
  return { active: true, grants: bounded(sorted), groups, reason, message: describe(groups, reason) };
}

/**
 * Causes that are kept at the most. A store has a limit (an object in etcd: 1.5 MB), and access that can't be
 * stored couldn't be taken away either.
 */
const MOST_GRANTS = 2000;

/** Every role with all its causes; where those are too many, with one of each mapping, or one altogether. */
function bounded(grants: Grant[]): Grant[] {
  if (grants.length <= MOST_GRANTS) return grants;
  const perMapping = firstOfEach(grants, ({ role, mapping }) => JSON.stringify([role, mapping]));
  return perMapping.length <= MOST_GRANTS ? perMapping : firstOfEach(grants, ({ role }) => role);
}

function firstOfEach(grants: readonly Grant[], key: (grant: Grant) => string): Grant[] {
  const first = new Map<string, Grant>();
  for (const grant of grants) if (!first.has(key(grant))) first.set(key(grant), grant);
  return [...first.values()];
}

function describe(groups: readonly string[], reason: GivenByGroups): string {
  const shown = groups.slice(0, 3).map(shownName).join(", ");
  const more = groups.length > 3 ? ` and ${groups.length - 3} more` : "";
  switch (reason) {
    case "MappedGroup":
      return `In mapped groups: ${shown}${more}.`;
    case "DeactivationHeld":
      return `Access through ${shown}${more} is kept while the deactivation is held.`;
    case "AdminRoleHeld":
      return `In ${shown}${more}, or was: admin roles are kept while it is held that they are taken.`;
  }
}

/** Near misses that the reason names; of others, the number. */
const MOST_MISSES = 2;

/** Why groups give nothing. It is written for whoever may know which groups are mapped. */
function noMappedGroup(received: readonly ReceivedGroup[], policy: Policy): string {
  if (received.length === 0) return "Okta reports no groups for this person.";
  // Of ids nothing is said here: what the directory calls them may change without anybody's doing.
  const misses = nearMisses(received, policy).filter(
    ({ code }) => code !== "NameWithoutID" && code !== "OtherGroupOfName",
  );
  const isIn = misses.some(({ code }) => code !== "NameDiffers");
  const mapping = isIn ? "a mapping that is in force" : "a mapping";
  const groups =
    received.length === 1
      ? `The 1 group that Okta reports is not in ${mapping}.`
      : `None of the ${received.length} groups that Okta reports is in ${mapping}.`;
  const more = misses.length > MOST_MISSES ? [`And ${misses.length - MOST_MISSES} more like that.`] : [];
  return [groups, ...misses.slice(0, MOST_MISSES).map(nearMissSentence), ...more].join(" ");
}
