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
