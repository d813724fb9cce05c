import { type Access, roleNames } from "./access.ts";
import { resolveStoredAccess } from "./account-access.ts";
import { mappingsOf } from "./mapping-counts.ts";
import { type Touched, touchedBy } from "./policies.ts";
import type { CompiledPolicy, Mapping } from "./policy.ts";
import { AdminForecast, adminRolesHeld, lostAdminRoles } from "./safeguards/admin-roles.ts";
import { type Change, exceedsLimit } from "./safeguards/limits.ts";
import { lossCause } from "./safeguards/losses.ts";
import { isWaiting } from "./safeguards/user-counts.ts";
import { isActive, type User } from "./user.ts";

/** What a change of the policy would mean to one person. */
export interface PersonChange {
  readonly ref: string;
  readonly email?: string;
  readonly name?: string;
  /** Names of roles, sorted. */
  readonly gained: readonly string[];
  readonly lost: readonly string[];
  /** Where the account itself would come in or go out. */
  readonly becomes?: "active" | "deactivated";
}

/** How many they are, and the first of them. */
export interface Listed {
  readonly count: number;
  readonly first: readonly PersonChange[];
}

/** What a change of the policy would do, as the operator would carry it out. */
export interface Preview {
  /** Who gains a role or more. Whoever loses another one by the same change is among those who lose as well. */
  readonly gaining: Listed;
  /** Who loses a role or more and keeps another. */
  readonly losing: Listed;
  /** Who loses everything. */
  readonly deactivated: Listed;
  /** By the roles that anybody gains or loses, how many do. */
  readonly roles: ReadonlyMap<string, { readonly gained: number; readonly lost: number }>;
  /** What it means to whoever asks. */
  readonly own: PersonChange | undefined;
  /** What the safeguards would hold of it. */
  readonly held: {
    /** Those who would be deactivated, whoever waits for that already included, and those who were lately. */
    readonly deactivating: number;
    readonly recent: number;
    /** They are more than the organization allows within a day. */
    readonly exceeds: boolean;
    /** The admin roles that would be taken from the last who hold them. */
    readonly lastAdminRoles: readonly string[];
  };
}

/** What is asked: if this policy were changed into that one? */
export interface PolicyQuestion {
  /** Whose word counts. */
  readonly issuer: string;
  readonly before: CompiledPolicy;
  readonly after: CompiledPolicy;
  readonly safeguards: Omit<Change, "deactivating"> & {
    /** A local admin gets in anyway, so that no admin role's last holder is held. */
    readonly localAdminCanGetIn: boolean;
  };
  /** The account of whoever asks. */
  readonly viewer?: string;
}

/** People of one kind who are named; of the others, the number. */
const NAMED = 50;

/**
 * What a changed policy would do to an organization's people, against what they hold now. Nobody is asked but those whom
 * the change touches, those who wait for a deactivation already, and those who hold an admin role: whether somebody is
 * left in it is a question of all of them.
 *
 * What somebody keeps while an organization is paused isn't looked at: it is what comes when that is over.
 *
 * @param users every user of the organization
 */
export async function previewChange(
  users: AsyncIterable<User>,
  { issuer, before, after, safeguards, viewer }: PolicyQuestion,
): Promise<Preview> {
  const touched = touchedByChange(before, after);
  const gaining = new Listing();
  const losing = new Listing();
  const deactivated = new Listing();
  const roles = new Map<string, { gained: number; lost: number }>();
  const admins = new AdminForecast();
  const takenAdminRoles = new Set<string>();
  let own: PersonChange | undefined;
  let deactivating = 0;

  for await (const user of users) {
    if (user.source !== "Okta") continue;
    const isTouched = concerns(touched, user);
    const now = adminRolesHeld(user, user.access, after);
    if (!isTouched && now.length === 0 && !isWaiting(user)) continue;
    const access = resolveStoredAccess(user, { issuer, policy: after, held: false });
    admins.set(user.ref, { now, later: adminRolesHeld(user, access, after) });
    for (const role of lostAdminRoles(user, access, after)) takenAdminRoles.add(role);
    if (lossCause(user, access) !== undefined) deactivating++;
    if (!isTouched) continue;
    const change = changeOf(user, access);
    if (user.ref === viewer) own = change;
    for (const role of change.gained) count(roles, role).gained++;
    for (const role of change.lost) count(roles, role).lost++;
    if (change.gained.length > 0) gaining.add(change);
    if (change.becomes === "deactivated") deactivated.add(change);
    else if (change.lost.length > 0) losing.add(change);
  }

  const { localAdminCanGetIn, ...limit } = safeguards;
  const lastAdminRoles = [...takenAdminRoles].filter((role) => admins.losesLast(role)).sort();
  return {
    gaining,
    losing,
    deactivated,
    roles,
    own,
    held: {
      deactivating,
      recent: limit.recent,
      exceeds: exceedsLimit({ ...limit, deactivating }),
      lastAdminRoles: localAdminCanGetIn ? [] : lastAdminRoles,
    },
  };
}

/** What differs between what somebody holds and what they would. */
function changeOf(user: User, access: Access): PersonChange {
  const [had, has] = [rolesOf(user.access), rolesOf(access)];
  const becomes = isActive(user) ? "deactivated" : "active";
  return {
    ref: user.ref,
    ...(user.email === undefined ? {} : { email: user.email }),
    ...(user.name === undefined ? {} : { name: user.name }),
    gained: has.filter((role) => !had.includes(role)),
    lost: had.filter((role) => !has.includes(role)),
    ...(isActive(user) === access.active ? {} : { becomes }),
  };
}

function rolesOf(access: Access | undefined): string[] {
  return access?.active ? roleNames(access.grants) : [];
}

/** Whom it touches that a policy becomes another one. Mappings that are the same object in both are the same. */
function touchedByChange(before: CompiledPolicy, after: CompiledPolicy): Touched {
  const all = [...before.mappings.values(), ...after.mappings.values()];
  const isSameCatalogue = new Set(before.roles.keys()).symmetricDifference(after.roles).size === 0;
  if (!isSameCatalogue) return touchedBy(all);
  return touchedBy(all.filter(({ name }: Mapping) => before.mappings.get(name) !== after.mappings.get(name)));
}

/** Whether somebody is in a group that was or is mapped, or holds something through such a mapping. */
function concerns({ groups, mappings }: Touched, user: User): boolean {
  const has = (label: string | undefined): boolean => label !== undefined && groups.has(label);
  return (
    user.groups.some(({ name, id }) => has(name) || has(id)) ||
    [...mappingsOf(user)].some((mapping) => mappings.has(mapping))
  );
}

class Listing implements Listed {
  count = 0;
  readonly first: PersonChange[] = [];

  add(change: PersonChange): void {
    this.count++;
    if (this.first.length < NAMED) this.first.push(change);
  }
}

function count(
  roles: Map<string, { gained: number; lost: number }>,
  role: string,
): { gained: number; lost: number } {
  const known = roles.get(role) ?? { gained: 0, lost: 0 };
  roles.set(role, known);
  return known;
}
