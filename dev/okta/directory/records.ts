import type { Group, User } from "./entities.ts";
import { Memberships } from "./memberships.ts";
import { errors } from "./okta-error.ts";
import { Table } from "./table.ts";

/** Users, groups and who is in which, without any rules: they are the Directory's. */
export class Records {
  readonly users: Table<User>;
  readonly groups: Table<Group>;
  readonly memberships: Memberships;
  readonly #byLogin = new Map<string, User>();
  /** Logins by what stands before their @. */
  readonly #byShortName = new Map<string, Set<string>>();
  readonly #byName = new Map<string, Group[]>();

  constructor(users = new Table<User>(), groups = new Table<Group>(), memberships = new Memberships()) {
    this.users = users;
    this.groups = groups;
    this.memberships = memberships;
    for (const user of users) this.#indexUser(user);
    for (const group of groups) this.#indexGroup(group);
  }

  /** @throws OktaError E0000007 when there is nobody of this id, login, or part of a login before the @ */
  user(idOrLogin: string): User {
    const user = this.findUser(idOrLogin);
    if (!user) throw errors.notFound(idOrLogin, "User");
    return user;
  }

  findUser(idOrLogin: string): User | undefined {
    const name = idOrLogin.toLowerCase();
    const found = this.users.get(idOrLogin) ?? this.userByLogin(name);
    if (found || name.includes("@")) return found;
    const [login, ...others] = this.#byShortName.get(name) ?? [];
    return login !== undefined && others.length === 0 ? this.#byLogin.get(login) : undefined;
  }

  userByLogin(login: string): User | undefined {
    return this.#byLogin.get(login.toLowerCase());
  }

  /** @throws OktaError E0000007 when there is no group of this id, or none of this name */
  group(idOrName: string): Group {
    const group = this.groups.get(idOrName) ?? this.groupsByName(idOrName)[0];
    if (!group) throw errors.notFound(idOrName, "UserGroup");
    return group;
  }

  groupsByName(name: string): readonly Group[] {
    return this.#byName.get(name) ?? [];
  }

  /** The person's groups, in the order in which they joined them. */
  groupsOf(userId: string): Group[] {
    return this.memberships.groupsOf(userId).map((id) => this.group(id));
  }

  /** The members' ids, with paging. */
  members(groupId: string): Table<{ readonly id: string }> {
    return this.memberships.membersOf(groupId);
  }

  /** Adds the user, or changes the one of this id: whoever holds that object sees the change. */
  saveUser(user: User): void {
    const known = this.users.get(user.id);
    if (known) {
      this.#forgetLogin(known);
      this.#indexUser(Object.assign(known, user));
      return;
    }
    const added = { ...user };
    this.users.add(added);
    this.memberships.openUser(added.id);
    this.#indexUser(added);
  }

  removeUser(id: string): void {
    this.#forgetLogin(this.user(id));
    this.memberships.closeUser(id);
    this.users.delete(id);
  }

  /** As saveUser. */
  saveGroup(group: Group): void {
    const known = this.groups.get(group.id);
    if (known) {
      if (known.profile.name !== group.profile.name) this.#forgetName(known);
      this.#indexGroup(Object.assign(known, group));
      return;
    }
    const added = { ...group };
    this.groups.add(added);
    this.memberships.openGroup(added.id);
    this.#indexGroup(added);
  }

  removeGroup(id: string): void {
    this.#forgetName(this.group(id));
    this.memberships.closeGroup(id);
    this.groups.delete(id);
  }

  copy(): Records {
    return new Records(
      this.users.copy((user) => ({ ...user })),
      this.groups.copy((group) => ({ ...group })),
      this.memberships.copy(),
    );
  }

  #indexUser(user: User): void {
    const login = user.profile.login.toLowerCase();
    this.#byLogin.set(login, user);
    const short = shortName(login);
    this.#byShortName.set(short, (this.#byShortName.get(short) ?? new Set()).add(login));
  }

  #forgetLogin(user: User): void {
    const login = user.profile.login.toLowerCase();
    this.#byLogin.delete(login);
    const namesakes = this.#byShortName.get(shortName(login));
    namesakes?.delete(login);
    if (namesakes?.size === 0) this.#byShortName.delete(shortName(login));
  }

  #indexGroup(group: Group): void {
    const namesakes = this.groupsByName(group.profile.name);
    if (!namesakes.includes(group)) this.#byName.set(group.profile.name, [...namesakes, group]);
  }

  #forgetName(group: Group): void {
    const { name } = group.profile;
    const left = this.groupsByName(name).filter((other) => other !== group);
    if (left.length > 0) this.#byName.set(name, left);
    else this.#byName.delete(name);
  }
}

function shortName(login: string): string {
  return login.split("@", 1)[0] ?? login;
}
