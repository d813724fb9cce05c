import { LRUCache } from "lru-cache";
import { indexKey } from "../../../crds/organization-key.ts";
import type { OrganizationUser } from "../../../crds/types.ts";
import {
  ApiError,
  type Cache,
  type Change,
  type Client,
  letOthersRun,
  mayBeDone,
  type ResourceType,
} from "../../../kubernetes/index.ts";
import { creationCause } from "../../change-cause.ts";
import type { Subject } from "../../identity.ts";
import {
  type IdentityStore,
  type NewUser,
  type PerhapsStored,
  StaleUserError,
  StoreError,
  type UserChange,
  type UserEvent,
  UserExistsError,
} from "../../store.ts";
import { accountName, type User } from "../../user.ts";
import type { userIndexes } from "./user-indexes.ts";
import { newObject, specWith, statusWith, toUser } from "./user-object.ts";

/** A watch is heard of every three seconds, also a quiet one. */
const CURRENT_MS = 5_000;

/** What the store needs of a cluster. The cache holds `userIndexes`, or the finders find nothing. */
export interface KubernetesStoreOptions {
  readonly client: Pick<Client, "get" | "create" | "replace">;
  readonly cache: Cache<OrganizationUser>;
  readonly type: ResourceType<OrganizationUser>;
  /** How many users `get` remembers, of those who were asked for last: 0.7 KiB each. Default: 1,000 */
  readonly remembered?: number;
  /** ms since 1970 */
  readonly now?: () => number;
}

/**
 * The default store: OrganizationUser objects in the Kubernetes API. Reads come from the cache, every write
 * carries the resourceVersion that it was decided on. What Okta says is the spec, what follows from it is the
 * status; a crash between the two leaves an object from which anybody decides the same status again.
 */
export class KubernetesStore implements IdentityStore {
  readonly #client: KubernetesStoreOptions["client"];
  readonly #cache: Cache<OrganizationUser>;
  readonly #type: ResourceType<OrganizationUser>;
  /** By ref. A session is checked before every request of others. */
  readonly #remembered: LRUCache<string, { readonly object: OrganizationUser; readonly user: User }>;
  readonly #now: () => number;
  /** What was told last. */
  #told: { readonly change: Change<OrganizationUser>; readonly event: UserEvent } | undefined;

  constructor({ client, cache, type, remembered = 1_000, now = Date.now }: KubernetesStoreOptions) {
    this.#client = client;
    this.#cache = cache;
    this.#type = type;
    this.#remembered = new LRUCache({ max: remembered });
    this.#now = now;
  }

  get(ref: string): User | undefined {
    const object = this.#cache.get(ref);
    if (!object) return undefined;
    const known = this.#remembered.get(ref);
    if (known?.object === object) return known.user;
    const user = toUser(object);
    this.#remembered.set(ref, { object, user });
    return user;
  }

  async read(ref: string): Promise<User | undefined> {
    const object = this.#cache.get(ref);
    return object && toUser(object);
  }

  async find(organization: string, subject: Subject): Promise<User | undefined> {
    const found = this.#by("subject", indexKey(organization, subject.subject));
    const object = found.find(({ spec }) => spec.issuer === subject.issuer);
    return object && toUser(object);
  }

  async ofAnyIssuer(organization: string, subject: string): Promise<readonly User[]> {
    return this.#by("subject", indexKey(organization, subject)).map(toUser);
  }

  async findLocalByEmail(organization: string, email: string): Promise<readonly User[]> {
    return this.#by("localEmail", indexKey(organization, email.toLowerCase())).map(toUser);
  }

  async findByServiceAccount(organization: string, serviceAccountName: string): Promise<readonly User[]> {
    return this.#by("serviceAccount", indexKey(organization, serviceAccountName)).map(toUser);
  }

  async fresh(ref: string): Promise<User | undefined> {
    try {
      return this.#seen(await this.#client.get(this.#type, ref));
    } catch (error) {
      if (reasonOf(error) === "NotFound") return undefined;
      throw unavailable(error);
    }
  }

  isCurrent(organization: string): boolean {
    return this.#cache.freshness(split(organization).namespace) <= CURRENT_MS;
  }

  async freshBySubject(organization: string, subject: Subject): Promise<User | undefined> {
    const { namespace, name } = split(organization);
    // A linked account keeps its own name: the index knows it, everybody else has the computed one.
    const known = await this.find(organization, subject);
    const user = await this.fresh(known?.ref ?? `${namespace}/${accountName(name, subject)}`);
    return user && user.issuer === subject.issuer && user.subject === subject.subject ? user : undefined;
  }

  all(): AsyncIterable<User> {
    return usersOf(this.#cache.list());
  }

  users(organization: string): AsyncIterable<User> {
    return usersOf(this.#by("organization", organization));
  }

  usersInGroups(organization: string, groups: Iterable<string>): AsyncIterable<User> {
    const found = new Set<OrganizationUser>();
    for (const group of groups)
      for (const object of this.#by("group", indexKey(organization, group))) found.add(object);
    return usersOf(found);
  }

  usersOfMapping(organization: string, mapping: string): AsyncIterable<User> {
    return usersOf(this.#by("mapping", indexKey(organization, mapping)));
  }

  /** Makes an OrganizationUser: its spec is what Okta says, its status what access follows from that. */
  async create(user: NewUser): Promise<User> {
    const object = newObject(user);
    let created: OrganizationUser;
    try {
      created = await this.#client.create(this.#type, object);
    } catch (error) {
      if (reasonOf(error) === "AlreadyExists")
        throw new UserExistsError("The account exists.", { cause: error });
      // Made or not: whoever is told that it exists looks, and goes on from what there is.
      const made = mayBeDone(error) && (await this.freshBySubject(user.organization, user.identity));
      if (made) {
        const perhaps = { before: undefined, after: made };
        throw new UserExistsError("The account exists.", { cause: error, perhaps });
      }
      throw unavailable(error);
    }
    return this.#writeStatus(created, firstChange(user), undefined);
  }

  async update(user: User, change: UserChange): Promise<User> {
    const object = this.#objectOf(user);
    const spec = specWith(object, change.identity);
    const current = spec ? await this.#replaceSpec({ ...object, spec }, user) : object;
    return this.#writeStatus(current, change, user);
  }

  subscribe(listener: (event: UserEvent) => void): () => void {
    return this.#cache.subscribe((change) => listener(this.#eventOf(change)));
  }

  /** Made once for all who are told of a change: the cache tells one after the other. */
  #eventOf(change: Change<OrganizationUser>): UserEvent {
    if (this.#told?.change !== change) {
      const { kind, object } = change;
      const previous = change.kind === "updated" ? { previous: toUser(change.previous) } : {};
      this.#told = { change, event: { kind, user: toUser(object), ...previous } };
    }
    return this.#told.event;
  }

  async #replaceSpec(object: OrganizationUser, before: User): Promise<OrganizationUser> {
    try {
      const replaced = await this.#client.replace(this.#type, object);
      this.#cache.observe(replaced);
      return replaced;
    } catch (error) {
      throw failure(error, mayBeDone(error) ? { before, after: toUser(object) } : undefined);
    }
  }

  /** @param before as it was before this and before the spec was written; undefined: it wasn't there */
  async #writeStatus(object: OrganizationUser, change: UserChange, before: User | undefined): Promise<User> {
    const status = statusWith(object, change, { before, now: this.#now() });
    if (!status) return this.#seen(object);
    const { name = "", namespace = "", resourceVersion = "", uid = "" } = object.metadata;
    const body: OrganizationUser = {
      apiVersion: "rolemapping.dev/v1alpha1",
      kind: "OrganizationUser",
      metadata: { name, namespace, resourceVersion, uid },
      spec: object.spec,
      status,
    };
    try {
      return this.#seen(await this.#client.replace(this.#type, body, { subresource: "status" }));
    } catch (error) {
      if (mayBeDone(error)) throw failure(error, { before, after: toUser({ ...object, status }) });
      // Of a change in two writes the first is stored.
      const after = toUser(object);
      throw failure(error, before && before.version !== after.version ? { before, after } : undefined);
    }
  }

  /** The object that a user was read from. It is the one whose resourceVersion the write must carry. */
  #objectOf(user: User): OrganizationUser {
    const object = objects.get(user) ?? this.#cache.get(user.ref);
    if (object?.metadata.resourceVersion !== user.version)
      throw new StaleUserError(`${user.ref} has changed since it was read.`);
    return object;
  }

  #by(index: keyof typeof userIndexes, value: string): OrganizationUser[] {
    return this.#cache.by(index, value);
  }

  #seen(object: OrganizationUser): User {
    this.#cache.observe(object);
    const user = toUser(object);
    objects.set(user, object);
    return user;
  }
}

/** Users one by one, so that many of them keep nobody else waiting. */
async function* usersOf(objects: Iterable<OrganizationUser>): AsyncGenerator<User> {
  for (const object of objects) {
    yield toUser(object);
    await letOthersRun();
  }
}

/** Objects that were read past the cache, by the user that was made of them. */
const objects = new WeakMap<User, OrganizationUser>();

/** What is written of an account that was made a moment ago. */
function firstChange(user: NewUser): UserChange {
  const { access, signedInAt: at } = user;
  const cause = creationCause(user);
  if (at === undefined) return { access, cause };
  return { access, cause, signIns: [{ at, outcome: "Admitted", reason: access.reason }] };
}

function split(key: string): { namespace: string; name: string } {
  const [namespace = "", name = ""] = key.split("/");
  return { namespace, name };
}

/** The API server's reason, where it has answered. */
function reasonOf(error: unknown): string | undefined {
  return error instanceof ApiError ? error.reason : undefined;
}

/** What to throw for a write that has failed with this. @param perhaps what of it may be stored all the same */
function failure(cause: unknown, perhaps: PerhapsStored | undefined): StaleUserError | StoreError {
  const reason = reasonOf(cause);
  if (reason !== "Conflict" && reason !== "NotFound") return unavailable(cause, perhaps);
  return new StaleUserError("The account has changed since it was read.", { cause, perhaps });
}

function unavailable(cause: unknown, perhaps?: PerhapsStored): StoreError {
  return new StoreError("The Kubernetes API could not be read or written.", { cause, perhaps });
}
