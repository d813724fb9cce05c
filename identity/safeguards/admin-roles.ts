import { type Access, type AccessReason, type Grant, roleNames } from "../access.ts";
import type { Policy } from "../policy.ts";
import { grantedAccess } from "../resolve-access.ts";
import { isActive, type User } from "../user.ts";
import { causeOf, type LossCause } from "./losses.ts";

/** What is certain about one person, or meant: nobody keeps a role by that, whatever they were. */
const CERTAIN: ReadonlySet<AccessReason> = new Set(["NotActiveInOkta", "OrganizationNotFound"]);

type Catalogue = Pick<Policy, "roles">;

/** The admin roles that an account of Okta's holds by this access, sorted. */
export function adminRolesHeld(
  { source }: Pick<User, "source">,
  access: Access | undefined,
  catalogue: Catalogue,
): string[] {
  if (source !== "Okta" || !access?.active) return [];
  return roleNames(access.grants).filter((role) => isAdminRole(role, catalogue));
}

/**
 * The admin roles that this takes from an active account in a way that may be a mistake, whether it keeps other roles or
 * not. Sorted.
 * @param access what the user is to have instead
 */
export function lostAdminRoles(user: User, access: Access, catalogue: Catalogue): string[] {
  if (!isActive(user) || CERTAIN.has(access.reason)) return [];
  const left = new Set(adminRolesHeld(user, access, catalogue));
  return adminRolesHeld(user, user.access, catalogue).filter((role) => !left.has(role));
}

/** What takes these admin roles from an account. */
export function adminLossCause(user: User, access: Access, lost: readonly string[]): LossCause {
  return causeOf(user, access, grantsOf(user, new Set(lost)));
}

/** What an account keeps of its admin roles while it is held that they are taken: beside what it is to have, those. */
export function keepAdminRoles(user: User, access: Access, catalogue: Catalogue): Access {
  const lost = new Set(lostAdminRoles(user, access, catalogue));
  if (lost.size === 0) return access;
  return grantedAccess([...access.grants, ...grantsOf(user, lost)], "AdminRoleHeld");
}

function grantsOf({ access }: User, roles: ReadonlySet<string>): Grant[] {
  return (access?.grants ?? []).filter(({ role }) => roles.has(role));
}

export function isAdminRole(role: string, { roles }: Catalogue): boolean {
  return roles.get(role)?.admin === true;
}

/** The admin roles of one person: as they are stored, and as they would be if nothing were held. */
interface Forecast {
  readonly now: readonly string[];
  readonly later: readonly string[];
}

/**
 * Who holds an organization's admin roles now, and who would if everything that is known were done. People whom nothing
 * concerns are in it as well: it says whether anybody is left.
 */
export class AdminForecast {
  readonly #people = new Map<string, Forecast>();
  readonly #now = new Map<string, number>();
  readonly #later = new Map<string, number>();

  set(ref: string, forecast: Forecast): void {
    this.delete(ref);
    if (forecast.now.length === 0 && forecast.later.length === 0) return;
    this.#people.set(ref, forecast);
    this.#add(forecast, 1);
  }

  delete(ref: string): void {
    const known = this.#people.get(ref);
    if (!known) return;
    this.#people.delete(ref);
    this.#add(known, -1);
  }

  /** Whether somebody holds the role, and nobody would any more. */
  losesLast(role: string): boolean {
    return (this.#now.get(role) ?? 0) > 0 && (this.#later.get(role) ?? 0) === 0;
  }

  #add({ now, later }: Forecast, by: 1 | -1): void {
    for (const role of now) this.#now.set(role, (this.#now.get(role) ?? 0) + by);
    for (const role of later) this.#later.set(role, (this.#later.get(role) ?? 0) + by);
  }
}
