import { noAccess } from "../../identity/access.ts";
import type { Circumstances } from "../../identity/explain.ts";
import { CompiledPolicy, type Mapping } from "../../identity/policy.ts";
import type { User } from "../../identity/user.ts";
import { account, ISSUER } from "./an-account.ts";

export const CATALOGUE = [
  { name: "service-admin", displayName: "Service Admin" },
  { name: "organization-admin", displayName: "Organization Admin", admin: true },
];
export const SERVICES: Mapping = {
  name: "services",
  groups: [{ name: "service_admin" }],
  roles: ["service-admin"],
};
export const BY_ID: Mapping = {
  name: "numbered",
  groups: [{ id: "00g1", currentName: "ops", formerNames: ["old ops"] }],
  roles: ["service-admin"],
};

const NOTHING = noAccess("NoMappedGroup", "");

/** An account with these groups that holds nothing. */
export const without = (groups: User["groups"], more: Partial<User> = {}) =>
  account({ groups, access: NOTHING, ...more });

export const by = (
  mappings: readonly Mapping[],
  more: Partial<NonNullable<Circumstances["inForce"]>> = {},
) => ({
  inForce: { issuer: ISSUER, policy: new CompiledPolicy(CATALOGUE, mappings), held: false, ...more },
});
