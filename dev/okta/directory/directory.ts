import type { GroupSeed, UserSeed } from "../seed.ts";
import { type Clock, toTheSecond } from "./clock.ts";
import {
  everyone,
  type Group,
  type GroupProfile,
  isAdmitted,
  type User,
  type UserProfile,
} from "./entities.ts";
import { Memberships } from "./memberships.ts";
import { errors } from "./okta-error.ts";
import { type IdPrefix, randomId, stableId } from "./okta-ids.ts";
import { groupParty, system, userParty } from "./parties.ts";
import type { LogParty, SystemLog } from "./system-log.ts";
import { Table } from "./table.ts";

/**
 * The people and groups of one Okta organization, in memory. Every change is written to the system log. Methods
 * throw an OktaError as the Management API would answer.
 */
export class Directory {
  readonly users = new Table<User>();
  readonly groups = new Table<Group>();
  readonly log: SystemLog;
  readonly now: Clock;
  /** Called when Okta ends all sessions of a person: on suspension, deactivation and deletion. */
  onSessionsEnd: (userId: string) => void = () => {};
  readonly #byLogin = new Map<string, User>();
  readonly #byName = new Map<string, Group[]>();
  readonly #memberships = new Memberships();
  readonly #usedIds = new Set<string>();

  constructor({ log, now }: { log: SystemLog; now: Clock }) {
    this.log = log;
    this.now = now;
    this.addGroup({ name: everyone, type: "BUILT_IN", description: "All users in your organization" });
  }

  /** @throws OktaError E0000007 when there is nobody of this id, login, or part of a login before the @ */
  user(idOrLogin: string): User {
    const user = this.findUser(idOrLogin);
    if (!user) throw errors.notFound(idOrLogin, "User");
    return user;
  }

  findUser(idOrLogin: string): User | undefined {
    const found = this.users.get(idOrLogin) ?? this.#byLogin.get(idOrLogin.toLowerCase());
    if (found || idOrLogin.includes("@")) return found;
    const short = `${idOrLogin.toLowerCase()}@`;
    const matches = [...this.#byLogin].filter(([login]) => login.startsWith(short));
    return matches.length === 1 ? matches[0]?.[1] : undefined;
  }

  /** @throws OktaError E0000007 when there is no group of this id, or none of this name */
  group(idOrName: string): Group {
    const group = this.groups.get(idOrName) ?? this.#byName.get(idOrName)?.[0];
    if (!group) throw errors.notFound(idOrName, "UserGroup");
    return group;
  }

  /** The person's groups, in the order in which they joined them. */
  groupsOf(userId: string): Group[] {
    return this.#memberships.groupsOf(userId).map((id) => this.group(id));
  }

  /** The members' ids, with paging. */
  members(groupId: string): Table<{ readonly id: string }> {
    return this.#memberships.membersOf(groupId);
  }

  /** @throws OktaError E0000001 when the login is taken, E0000007 when a group isn't there */
  addUser(seed: UserSeed, actor = system): User {
    const { login, email = login.includes("@") ? login : `${login}@example.com`, groups = [] } = seed;
    if (this.#byLogin.has(login.toLowerCase())) throw errors.validation("login", taken("login"));
    const time = toTheSecond(this.now());
    const status = seed.status ?? "ACTIVE";
    const user: User = {
      id: this.#freshId("00u", seed.id, login),
      status,
      created: time,
      activated: status === "STAGED" ? null : time,
      statusChanged: time,
      lastLogin: null,
      lastUpdated: time,
      passwordChanged: seed.password === undefined ? null : time,
      profile: {
        firstName: seed.firstName ?? null,
        lastName: seed.lastName ?? null,
        mobilePhone: null,
        secondEmail: null,
        ...(seed.displayName === undefined ? {} : { displayName: seed.displayName }),
        ...seed.profile,
        login,
        email,
      },
      emailVerified: seed.emailVerified ?? true,
      password: seed.password,
    };
    this.users.add(user);
    this.#byLogin.set(login.toLowerCase(), user);
    this.#memberships.openUser(user.id);
    this.record("user.lifecycle.create", "Create Okta user", actor, userParty(user));
    this.#memberships.add(this.group(everyone).id, user.id);
    for (const group of groups) this.addToGroup(group, user.id, actor);
    return user;
  }

  /** @throws OktaError E0000001 when another person has the new login */
  updateProfile(idOrLogin: string, profile: Partial<UserProfile>, actor = system): User {
    const user = this.user(idOrLogin);
    const next: UserProfile = { ...user.profile, ...profile };
    const holder = this.#byLogin.get(next.login.toLowerCase());
    if (holder && holder !== user) throw errors.validation("login", taken("login"));
    this.#byLogin.delete(user.profile.login.toLowerCase());
    this.#byLogin.set(next.login.toLowerCase(), user);
    user.profile = next;
    user.lastUpdated = toTheSecond(this.now());
    this.record("user.account.update_profile", "Update user profile for Okta", actor, userParty(user));
    return user;
  }

  /** Removes the person for good. The API allows it for DEPROVISIONED people only; here the caller decides. */
  deleteUser(idOrLogin: string, actor = system): void {
    const user = this.user(idOrLogin);
    this.record("user.lifecycle.delete.initiated", "Delete Okta user initiated", actor, userParty(user));
    const time = toTheSecond(this.now());
    for (const group of this.groupsOf(user.id)) group.lastMembershipUpdated = time;
    this.#memberships.closeUser(user.id);
    this.#byLogin.delete(user.profile.login.toLowerCase());
    this.users.delete(user.id);
    this.onSessionsEnd(user.id);
    this.record("user.lifecycle.delete.completed", "Delete Okta user completed", actor, userParty(user));
  }

  addGroup(seed: GroupSeed, actor = system): Group {
    const { name, description, type = "OKTA_GROUP" } = typeof seed === "string" ? { name: seed } : seed;
    const namesakes = this.#byName.get(name) ?? [];
    if (type !== "APP_GROUP" && namesakes.some((group) => group.type !== "APP_GROUP"))
      throw errors.validation("name", taken("name"));
    const time = toTheSecond(this.now());
    const group: Group = {
      id: this.#freshId(
        "00g",
        typeof seed === "string" ? undefined : seed.id,
        name,
        type,
        `${namesakes.length}`,
      ),
      type,
      created: time,
      lastUpdated: time,
      lastMembershipUpdated: time,
      profile: { name, ...(description === undefined ? {} : { description }) },
    };
    this.groups.add(group);
    this.#byName.set(name, [...namesakes, group]);
    this.#memberships.openGroup(group.id);
    this.record("group.lifecycle.create", "Create Okta group", actor, groupParty(group));
    return group;
  }

  /** @throws OktaError E0000006 when the group isn't an OKTA_GROUP, E0000001 when another one has the new name */
  updateGroup(idOrName: string, profile: GroupProfile, actor = system): Group {
    const group = this.#changeable(idOrName);
    const namesakes = (this.#byName.get(profile.name) ?? []).filter((other) => other !== group);
    if (namesakes.some(({ type }) => type !== "APP_GROUP")) throw errors.validation("name", taken("name"));
    this.#forgetName(group);
    this.#byName.set(profile.name, [...namesakes, group]);
    group.profile = profile;
    group.lastUpdated = toTheSecond(this.now());
    this.record("group.profile.update", "Okta group profile updated", actor, groupParty(group));
    return group;
  }

  deleteGroup(idOrName: string, actor = system): void {
    const group = this.group(idOrName);
    if (group.type === "BUILT_IN") throw errors.notForThisGroup();
    this.#memberships.closeGroup(group.id);
    this.#forgetName(group);
    this.groups.delete(group.id);
    this.record("group.lifecycle.delete", "Delete Okta group", actor, groupParty(group));
  }

  /** Does nothing, and logs nothing, when the person is in the group already. Any type of group but BUILT_IN. */
  addToGroup(group: string, user: string, actor = system): void {
    this.#changeMembership(group, user, actor, true);
  }

  removeFromGroup(group: string, user: string, actor = system): void {
    this.#changeMembership(group, user, actor, false);
  }

  /** Writes a line of the system log. */
  record(eventType: string, displayMessage: string, actor: LogParty, ...target: LogParty[]): void {
    this.log.append({ eventType, displayMessage, actor, target });
  }

  /** The person behind a session or a token, or undefined when the account isn't theirs to use any more. */
  admitted(userId: string): User | undefined {
    const user = this.users.get(userId);
    return user && isAdmitted(user.status) ? user : undefined;
  }

  #changeMembership(groupName: string, userName: string, actor: LogParty, add: boolean): void {
    const group = this.group(groupName);
    const user = this.user(userName);
    if (group.type === "BUILT_IN") throw errors.notForThisGroup();
    if (add === this.#memberships.has(group.id, user.id)) return;
    if (add) this.#memberships.add(group.id, user.id);
    else this.#memberships.remove(group.id, user.id);
    group.lastMembershipUpdated = toTheSecond(this.now());
    const [eventType, message] = add
      ? ["group.user_membership.add", "Add user to group membership"]
      : ["group.user_membership.remove", "Remove user from group membership"];
    this.record(eventType, message, actor, userParty(user), groupParty(group));
  }

  #forgetName(group: Group): void {
    const left = (this.#byName.get(group.profile.name) ?? []).filter((other) => other !== group);
    if (left.length > 0) this.#byName.set(group.profile.name, left);
    else this.#byName.delete(group.profile.name);
  }

  /** An id is never used twice, not even for somebody who comes back under the same login. */
  #freshId(prefix: IdPrefix, wanted: string | undefined, ...words: string[]): string {
    const stable = wanted ?? stableId(prefix, ...words);
    const id = this.#usedIds.has(stable) ? randomId(prefix) : stable;
    this.#usedIds.add(id);
    return id;
  }

  #changeable(idOrName: string): Group {
    const group = this.group(idOrName);
    if (group.type !== "OKTA_GROUP") throw errors.notForThisGroup();
    return group;
  }
}

function taken(field: string): string {
  return `${field}: An object with this field already exists in the current organization`;
}
