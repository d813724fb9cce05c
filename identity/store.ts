import type { Access } from "./access.ts";
import type { Cause } from "./causes.ts";
import type { EndedSession } from "./ended-sessions.ts";
import type { NotedSignIn } from "./history.ts";
import type { Identity, Subject } from "./identity.ts";
import type { User } from "./user.ts";

/** An account to be made for somebody whom Okta signed in for the first time. */
export interface NewUser {
  /** The organization as "namespace/name". */
  readonly organization: string;
  readonly identity: Identity;
  readonly access: Access;
  /** ms since 1970 */
  readonly signedInAt?: number;
}

/** What to change of a user. What is left out stays. */
export interface UserChange {
  /** Writes what Okta says now. On a local user it links the account: it is an Okta user from then on. */
  readonly identity?: Identity;
  readonly access?: Access;
  /** Why: for the history. What can be told from the account and the change itself needs none (see `changeCause`). */
  readonly cause?: Cause;
  /** Sign-ins to be noted. One that is noted already, or is older than all that are kept, is nothing new. */
  readonly signIns?: readonly NotedSignIn[];
  /** Ends this session. Where more were ended than are remembered one by one, all of them end. */
  readonly endSession?: EndedSession;
  /** Ends all sessions, as somebody has asked for in these words (`User.endRequest`); once for the same words. */
  readonly endSessions?: string;
  /** Ends all sessions, each time. */
  readonly endAllSessions?: true;
}

/** Something happened to a user: by this process, another replica, or a person. */
export interface UserEvent {
  readonly kind: "added" | "updated" | "deleted";
  readonly user: User;
  readonly previous?: User;
}

/**
 * Where users are kept. Every store passes `test/identity/store-conformance.ts`.
 *
 * Reads may lag behind other writers by a moment; `fresh` doesn't. Writes name the version they were decided
 * on, so that a decision made on old facts fails with `StaleUserError` instead of overwriting newer ones. A
 * write that only repeats what is stored makes no new version.
 *
 * Reads of many users come one by one, and others write meanwhile: whoever is there from the beginning to the end
 * comes once, as they were at some time in between. Who is made, changed or deleted meanwhile is told to subscribers.
 */
export interface IdentityStore {
  /**
   * At once, since a session is checked before every request of others. Others take `read`: a store that doesn't have
   * everybody at hand may know nothing of somebody who hasn't been here lately.
   */
  get(ref: string): User | undefined;
  /** Undefined when there is no such user. */
  read(ref: string): Promise<User | undefined>;
  /** The account of this subject in this organization. */
  find(organization: string, subject: Subject): Promise<User | undefined>;
  /** The accounts of this subject in this organization, whichever issuer has vouched for it. */
  ofAnyIssuer(organization: string, subject: string): Promise<readonly User[]>;
  /** Local accounts with this address, compared without regard to case. */
  findLocalByEmail(organization: string, email: string): Promise<readonly User[]>;
  /** Local accounts that name a service account of this name, in whichever namespace. */
  findByServiceAccount(organization: string, serviceAccountName: string): Promise<readonly User[]>;
  /** As `read`, but never behind. Undefined only when the store has answered that there is no such user. */
  fresh(ref: string): Promise<User | undefined>;
  /**
   * Whether what `find` and the others say of this organization's users is as of a few seconds ago at the most, whatever
   * has become of the connection to where they are kept: then somebody may be let in by it without a write.
   */
  isCurrent(organization: string): boolean;
  /** As `find`, but never behind. */
  freshBySubject(organization: string, subject: Subject): Promise<User | undefined>;
  /** Every user of every organization. */
  all(): AsyncIterable<User>;
  /** Every user of an organization. */
  users(organization: string): AsyncIterable<User>;
  /** Users who have received one of these groups, by name or id, or hold a grant caused by it. */
  usersInGroups(organization: string, groups: Iterable<string>): AsyncIterable<User>;
  /** Users who hold a grant of this mapping. */
  usersOfMapping(organization: string, mapping: string): AsyncIterable<User>;
  /** @throws UserExistsError when the subject has an account, `StoreError` when the store can't be written */
  create(user: NewUser): Promise<User>;
  /**
   * Writes a change that was decided on `user`.
   * Whatever ends all sessions raises `sessionEpoch`, deactivation included. Identity and access may take two writes in
   * a store that can't do both at once; the identity comes first, so that whoever reads it in between decides the same
   * access from it. Whatever changes access or ends all sessions is in `history` by the same write, once.
   * @throws StaleUserError when the user has changed or gone since, `StoreError` when it can't be written
   */
  update(user: User, change: UserChange): Promise<User>;
  /** Tells of every change until the returned function is called. */
  subscribe(listener: (event: UserEvent) => void): () => void;
}

/** A change that was asked for, of which nobody knows whether it is stored. */
export interface PerhapsStored {
  readonly before: User | undefined;
  readonly after: User;
}

/** The store can't be read or written now. */
export class StoreError extends Error {
  readonly code: string = "store-unavailable";
  /** What may be stored all the same: it was asked for, and there was no answer. Or half of it was stored. */
  readonly perhaps: PerhapsStored | undefined;

  constructor(message: string, options: ErrorOptions & { perhaps?: PerhapsStored | undefined } = {}) {
    super(message, options);
    this.perhaps = options.perhaps;
  }
}

/** The user has changed since it was read. Read it again and decide again: see `untilWritten`. */
export class StaleUserError extends Error {
  readonly code = "stale-user";
  /** What this very write may have stored: it was sent before, and the answer was lost. Or half of it was stored. */
  readonly perhaps: PerhapsStored | undefined;

  constructor(message: string, options: ErrorOptions & { perhaps?: PerhapsStored | undefined } = {}) {
    super(message, options);
    this.perhaps = options.perhaps;
  }
}

/** This subject has an account already. Read it and decide on it. */
export class UserExistsError extends Error {
  readonly code = "user-exists";
  /** What this very write may have made: its answer was lost. */
  readonly perhaps: PerhapsStored | undefined;

  constructor(message: string, options: ErrorOptions & { perhaps?: PerhapsStored | undefined } = {}) {
    super(message, options);
    this.perhaps = options.perhaps;
  }
}
