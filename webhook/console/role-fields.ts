import type { MappedGroup, Organization, Role } from "../../crds/types.ts";
import type { ReadMapping } from "./read-mappings.ts";

/** One field of the page Role mapping: a role, and the groups that one mapping gives it to. */
export interface RoleField {
  readonly role: Role;
  /** The name of the mapping that holds what stands in the field, whether it is there yet or not. */
  readonly mapping: string;
  /** That mapping, where it is there. */
  readonly read: ReadMapping | undefined;
  readonly groups: readonly MappedGroup[];
  /** Whose that mapping is, where it isn't the page's own: it is changed there. */
  readonly owner: string | undefined;
  /** Other mappings that give the role as well. They stay as they are. */
  readonly others: readonly ReadMapping[];
}

/**
 * The mapping by which the page gives a role. No role's name has a dot in it, so that two of these names are the same only
 * where organization and role are.
 */
function mappingName(organization: string, role: string): string {
  return `${organization}.${role}`;
}

/**
 * One field for each role of the catalogue, in its order.
 *
 * @param canSave the page saves, into mappings of its own alone. Else it makes manifests for people to apply, and the one
 *   mapping that is there for a role is the one to change, whatever its name.
 */
export function roleFields(
  { metadata, spec }: Organization,
  mappings: readonly ReadMapping[],
  canSave: boolean,
): RoleField[] {
  const byName = new Map(mappings.map((mapping) => [mapping.object.metadata.name, mapping]));
  return spec.roles.map((role) => {
    const giving = mappings.filter(({ object }) => object.spec.roles.includes(role.name));
    const alone = giving.filter(({ object }) => object.spec.roles.length === 1);
    const own = mappingName(metadata.name, role.name);
    const named = byName.get(own);
    const [only, ...more] = alone;
    const home = named ?? (canSave || more.length > 0 ? undefined : only);
    const read = home !== undefined && alone.includes(home) ? home : undefined;
    return {
      role,
      mapping: home?.object.metadata.name ?? own,
      read,
      groups: read?.object.spec.groups ?? [],
      owner: home && ownerOf(home, read !== undefined),
      others: giving.filter((each) => each !== read),
    };
  });
}

function ownerOf({ owners }: ReadMapping, isOfRole: boolean): string | undefined {
  if (owners.length > 0) return owners.join(" and ");
  // Nobody but the page writes under its field manager, unless somebody pretends to be it.
  return isOfRole ? undefined : "somebody who has given it other roles";
}

/** The mappings that name a role that isn't in the catalogue: they give nothing. */
export function strayMappings({ spec }: Organization, mappings: readonly ReadMapping[]): ReadMapping[] {
  const catalogue = new Set(spec.roles.map(({ name }) => name));
  return mappings.filter(({ object }) => object.spec.roles.some((role) => !catalogue.has(role)));
}

/** What there is to say of a mapping, in the words of its conditions; empty where it simply works. */
export function wordsOn({ object: { metadata, status } }: ReadMapping): string[] {
  const conditions = status?.conditions ?? [];
  const ready = conditions.find(({ type }) => type === "Ready");
  if (!ready || ready.observedGeneration !== metadata.generation)
    return ["The operator hasn't looked at this mapping as it is now yet."];
  const isWorking = ready.status === "True" && ready.reason === "Accepted";
  const groups = conditions.find(({ type }) => type === "GroupsResolved");
  const isOnGroups = groups && (groups.status === "False" || groups.reason === "GroupNameDiffers");
  return [...new Set([...(isWorking ? [] : [ready.message]), ...(isOnGroups ? [groups.message] : [])])];
}
