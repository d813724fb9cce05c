import type { KubernetesObject, ObjectName } from "./object.ts";

/** Where objects of type T are found in the API. Make one with {@link resourceType}. */
export interface ResourceType<T extends KubernetesObject = KubernetesObject> {
  /** "" for the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  /** Lower-case plural, as in URLs and RBAC rules. */
  readonly plural: string;
  readonly namespaced: boolean;
  /** `group/version`, or `version` in the core group. */
  readonly apiVersion: string;
  /** Never present: it lets TypeScript infer T. */
  readonly phantom?: T;
}

/**
 * Describes a resource type; `namespaced` is true unless said otherwise.
 *
 *     const widgets = resourceType<Widget>({group: "example.com", version: "v1", kind: "Widget", plural: "widgets"});
 */
export function resourceType<T extends KubernetesObject>(type: {
  group: string;
  version: string;
  kind: string;
  plural: string;
  namespaced?: boolean;
}): ResourceType<T> {
  return Object.freeze({
    ...type,
    namespaced: type.namespaced ?? true,
    apiVersion: type.group ? `${type.group}/${type.version}` : type.version,
  });
}

/** The URL path of a collection: of one namespace, or of the whole cluster without one. */
export function collectionPath(type: ResourceType, namespace?: string): string {
  const root = type.group ? `/apis/${type.group}/${type.version}` : `/api/${type.version}`;
  return namespace && type.namespaced
    ? `${root}/namespaces/${segment(namespace)}/${type.plural}`
    : `${root}/${type.plural}`;
}

/** The URL path of one object or of a subresource of it, such as "status". Throws a TypeError on an impossible name. */
export function objectPath(
  type: ResourceType,
  { namespace, name }: ObjectName,
  subresource?: string,
): string {
  if (type.namespaced && !namespace) {
    throw new TypeError(`${type.kind} "${name}" needs a namespace: pass "namespace/name"`);
  }
  const path = `${collectionPath(type, namespace)}/${segment(name)}`;
  return subresource ? `${path}/${subresource}` : path;
}

/** One path segment. The API server's own rule for names in paths: not ".", "..", and no "/" or "%". */
function segment(name: string): string {
  if (name === "" || name === "." || name === ".." || /[/%]/.test(name)) {
    throw new TypeError(`"${name}" can't be the name of a Kubernetes object`);
  }
  return encodeURIComponent(name);
}
