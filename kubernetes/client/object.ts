/** Says which object owns another, as in `metadata.ownerReferences`. */
export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

/** The part of `metadata` that controllers use. Times are RFC 3339 strings, as the API server sends them. */
export interface ObjectMeta {
  name: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  finalizers?: string[];
  ownerReferences?: OwnerReference[];
}

/** Any object of the Kubernetes API. */
export interface KubernetesObject {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
}

/**
 * Whether this is an object of the API. Only what everything relies on is looked at: the API server has checked the rest
 * against its type's schema before it stored the object.
 */
export function isKubernetesObject<T extends KubernetesObject>(value: unknown): value is T {
  return isRecord(value) && isRecord(value.metadata);
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/** An object's namespace and name; a cluster-scoped object has no namespace. */
export interface ObjectName {
  namespace?: string | undefined;
  name: string;
}

/** "namespace/name", or "name" for a cluster-scoped object: what queues and caches know objects by. */
export type ObjectKey = string;

/** The key of an object, or of a namespace and name. */
export function keyOf(object: { metadata: ObjectName } | ObjectName): ObjectKey {
  const { namespace, name } = "metadata" in object ? object.metadata : object;
  // Joined, not concatenated: V8 keeps a concatenated string together with its parts.
  return namespace ? [namespace, name].join("/") : name;
}

/** The namespace and name in a key. The namespace is "" for a cluster-scoped object. */
export function splitKey(key: ObjectKey): { namespace: string; name: string } {
  const slash = key.indexOf("/");
  return slash < 0
    ? { namespace: "", name: key }
    : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

/**
 * Orders two resourceVersions of one resource type: negative when `a` is older, 0 when equal, positive when newer.
 * They are decimal integers of any length (Kubernetes API Concepts, "Resource versions"; KEP-5504), so the longer one
 * is the greater one. A missing one is older than any.
 */
export function compareResourceVersions(a = "", b = ""): number {
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : a > b ? 1 : 0;
}
