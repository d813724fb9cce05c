import { resourceType } from "../kubernetes/index.ts";
import type { OktaRoleMapping, Organization, OrganizationUser } from "./types.ts";

const api = { group: "rolemapping.dev", version: "v1alpha1" };

export const organizations = resourceType<Organization>({
  ...api,
  kind: "Organization",
  plural: "organizations",
});

export const oktaRoleMappings = resourceType<OktaRoleMapping>({
  ...api,
  kind: "OktaRoleMapping",
  plural: "oktarolemappings",
});

export const organizationUsers = resourceType<OrganizationUser>({
  ...api,
  kind: "OrganizationUser",
  plural: "organizationusers",
});
