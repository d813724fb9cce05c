import { newKey, type StoredKey } from "./stored-keys.ts";

/** Times by which keys come and go, in ms. */
export interface KeyTimes {
  /** A key is followed by a new one after this time. */
  readonly rotateAfterMs: number;
  /** A new key is used after this time only, so that every replica has read it before it meets it. */
  readonly settleMs: number;
  /** Nothing that a key has signed or sealed is accepted after this time. */
  readonly longestUseMs: number;
}

/** The times that hold where nothing else is said. @param refreshMs how often a replica reads the keys, in ms */
export function usualTimes(refreshMs: number): KeyTimes {
  return {
    rotateAfterMs: 24 * 3_600_000,
    settleMs: 2 * refreshMs,
    // The longest that `spec.sessions.maxAge` can be.
    longestUseMs: 7 * 24 * 3_600_000,
  };
}

/**
 * The keys after a rotation that is due: a new one, and without those that nothing can depend on any more.
 * @param keys oldest first
 * @param now ms since 1970
 * @returns undefined when nothing is due
 */
export function rotated(keys: readonly StoredKey[], now: number, times: KeyTimes): StoredKey[] | undefined {
  const newest = keys.at(-1);
  if (newest && now - newest.createdAt < times.rotateAfterMs) return undefined;
  const kept = keys.filter((_, i) => {
    const successor = keys[i + 1];
    return !successor || now - successor.createdAt < times.settleMs + times.longestUseMs;
  });
  return [...kept, newKey(now)];
}

/**
 * The key to sign and seal with: the newest that every replica knows by now, or the oldest where none has settled yet.
 * @param keys oldest first
 * @param now ms since 1970
 */
export function keyInUse<Key extends Pick<StoredKey, "createdAt">>(
  keys: readonly [Key, ...Key[]],
  now: number,
  { settleMs }: Pick<KeyTimes, "settleMs">,
): Key {
  return keys.findLast(({ createdAt }) => now - createdAt >= settleMs) ?? keys[0];
}

/** For so long applications keep what is published, in ms: they are told so. */
export const PUBLISHED_MS = 5 * 60_000;

/**
 * A key signs assertions only when every application has read it since: what they keep, what replicas don't know yet, and
 * twice that for clocks and caches on the way.
 */
const KNOWN_AFTER_MS = 3 * PUBLISHED_MS;

/**
 * The key that signs assertions, and all that are published: the one before, whose last assertions are on their way, and
 * those to come.
 * @param keys oldest first
 * @param now ms since 1970
 */
export function published<Key extends Pick<StoredKey, "createdAt">>(
  keys: readonly [Key, ...Key[]],
  now: number,
): { current: Key; published: readonly Key[] } {
  const current = keyInUse(keys, now, { settleMs: KNOWN_AFTER_MS });
  return { current, published: keys.slice(Math.max(0, keys.indexOf(current) - 1)) };
}
