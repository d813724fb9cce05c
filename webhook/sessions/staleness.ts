import type { Cache, KubernetesObject } from "../../kubernetes/index.ts";

/**
 * Tells whether it is too long ago that one of these caches certainly knew everything in a namespace: then nobody knows
 * what was revoked there. Namespaces are independent: one that can't be read says nothing against the others.
 * @param maxStalenessMs how long that may be, in ms
 */
export function staleness(
  caches: readonly Pick<Cache<KubernetesObject>, "freshness">[],
  maxStalenessMs: number,
): (namespace: string) => boolean {
  return (namespace) => caches.some((cache) => cache.freshness(namespace) > maxStalenessMs);
}
