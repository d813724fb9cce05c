import { indexKey } from "../../crds/organization-key.ts";
import type { OktaRoleMapping } from "../../crds/types.ts";
import { type Cache, keyOf } from "../../kubernetes/index.ts";
import { knownCondition } from "../progress.ts";

/**
 * The mappings of an organization that may mean groups of which something has happened: those that are known to, those that
 * name what such a group is called by now, beside another one that is called so, and those of which it isn't known what they
 * mean.
 *
 * @param organization "namespace/name"
 * @param groups Okta's ids of the groups, and their names as far as they are known
 * @param mappings with the indexes `mappedGroup` and `organization`
 * @returns their keys
 */
export function meaningGroups(
  organization: string,
  { ids, names }: { readonly ids: readonly string[]; readonly names: readonly string[] },
  mappings: Pick<Cache<OktaRoleMapping>, "by">,
): Set<string> {
  const labelled = (label: string) => mappings.by("mappedGroup", indexKey(organization, label));
  const known = ids.flatMap(labelled);
  const named = names.flatMap((name) => labelled(name).filter((mapping) => isNamedBy(mapping, name)));
  const open = mappings.by("organization", organization).filter((mapping) => !isResolved(mapping));
  return new Set([...known, ...named, ...open].map(keyOf));
}

/** Not by what a group that it means was called before. */
function isNamedBy({ spec }: OktaRoleMapping, wanted: string): boolean {
  return spec.groups.some(({ name }) => name === wanted);
}

/** Whether Okta has all groups that a mapping names. */
function isResolved(mapping: OktaRoleMapping): boolean {
  return knownCondition(mapping, "GroupsResolved")?.status === "True";
}
