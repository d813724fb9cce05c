import type { KubernetesObject, ObjectMeta } from "./object.ts";
import { resourceType } from "./resource-type.ts";

export interface Secret extends KubernetesObject {
  type?: string;
  immutable?: boolean;
  /** Base64. */
  data?: Record<string, string>;
}

export interface ConfigMap extends KubernetesObject {
  data?: Record<string, string>;
}

export interface Lease extends KubernetesObject {
  spec?: {
    holderIdentity?: string;
    leaseDurationSeconds?: number;
    leaseTransitions?: number;
    /** V1MicroTime: see times.ts. */
    acquireTime?: string;
    renewTime?: string;
  };
}

export interface ObjectReference {
  apiVersion?: string;
  kind?: string;
  namespace?: string;
  name?: string;
  uid?: string;
  resourceVersion?: string;
}

/** events.k8s.io/v1 */
export interface Event extends KubernetesObject {
  eventTime: string;
  reportingController: string;
  reportingInstance: string;
  action: string;
  reason: string;
  type: "Normal" | "Warning";
  note?: string;
  regarding?: ObjectReference;
  related?: ObjectReference;
  series?: { count: number; lastObservedTime: string };
}

/** Never stored: created to ask whose token it is; the answer is in `status`. */
export interface TokenReview extends KubernetesObject {
  metadata: ObjectMeta;
  spec: { token: string; audiences?: string[] };
  status?: {
    authenticated?: boolean;
    audiences?: string[];
    error?: string;
    user?: { username?: string; uid?: string; groups?: string[]; extra?: Record<string, string[]> };
  };
}

/** Never stored: created to ask whether somebody may do something; the answer is in `status`. */
export interface SubjectAccessReview extends KubernetesObject {
  metadata: ObjectMeta;
  spec: {
    user: string;
    uid?: string;
    groups?: readonly string[];
    extra?: Readonly<Record<string, readonly string[]>>;
    resourceAttributes: { verb: string; group: string; resource: string; namespace: string; name?: string };
  };
  status?: { allowed?: boolean; denied?: boolean; reason?: string; evaluationError?: string };
}

export const secrets = resourceType<Secret>({ group: "", version: "v1", kind: "Secret", plural: "secrets" });

export const configMaps = resourceType<ConfigMap>({
  group: "",
  version: "v1",
  kind: "ConfigMap",
  plural: "configmaps",
});

export const leases = resourceType<Lease>({
  group: "coordination.k8s.io",
  version: "v1",
  kind: "Lease",
  plural: "leases",
});

export const events = resourceType<Event>({
  group: "events.k8s.io",
  version: "v1",
  kind: "Event",
  plural: "events",
});

export const tokenReviews = resourceType<TokenReview>({
  group: "authentication.k8s.io",
  version: "v1",
  kind: "TokenReview",
  plural: "tokenreviews",
  namespaced: false,
});

export const subjectAccessReviews = resourceType<SubjectAccessReview>({
  group: "authorization.k8s.io",
  version: "v1",
  kind: "SubjectAccessReview",
  plural: "subjectaccessreviews",
  namespaced: false,
});
