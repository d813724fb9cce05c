import { randomUUID } from "node:crypto";
import { pino } from "pino";
import { organizationUsers } from "../../crds/resources.ts";
import type { OrganizationUser } from "../../crds/types.ts";
import {
  KubernetesStore,
  type KubernetesStoreOptions,
} from "../../identity/stores/kubernetes/kubernetes-store.ts";
import { userIndexes } from "../../identity/stores/kubernetes/user-indexes.ts";
import {
  AlreadyExistsError,
  Cache,
  type Client,
  ConflictError,
  keyOf,
  NotFoundError,
} from "../../kubernetes/index.ts";

/** What a program that is killed would have seen next. */
export class KilledError extends Error {}

/**
 * The store over objects in memory, for tests that begin a thousand times with the same people. What it does of the
 * Kubernetes API is what the store needs: versions, generations, a status of its own. The real one is tested with the real
 * API, in store-conformance.
 * @param dies from its nth write on, counted since it was last set, as if killed: see {@link KilledError}
 */
export function memoryStore(namespace: string, dies: { atWrite?: number } = {}): KubernetesStore {
  const objects = new Map<string, OrganizationUser>();
  let version = 0;
  let writes = 0;
  /** Whoever is killed at a write has no answer to it, and writes nothing after it. */
  const alive = (): void => {
    if (dies.atWrite !== undefined && ++writes >= dies.atWrite) throw new KilledError("killed");
  };
  const cache = new Cache<OrganizationUser>({
    client: { watchConnection: () => ({}) } as unknown as Client, // nobody runs it
    type: organizationUsers,
    namespaces: [namespace],
    indexes: userIndexes,
    log: pino({ level: "silent" }),
  });
  const stored = (object: OrganizationUser): OrganizationUser => {
    const copy = structuredClone({
      ...object,
      metadata: { ...object.metadata, resourceVersion: `${++version}` },
    });
    objects.set(keyOf(copy), copy);
    cache.observe(structuredClone(copy));
    return structuredClone(copy);
  };
  const found = (key: string): OrganizationUser => {
    const object = objects.get(key);
    if (!object) throw new NotFoundError(`no ${key}`, { status: 404, reason: "NotFound" });
    return object;
  };
  const client = {
    get: async (_type: unknown, ref: string) => structuredClone(found(ref)),
    create: async (_type: unknown, object: OrganizationUser) => {
      alive();
      if (objects.has(keyOf(object)))
        throw new AlreadyExistsError(`${keyOf(object)} is there`, { status: 409, reason: "AlreadyExists" });
      return stored({ ...object, metadata: { ...object.metadata, uid: randomUUID(), generation: 1 } });
    },
    replace: async (_type: unknown, object: OrganizationUser, options?: { subresource?: string }) => {
      alive();
      const before = found(keyOf(object));
      if (object.metadata.resourceVersion !== before.metadata.resourceVersion)
        throw new ConflictError(`${keyOf(object)} has changed`, { status: 409, reason: "Conflict" });
      if (options?.subresource === "status")
        return stored({ ...before, status: object.status } as OrganizationUser);
      const generation = (before.metadata.generation ?? 1) + 1;
      return stored({
        ...object,
        status: before.status,
        metadata: { ...before.metadata, generation },
      } as OrganizationUser);
    },
  };
  return new KubernetesStore({
    client: client as unknown as KubernetesStoreOptions["client"],
    cache,
    type: organizationUsers,
  });
}
