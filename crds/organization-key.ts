import type { OktaRoleMapping, OrganizationUser } from "./types.ts";

/**
 * The organization of a mapping or a user as "namespace/name". Joined, not concatenated: see `keyOf` of `kubernetes/`.
 */
export function organizationOf({ metadata, spec }: OktaRoleMapping | OrganizationUser): string {
  return [metadata.namespace, spec.organizationRef.name].join("/");
}

/** A value within an organization ("namespace/name"), as indexes of mappings and users know it. Joined as well. */
export function indexKey(organization: string, value: string): string {
  return [organization, value].join("|");
}
