import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { withEndedSession } from "../../identity/ended-sessions.ts";
import {
  type Access,
  accessChange,
  changeCause,
  creationCause,
  type Identity,
  type IdentityStore,
  isActive,
  isAsStored,
  type NewUser,
  roleNames,
  StaleUserError,
  type Subject,
  type User,
  type UserChange,
  type UserEvent,
  UserExistsError,
  withChange,
  withSignIns,
} from "../../identity/index.ts";
import { accountName } from "../../identity/user.ts";

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * An identity store in memory whose time is the simulation's, for thousands of people in no time. All who have it are one
 * writer after the other.
 */
export class SimulatedStore implements IdentityStore {
  readonly #now: () => number;
  readonly #users = new Map<string, User>();
  readonly #bySubject = new Map<string, string>();
  readonly #ofAnyIssuer = new Map<string, Set<string>>();
  /** In which words the end of somebody's sessions was asked for last. */
  readonly #endedFor = new Map<string, string>();
  readonly #listeners = new Set<(event: UserEvent) => void>();

  /** @param now ms since 1970 */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  get(ref: string): User | undefined {
    return this.#users.get(ref);
  }

  async read(ref: string): Promise<User | undefined> {
    return this.#users.get(ref);
  }

  async fresh(ref: string): Promise<User | undefined> {
    return this.#users.get(ref);
  }

  async find(organization: string, subject: Subject): Promise<User | undefined> {
    return this.#users.get(this.#bySubject.get(subjectKey(organization, subject)) ?? "");
  }

  async ofAnyIssuer(organization: string, subject: string): Promise<readonly User[]> {
    const refs = this.#ofAnyIssuer.get(`${organization}\n${subject}`) ?? [];
    return [...refs].flatMap((ref) => this.#users.get(ref) ?? []);
  }

  async freshBySubject(organization: string, subject: Subject): Promise<User | undefined> {
    return this.find(organization, subject);
  }

  async findLocalByEmail(organization: string, email: string): Promise<readonly User[]> {
    return this.#local(organization, (user) => user.email?.toLowerCase() === email.toLowerCase());
  }

  async findByServiceAccount(organization: string, name: string): Promise<readonly User[]> {
    return this.#local(organization, (user) => user.serviceAccountName === name);
  }

  isCurrent(): boolean {
    return true;
  }

  all(): AsyncIterable<User> {
    return this.#each(() => true);
  }

  users(organization: string): AsyncIterable<User> {
    return this.#each((user) => user.organization === organization);
  }

  usersInGroups(organization: string, groups: Iterable<string>): AsyncIterable<User> {
    const wanted = new Set(groups);
    const has = (...labels: (string | undefined)[]): boolean =>
      labels.some((label) => label !== undefined && wanted.has(label));
    return this.#each(
      (user) =>
        user.organization === organization &&
        (user.groups.some(({ id, name }) => has(id, name)) ||
          user.access?.grants.some(({ group, groupID }) => has(group, groupID)) === true),
    );
  }

  usersOfMapping(organization: string, mapping: string): AsyncIterable<User> {
    return this.#each(
      (user) =>
        user.organization === organization &&
        user.access?.grants.some((grant) => grant.mapping === mapping) === true,
    );
  }

  async create({ organization, identity, access, signedInAt }: NewUser): Promise<User> {
    const [namespace = "", name = ""] = organization.split("/");
    if (this.#bySubject.has(subjectKey(organization, identity)))
      throw new UserExistsError("The account exists.");
    const user: User = {
      ref: `${namespace}/${accountName(name, identity)}`,
      version: "0",
      uid: `uid-${this.#users.size}`,
      organization,
      source: "Okta",
      groups: [],
      localRoles: [],
      decided: false,
      sessionEpoch: 0,
    };
    const signIns =
      signedInAt === undefined
        ? []
        : [{ at: signedInAt, outcome: "Admitted" as const, reason: access.reason }];
    const newUser = { organization, identity, access, ...(signedInAt === undefined ? {} : { signedInAt }) };
    const change = { identity, access, signIns, cause: creationCause(newUser) };
    return this.#put(this.#changed(user, change), undefined);
  }

  async update(user: User, change: UserChange): Promise<User> {
    const stored = this.#users.get(user.ref);
    if (!stored || stored.version !== user.version) throw new StaleUserError("The account has changed.");
    const next = this.#changed(stored, change);
    return isDeepStrictEqual(next, stored) ? stored : this.#put(next, stored);
  }

  subscribe(listener: (event: UserEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** A local account as people write it. */
  makeLocal(
    organization: string,
    name: string,
    local: Pick<User, "email" | "serviceAccountName" | "serviceAccountNamespace" | "localRoles">,
  ): User {
    const user: User = {
      ref: `${organization.split("/")[0]}/${name}`,
      version: "0",
      uid: `uid-${this.#users.size}`,
      organization,
      source: "Local",
      groups: [],
      decided: false,
      sessionEpoch: 0,
      ...local,
    };
    return this.#put(user, undefined);
  }

  /** Asks for the end of somebody's sessions as people do it. */
  askToEndSessions(ref: string, asked: string): void {
    const user = this.#users.get(ref);
    const words = asked.replace(/\s+/g, " ").trim();
    const endRequest = words.length <= 253 ? words : createHash("sha256").update(words).digest("hex");
    if (user && this.#endedFor.get(ref) !== endRequest) this.#put({ ...user, endRequest }, user);
  }

  #changed(user: User, change: UserChange): User {
    const { identity, access, signIns = [], endSession, endSessions, endAllSessions } = change;
    const next: Writable<User> =
      identity && !isAsStored(user, identity) ? { ...withIdentity(user, identity) } : { ...user };
    if (access) this.#decide(next, access);
    const noted = withSignIns(user.signIns ?? [], signIns);
    if (noted.length > 0) next.signIns = noted;
    const admitted = signIns.filter(({ outcome }) => outcome === "Admitted").map(({ at }) => at);
    if (admitted.length > 0)
      next.lastLoginTime = Math.max(user.lastLoginTime ?? 0, Math.floor(Math.max(...admitted) / 1000) * 1000);
    const ended = endSession && withEndedSession(user.endedSessions ?? [], endSession, this.#now());
    if (ended !== undefined && ended !== "too-many") next.endedSessions = ended;
    const isAsked = endSessions !== undefined && this.#endedFor.get(user.ref) !== endSessions;
    if (isAsked) {
      this.#endedFor.set(user.ref, endSessions);
      delete next.endRequest;
    }
    if (endAllSessions || isAsked || ended === "too-many" || (isActive(user) && !isActive(next))) {
      next.sessionEpoch++;
      delete next.endedSessions;
    }
    const cause = changeCause(user, change);
    const told = accessChange(accountOf(user), accountOf(next), cause, this.#now());
    if (told) next.history = withChange(user.history ?? [], told);
    return next;
  }

  #decide(next: Writable<User>, access: Access): void {
    const since = Math.floor(this.#now() / 1000) * 1000;
    const isSame = next.access?.active === access.active;
    if (!isSame) next.activeSince = since;
    const roles = (of: Access | undefined): string => roleNames(of?.grants ?? []).join();
    if (!isSame || roles(next.access) !== roles(access)) next.accessSince = since;
    next.access = access;
    next.decided = true;
  }

  #put(next: User, previous: User | undefined): User {
    const user = { ...next, version: String(Number(next.version) + 1) };
    this.#users.set(user.ref, user);
    const { issuer, subject } = user;
    if (issuer !== undefined && subject !== undefined) {
      this.#bySubject.set(subjectKey(user.organization, { issuer, subject }), user.ref);
      const key = `${user.organization}\n${subject}`;
      this.#ofAnyIssuer.set(key, (this.#ofAnyIssuer.get(key) ?? new Set()).add(user.ref));
    }
    const event: UserEvent = previous ? { kind: "updated", user, previous } : { kind: "added", user };
    for (const listener of this.#listeners) listener(event);
    return user;
  }

  #local(organization: string, matches: (user: User) => boolean): User[] {
    const isOne = (user: User) =>
      user.source === "Local" && user.organization === organization && matches(user);
    return [...this.#users.values()].filter(isOne);
  }

  async *#each(matches: (user: User) => boolean): AsyncGenerator<User> {
    for (const ref of [...this.#users.keys()]) {
      const user = this.#users.get(ref);
      if (user && matches(user)) yield user;
    }
  }
}

function accountOf({ source, sessionEpoch, access }: User) {
  const { active = false, grants = [], message = "" } = access ?? {};
  return { source, sessionEpoch, active, grants, message };
}

/** What is kept of an account when Okta says something new of the person. */
function withIdentity(user: User, identity: Identity): User {
  const { ref, version, uid, organization, access, activeSince, sessionEpoch, endedSessions, endRequest } =
    user;
  const { issuer, subject, email, name, groups, groupsFrom, status } = identity;
  return {
    ...{ ref, version, uid, organization, sessionEpoch, issuer, subject, groups, groupsFrom },
    source: "Okta",
    localRoles: [],
    decided: false,
    ...(email === undefined ? {} : { email }),
    ...(name === undefined ? {} : { name }),
    ...(status === undefined ? {} : { oktaStatus: status }),
    ...(access === undefined ? {} : { access }),
    ...(activeSince === undefined ? {} : { activeSince }),
    ...(endedSessions === undefined ? {} : { endedSessions }),
    ...(endRequest === undefined ? {} : { endRequest }),
    ...(user.lastLoginTime === undefined ? {} : { lastLoginTime: user.lastLoginTime }),
    ...(user.accessSince === undefined ? {} : { accessSince: user.accessSince }),
    ...(user.history === undefined ? {} : { history: user.history }),
    ...(user.signIns === undefined ? {} : { signIns: user.signIns }),
  };
}

function subjectKey(organization: string, { issuer, subject }: Subject): string {
  return JSON.stringify([organization, issuer, subject]);
}
