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
import { type Change, LaggingReads } from "./lagging-reads.ts";
import type { LogParty } from "./log-event.ts";
import { errors } from "./okta-error.ts";
import { type IdPrefix, randomId, stableId } from "./okta-ids.ts";
import { groupParty, system, userParty } from "./parties.ts";
import { Records } from "./records.ts";
import type { SystemLog } from "./system-log.ts";
import type { Table } from "./table.ts";

export interface DirectoryOptions {
  log: SystemLog;
  now: Clock;
  /** How long the Management API goes on showing what was there before a change; default: not at all. */
  readLagMs?: () => number;
}

/**
 * The people and groups of one Okta organization, in memory. Every change is written to the system log. Methods
 * throw an OktaError as the Management API would answer.
 */
export class Directory {
  readonly log: SystemLog;
  readonly now: Clock;
  /** Called when Okta ends all sessions of a person: on suspension, deactivation and deletion. */
  onSessionsEnd: (userId: string) => void = () => {};
  readonly #records = new Records();
  readonly #reads: LaggingReads;
  readonly #usedIds = new Set<string>();

  constructor({ log, now, readLagMs = () => 0 }: DirectoryOptions) {
    this.log = log;
    this.now = now;
    this.#reads = new LaggingReads({ records: this.#records, now, lagMs: readLagMs });
    this.addGroup({ name: everyone, type: "BUILT_IN", description: "All users in your organization" });
  }

  get users(): Table<User> {
    return this.#records.users;
  }

  get groups(): Table<Group> {
    return this.#records.groups;
  }

  /** What the Management API shows, which may trail what is here. */
  get reads(): Records {
    return this.#reads.records;
  }

  /** @throws OktaError E0000007 when there is nobody of this id, login, or part of a login before the @ */
  user(idOrLogin: string): User {
    return this.#records.user(idOrLogin);
  }

  findUser(idOrLogin: string): User | undefined {
    return this.#records.findUser(idOrLogin);
  }

  /** @throws OktaError E0000007 when there is no group of this id, or none of this name */
  group(idOrName: string): Group {
    return this.#records.group(idOrName);
  }

  /** The person's groups, in the order in which they joined them. */
  groupsOf(userId: string): Group[] {
    return this.#records.groupsOf(userId);
  }

  /** The members' ids, with paging. */
  members(groupId: string): Table<{ readonly id: string }> {
    return this.#records.members(groupId);
  }

  /** @throws OktaError E0000001 when the login is taken, E0000007 when a group isn't there */
  addUser(seed: UserSeed, actor = system): User {
    const { login, email = login.includes("@") ? login : `${login}@example.com`, groups = [] } = seed;
    if (this.#records.userByLogin(login)) throw errors.validation("login", taken("login"));
    const time = toTheSecond(this.now());
    const status = seed.status ?? "ACTIVE";
    const id = this.#freshId("00u", seed.id, login);
    this.saveUser({
      id,
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
    });
    const user = this.user(id);
    this.record("user.lifecycle.create", "Create Okta user", actor, userParty(user));
    const everybody = this.group(everyone).id;
    this.#change(({ memberships }) => memberships.add(everybody, id));
    for (const group of groups) this.addToGroup(group, user.id, actor);
    return user;
  }

  /** @throws OktaError E0000001 when another person has the new login */
  updateProfile(idOrLogin: string, profile: Partial<UserProfile>, actor = system): User {
    const user = this.user(idOrLogin);
    const next: UserProfile = { ...user.profile, ...profile };
    const holder = this.#records.userByLogin(next.login);
    if (holder && holder !== user) throw errors.validation("login", taken("login"));
    this.saveUser({ ...user, profile: next, lastUpdated: toTheSecond(this.now()) });
    this.record("user.account.update_profile", "Update user profile for Okta", actor, userParty(user));
    return user;
  }

  /** Removes the person for good. The API allows it for DEPROVISIONED people only; here the caller decides. */
  deleteUser(idOrLogin: string, actor = system): void {
    const user = this.user(idOrLogin);
    const { id } = user;
    this.record("user.lifecycle.delete.initiated", "Delete Okta user initiated", actor, userParty(user));
    for (const group of this.groupsOf(id)) this.#touchMembership(group);
    this.#change((records) => records.removeUser(id));
    this.onSessionsEnd(id);
    this.record("user.lifecycle.delete.completed", "Delete Okta user completed", actor, userParty(user));
  }

  /** Writes the person as they are here, and nothing to the system log. */
  saveUser(user: User): void {
    this.#change((records) => records.saveUser(user));
  }

  addGroup(seed: GroupSeed, actor = system): Group {
    const { name, description, type = "OKTA_GROUP" } = typeof seed === "string" ? { name: seed } : seed;
    const namesakes = this.#records.groupsByName(name);
    if (type !== "APP_GROUP" && namesakes.some((group) => group.type !== "APP_GROUP"))
      throw errors.validation("name", taken("name"));
    const time = toTheSecond(this.now());
    const wanted = typeof seed === "string" ? undefined : seed.id;
    const id = this.#freshId("00g", wanted, name, type, `${namesakes.length}`);
    this.#saveGroup({
      id,
      type,
      created: time,
      lastUpdated: time,
      lastMembershipUpdated: time,
      profile: { name, ...(description === undefined ? {} : { description }) },
    });
    const group = this.group(id);
    this.record("group.lifecycle.create", "Create Okta group", actor, groupParty(group));
    return group;
  }

  /** @throws OktaError E0000006 when the group isn't an OKTA_GROUP, E0000001 when another one has the new name */
  updateGroup(idOrName: string, profile: GroupProfile, actor = system): Group {
    const group = this.#changeable(idOrName);
    const isTaken = this.#records
      .groupsByName(profile.name)
      .some((other) => other !== group && other.type !== "APP_GROUP");
    if (isTaken) throw errors.validation("name", taken("name"));
    this.#saveGroup({ ...group, profile, lastUpdated: toTheSecond(this.now()) });
    this.record("group.profile.update", "Okta group profile updated", actor, groupParty(group));
    return group;
  }

  deleteGroup(idOrName: string, actor = system): void {
    const group = this.group(idOrName);
    const { id, type } = group;
    if (type === "BUILT_IN") throw errors.notForThisGroup();
    this.#change((records) => records.removeGroup(id));
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
    if (add === this.#records.memberships.has(group.id, user.id)) return;
    const [groupId, userId] = [group.id, user.id];
    this.#change(({ memberships }) =>
      add ? memberships.add(groupId, userId) : memberships.remove(groupId, userId),
    );
    this.#touchMembership(group);
    const [eventType, message] = add
      ? ["group.user_membership.add", "Add user to group membership"]
      : ["group.user_membership.remove", "Remove user from group membership"];
    this.record(eventType, message, actor, userParty(user), groupParty(group));
  }

  #touchMembership(group: Group): void {
    const lastMembershipUpdated = toTheSecond(this.now());
    if (group.lastMembershipUpdated !== lastMembershipUpdated)
      this.#saveGroup({ ...group, lastMembershipUpdated });
  }

  #saveGroup(group: Group): void {
    this.#change((records) => records.saveGroup(group));
  }

  #change(change: Change): void {
    this.#reads.note(change);
    change(this.#records);
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
