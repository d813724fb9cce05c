import type { MappedGroup, OktaRoleMapping, ResolvedGroup } from "../../crds/types.ts";
import type { Directory } from "../../okta/directory/directory.ts";
import { falseWhereForbidden } from "../../okta/directory/directory-errors.ts";
import type { CountedGroup } from "../../okta/directory/resources.ts";
import type { FoundGroup } from "./mapping-conditions.ts";

/**
 * What the directory has of an entry of a mapping: a group, or none, and then perhaps one that is almost named so. A group
 * that Okta showed before, and neither shows now nor says that it has deleted, is there as it was, and named in `notShown`.
 */
export interface FoundInDirectory {
  readonly group?: FoundGroup;
  readonly missing?: string;
  readonly near?: string;
  readonly notShown?: string;
}

/** What was known of a mapping's groups before they are looked up again. */
export interface KnownBefore {
  /** As the status has them. */
  readonly groups: readonly ResolvedGroup[];
  /** Names of groups that Okta has deleted or calls otherwise by now. */
  readonly gone: ReadonlySet<string>;
}

export type AskedForGroups = Pick<Directory, "groupByID" | "groupsByName" | "groupWasDeleted">;

const MOST_FORMER_NAMES = 5;

/**
 * One entry of a mapping may be several groups, since two groups may share a name.
 * @throws DirectoryError
 */
export async function findGroup(
  directory: AskedForGroups,
  { id, name }: MappedGroup,
  before: KnownBefore,
): Promise<FoundInDirectory[]> {
  if (id !== undefined) {
    const group = await directory.groupByID(id);
    if (group) return [{ group: shown(group) }];
    const known = before.groups.find((each) => each.id === id);
    if (!known || (await falseWhereForbidden(directory.groupWasDeleted(id)))) return [{ missing: id }];
    return [{ group: notShown(known), notShown: known.name ?? id }];
  }
  return name === undefined ? [] : findByName(directory, name, before);
}

async function findByName(
  directory: AskedForGroups,
  name: string,
  before: KnownBefore,
): Promise<FoundInDirectory[]> {
  const { exact, near } = await directory.groupsByName(name);
  const known = before.groups.filter((group) => group.name === name);
  const groups: FoundGroup[] = exact.map(shown);
  for (const group of known) {
    const { id } = group;
    if (id === undefined || groups.some((each) => each.id === id)) continue;
    const now = await directory.groupByID(id);
    if (now?.name === name) groups.push(shown(now));
    else if (!now && !(await falseWhereForbidden(directory.groupWasDeleted(id))))
      groups.push(notShown(group));
  }
  if (groups.length > 0) {
    const isShown = groups.some((group) => group.shown !== false);
    return groups.map((group) => ({ group, ...(isShown ? {} : { notShown: name }) }));
  }
  const [almost] = near;
  const missing: FoundInDirectory = { missing: name, ...(almost ? { near: almost.name } : {}) };
  // Okta may never have shown the group that people have signed in with: of such a one nobody can say that it is gone.
  const isGone = before.gone.has(name) || known.some(({ id }) => id !== undefined);
  return [isGone ? missing : { ...missing, group: { name, shown: false } }];
}

/** A group with the names that it had before: who came by one of them is still in it. */
export function remembering(group: FoundGroup, { status }: OktaRoleMapping): FoundGroup {
  const before = group.id === undefined ? undefined : status?.groups?.find(({ id }) => id === group.id);
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

/** How many are in it isn't known any more. */
function notShown({ id, name }: ResolvedGroup): FoundGroup {
  return { ...(name === undefined ? {} : { name }), ...(id === undefined ? {} : { id }), shown: false };
}
