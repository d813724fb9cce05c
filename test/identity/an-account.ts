import type { Identity } from "../../identity/identity.ts";
import { CompiledPolicy, type Role } from "../../identity/policy.ts";
import type { User } from "../../identity/user.ts";

export const ISSUER = "https://acme.okta.com";
const ROLES: Role[] = [{ name: "service-admin" }, { name: "organization-admin", admin: true }];
export const GRANTS = [{ role: "service-admin", mapping: "services", group: "service_admin" }];

/** A policy with one mapping, and the same without it. */
export const policy = new CompiledPolicy(ROLES, [
  { name: "services", groups: [{ name: "service_admin" }], roles: ["service-admin"] },
]);
export const withoutMapping = new CompiledPolicy(ROLES, []);

export const identity = (...groups: string[]): Identity => ({
  issuer: ISSUER,
  subject: "00u1",
  emailVerified: true,
  groups: groups.map((name) => ({ name })),
  groupsFrom: "Claim",
});

/** An Okta account that holds a role by the mapping. */
export const account = (changes: Partial<User> = {}): User => ({
  ref: "acme/acme-x",
  version: "1",
  uid: "u",
  organization: "acme/acme",
  source: "Okta",
  issuer: ISSUER,
  subject: "00u1",
  groups: [{ name: "service_admin" }],
  localRoles: [],
  decided: true,
  sessionEpoch: 0,
  access: { active: true, grants: GRANTS, groups: ["service_admin"], reason: "MappedGroup", message: "" },
  ...changes,
});

export const local = (changes: Partial<User> = {}): User => {
  const { issuer: _, subject: __, access: ___, ...rest } = account({ source: "Local", groups: [] });
  return { ...rest, ...changes };
};
