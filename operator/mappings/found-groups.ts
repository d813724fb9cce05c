import type { MappedGroup, OktaRoleMapping } from "../../crds/types.ts";
import type { Directory } from "../../okta/directory/directory.ts";
import type { CountedGroup } from "../../okta/directory/resources.ts";
import type { FoundGroup } from "./mapping-conditions.ts";

/** What the directory has of an entry of a mapping: a group, or none, and then perhaps one that is almost named so. */
export interface FoundInDirectory {
  readonly group?: FoundGroup;
  readonly missing?: string;
  readonly near?: string;
}

const MOST_FORMER_NAMES = 5;

/**
 * One entry of a mapping may be several groups, since two groups may share a name.
 * @throws DirectoryError
 */
export async function findGroup(
  directory: Directory,
  { id, name }: MappedGroup,
): Promise<FoundInDirectory[]> {
  if (id !== undefined) {
    const group = await directory.groupByID(id);
    return [group ? { group: shown(group) } : { missing: id }];
  }
  if (name === undefined) return [];
  const { exact, near } = await directory.groupsByName(name);
  if (exact.length > 0) return exact.map((group) => ({ group: shown(group) }));
  const [almost] = near;
  return [{ missing: name, ...(almost ? { near: almost.name } : {}) }];
}

/** A group with the names that it had before: who came by one of them is still in it. */
export function remembering(group: FoundGroup, { status }: OktaRoleMapping): FoundGroup {
  const before = status?.groups?.find(({ id }) => id === group.id);
  const names = before?.name === group.name ? [] : [before?.name ?? []].flat();
  const formerNames = [...names, ...(before?.formerNames ?? [])].filter((name) => name !== group.name);
  return formerNames.length === 0
    ? group
    : { ...group, formerNames: formerNames.slice(0, MOST_FORMER_NAMES) };
}

/** What a mapping's status holds of a group. */
function shown({ id, name, members }: CountedGroup): FoundGroup {
  return { name, id, members };
}
