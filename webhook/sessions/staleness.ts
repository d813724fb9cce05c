import type { Cache, KubernetesObject } from "../../kubernetes/index.ts";

/** How long an answer on staleness is repeated, in ms: the question comes with every request. */
const REPEAT_MS = 100;

/**
 * Tells whether caches have not been heard of for too long to know what was revoked.
 * @param maxStalenessMs how old they may be, in ms
 */
export function staleness(
  caches: readonly Pick<Cache<KubernetesObject>, "freshness">[],
  maxStalenessMs: number,
): () => boolean {
  let askedAt = Number.NEGATIVE_INFINITY;
  let stale = true;
  return () => {
    const now = performance.now();
    if (now - askedAt < REPEAT_MS) return stale;
    askedAt = now;
    stale = caches.some((cache) => cache.freshness() > maxStalenessMs);
    return stale;
  };
}
