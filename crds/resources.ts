import { resourceType } from "../kubernetes/index.ts";
import type { OktaHints, OktaRoleMapping, Organization, OrganizationUser } from "./types.ts";

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

export const oktaHints = resourceType<OktaHints>({ ...api, kind: "OktaHints", plural: "oktahints" });

/**
 * The type of the Secret that holds the keys of sessions. The API server never lets a type change, so that no other
 * Secret is taken for this one, and this one for no other.
 */
export const SESSION_KEYS_TYPE = "rolemapping.dev/session-keys";
