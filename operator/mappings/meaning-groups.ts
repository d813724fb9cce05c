import { indexKey } from "../../crds/organization-key.ts";
import type { OktaRoleMapping } from "../../crds/types.ts";
import { type Cache, keyOf } from "../../kubernetes/index.ts";
import { knownCondition } from "../progress.ts";

/**
 * The mappings of an organization that may mean groups of which something has happened: those that are known to, and those of
 * which it isn't known what they mean. A group that none is known to mean may have come to be called as another one is that
 * mappings name: then they mean both.
 *
 * @param organization "namespace/name"
 * @param ids Okta's ids of the groups
 * @param mappings with the indexes `mappedGroup` and `organization`
 * @returns their keys
 */
export function meaningGroups(
  organization: string,
  ids: readonly string[],
  mappings: Pick<Cache<OktaRoleMapping>, "by">,
): Set<string> {
  const known = ids.map((id) => mappings.by("mappedGroup", indexKey(organization, id)));
  const isOther = known.some((those) => those.length === 0);
  const others = mappings
    .by("organization", organization)
    .filter((mapping) => !isResolved(mapping) || (isOther && namesByName(mapping)));
  return new Set([...known.flat(), ...others].map(keyOf));
}

/** Whether Okta has all groups that a mapping names. */
function isResolved(mapping: OktaRoleMapping): boolean {
  return knownCondition(mapping, "GroupsResolved")?.status === "True";
}

function namesByName({ spec }: OktaRoleMapping): boolean {
  return spec.groups.some(({ name }) => name !== undefined);
}
