import type { MappedGroup, OktaRoleMapping } from "../../../../crds/types.ts";
import type { ReadMapping } from "../../../../webhook/console/read-mappings.ts";
import { roleFields, strayMappings } from "../../../../webhook/console/role-fields.ts";
import type { Desk } from "../../../../webhook/console/role-mappings.ts";
import type { Visitor } from "../../../../webhook/console/visitor.ts";

/** What the operator says of a mapping that simply works. */
export const WORKING = condition("Accepted", "True");

export function condition(reason: string, status: "True" | "False" | "Unknown", message = reason) {
  const lastTransitionTime = "2026-01-01T00:00:00Z";
  return { type: "Ready", status, reason, message, observedGeneration: 1, lastTransitionTime };
}

interface Given {
  readonly owners?: readonly string[];
  /** Undefined: the operator hasn't looked at it. */
  readonly status?: OktaRoleMapping["status"] | undefined;
  readonly pause?: string;
}

/** A mapping of Acme, as the page reads it. */
export function mapping(
  name: string,
  roles: string[],
  groups: MappedGroup[],
  given: Given = {},
): ReadMapping {
  const { owners, status, pause } = { owners: [], status: { conditions: [WORKING] }, ...given };
  const annotations = pause === undefined ? {} : { annotations: { "rolemapping.dev/pause": pause } };
  return {
    object: {
      apiVersion: "rolemapping.dev/v1alpha1",
      kind: "OktaRoleMapping",
      metadata: { namespace: "acme", name, generation: 1, ...annotations },
      spec: { organizationRef: { name: "acme" }, groups, roles },
      ...(status === undefined ? {} : { status }),
    },
    owners,
  };
}

export function deskOf(
  { organization }: Visitor,
  mappings: readonly ReadMapping[],
  { canSave = true } = {},
): Desk {
  const fields = roleFields(organization, mappings, canSave);
  return { organization, canSave, fields, stray: strayMappings(organization, mappings), mappings };
}

/** So many groups. */
export function groupsTo(count: number, name = "g"): MappedGroup[] {
  return Array.from({ length: count }, (_, i) => ({ name: `${name}${i}` }));
}
