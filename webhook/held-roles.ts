import type { Organization } from "../crds/types.ts";
import type { User } from "../identity/index.ts";

/** A role that somebody holds, and why. A local account's roles have neither mapping nor group. */
export interface HeldRole {
  readonly name: string;
  readonly displayName: string;
  readonly admin: boolean;
  readonly mapping?: string;
  readonly group?: string;
}

/** What a user holds, each role with its cause and as the organization's catalogue calls it now. */
export function heldRoles(user: User, organization: Organization): HeldRole[] {
  const catalogue = new Map(organization.spec.roles.map((role) => [role.name, role]));
  return (user.access?.grants ?? []).map(({ role, mapping, group }) => ({
    name: role,
    displayName: catalogue.get(role)?.displayName ?? role,
    admin: catalogue.get(role)?.admin === true,
    ...(mapping === undefined ? {} : { mapping }),
    ...(group === undefined ? {} : { group }),
  }));
}
