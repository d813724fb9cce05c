import { randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { pino } from "pino";
import { organizationUsers } from "../../../../crds/resources.ts";
import type { OrganizationUser } from "../../../../crds/types.ts";
import {
  KubernetesStore,
  type KubernetesStoreOptions,
} from "../../../../identity/stores/kubernetes/kubernetes-store.ts";
import { userIndexes } from "../../../../identity/stores/kubernetes/user-indexes.ts";
import { apiError } from "../../../../kubernetes/client/errors.ts";
import { Cache, type Client, ConnectionError } from "../../../../kubernetes/index.ts";

type Calls = KubernetesStoreOptions["client"];
type Call = keyof Calls;

const log = pino({ level: "silent" });
const notWatching = { watchConnection: () => ({}) } as unknown as Client; // whoever doesn't run a cache needs no more

/**
 * What an API server does with OrganizationUsers, as far as writers depend on it: resourceVersions, a status that is
 * written by itself, a generation that counts specs. For answers that no real one gives when it is asked to.
 */
export class ClusterInMemory {
  readonly #objects = new Map<string, OrganizationUser>();
  readonly #caches = new Set<Cache<OrganizationUser>>();
  readonly #fates: { readonly call: Call; readonly isDone: boolean; readonly error: Error; after: number }[] =
    [];
  /** How old what is known of the namespace is. */
  ageMs = 0;
  #version = 0;

  /** A replica's store with a cache of its own, which hears of what others write at once. */
  store(options: Partial<KubernetesStoreOptions> = {}): KubernetesStore {
    const cache = new Cache({
      ...{ client: notWatching, type: organizationUsers, namespaces: ["acme"], indexes: userIndexes, log },
    });
    cache.freshness = (namespace) => (namespace === "acme" ? this.ageMs : Number.POSITIVE_INFINITY);
    for (const object of this.#objects.values()) cache.observe(object);
    this.#caches.add(cache);
    return new KubernetesStore({ client: this.#client(cache), cache, type: organizationUsers, ...options });
  }

  /** Somebody writes an object, as `kubectl apply` does. */
  write(object: OrganizationUser): OrganizationUser {
    const known = this.#objects.get(keyOf(object));
    const written = this.#put({ ...object, ...(known?.status ? { status: known.status } : {}) }, known);
    for (const cache of this.#caches) cache.observe(structuredClone(written));
    return written;
  }

  read(ref: string): OrganizationUser | undefined {
    return this.#objects.get(ref);
  }

  delete(ref: string): void {
    this.#objects.delete(ref);
  }

  /**
   * The next call of this kind fails like that.
   * @param after so many of them don't. @param isDone it is carried out all the same
   */
  fail(call: Call, error: Error, { isDone = false, after = 0 } = {}): void {
    this.#fates.push({ call, isDone, error, after });
  }

  #client(own: Cache<OrganizationUser>): Calls {
    const call = async (name: Call, act: () => OrganizationUser): Promise<never> => {
      const next = this.#fates.findIndex((fate) => fate.call === name && fate.after-- === 0);
      const [fate] = next < 0 ? [] : this.#fates.splice(next, 1);
      if (fate && !fate.isDone) throw fate.error;
      const object = act();
      if (fate) throw fate.error;
      if (name !== "get")
        for (const cache of this.#caches) if (cache !== own) cache.observe(structuredClone(object));
      return structuredClone(object) as never; // what type it is, is the caller's to say
    };
    return {
      get: (_type, name) => call("get", () => this.#found(String(name))),
      create: (_type, draft) => call("create", () => this.#create(draft as unknown as OrganizationUser)),
      replace: (_type, object, options) =>
        call("replace", () => this.#replace(object as unknown as OrganizationUser, options?.subresource)),
    };
  }

  #found(ref: string): OrganizationUser {
    const object = this.#objects.get(ref);
    if (!object) throw refusal(404, "NotFound");
    return object;
  }

  #create(object: OrganizationUser): OrganizationUser {
    if (this.#objects.has(keyOf(object))) throw refusal(409, "AlreadyExists");
    const { status: _, ...rest } = object;
    return this.#put(rest, undefined);
  }

  #replace(object: OrganizationUser, subresource: string | undefined): OrganizationUser {
    const known = this.#found(keyOf(object));
    const { resourceVersion, uid } = object.metadata;
    if (resourceVersion !== known.metadata.resourceVersion) throw refusal(409, "Conflict");
    if (uid !== known.metadata.uid) throw refusal(409, "Conflict");
    const { status, ...rest } = known;
    const next = subresource === "status" ? object.status : status;
    const { spec } = subresource === "status" ? known : object;
    return this.#put({ ...rest, spec, ...(next ? { status: next } : {}) }, known);
  }

  #put(object: OrganizationUser, known: OrganizationUser | undefined): OrganizationUser {
    const isSame = isDeepStrictEqual({ ...object, metadata: 0 }, { ...known, metadata: 0 });
    const isSameSpec = isDeepStrictEqual(object.spec, known?.spec);
    const { generation = 0, uid = randomUUID(), annotations } = known?.metadata ?? {};
    const asked = object.metadata.annotations ?? annotations;
    if (known && isSame && isDeepStrictEqual(asked, annotations)) return known;
    const put = structuredClone({
      ...object,
      metadata: {
        ...object.metadata,
        ...(asked ? { annotations: asked } : {}),
        uid,
        generation: isSameSpec ? generation : generation + 1,
        resourceVersion: String(++this.#version),
      },
    });
    this.#objects.set(keyOf(put), put);
    return put;
  }
}

/** What an API server answers. */
export function refusal(status: number, reason: string, more: { repeated?: boolean } = {}): Error {
  return apiError("PUT /x", status, { reason }, more);
}

/** A connection that broke. @param sent the API server may have received the request */
export function broken(sent: boolean): Error {
  return new ConnectionError("the connection broke", { sent });
}

function keyOf({ metadata: { namespace = "", name = "" } }: OrganizationUser): string {
  return `${namespace}/${name}`;
}
