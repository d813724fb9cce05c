import { stringify } from "yaml";
import type { MappedGroup, OktaRoleMapping, Organization } from "../../crds/types.ts";
import type { RoleField } from "./role-fields.ts";

/** What a mapping has to be, without its status: what is applied, whether by people or by the page. */
export function mappingIntent(
  { metadata: { name, namespace } }: Organization,
  { mapping, role }: Pick<RoleField, "mapping" | "role">,
  groups: readonly MappedGroup[],
): Pick<OktaRoleMapping, "metadata" | "spec"> {
  return {
    metadata: { name: mapping, ...(namespace === undefined ? {} : { namespace }) },
    spec: { organizationRef: { name }, groups: [...groups], roles: [role.name] },
  };
}

/** The same as YAML, for `kubectl apply -f` or for where manifests are kept. */
export function mappingManifest(
  organization: Organization,
  mappings: readonly { readonly field: RoleField; readonly groups: readonly MappedGroup[] }[],
): string {
  const documents = mappings.map(({ field, groups }) =>
    stringify(
      {
        apiVersion: "rolemapping.dev/v1alpha1",
        kind: "OktaRoleMapping",
        ...mappingIntent(organization, field, groups),
      },
      { lineWidth: 0 },
    ),
  );
  return documents.join("---\n");
}
