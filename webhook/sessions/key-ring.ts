import { createSecretKey, hkdfSync, type KeyObject, randomBytes } from "node:crypto";
import { z } from "zod";

/** A key as the Secret holds it. */
export interface StoredKey {
  readonly id: string;
  /** 32 random bytes, base64url. */
  readonly key: string;
  /** ms since 1970 */
  readonly createdAt: number;
}

/** A key as it is used: one derived key for each purpose, so that nothing made for one passes for another. */
export interface SessionKey {
  readonly id: string;
  readonly createdAt: number;
  /** Signs session cookies. */
  readonly signing: KeyObject;
  /** Encrypts what a sign-in under way has to remember. */
  readonly sealing: KeyObject;
}

const storedKeys = z.array(
  z.object({
    id: z.string().regex(/^[\w-]{8,32}$/),
    key: z.string().regex(/^[\w-]{43}$/),
    createdAt: z.number().positive(),
  }),
);

/** Times by which keys come and go, in ms. */
export interface KeyTimes {
  /** A key is followed by a new one after this time. */
  readonly rotateAfterMs: number;
  /** A new key is used after this time only, so that every replica has read it before it meets it. */
  readonly settleMs: number;
  /** Nothing that a key has signed or sealed is accepted after this time. */
  readonly longestUseMs: number;
}

/** Keys as the Secret's text; undefined when it isn't that. */
export function parseKeys(text: string): StoredKey[] | undefined {
  try {
    const keys = storedKeys.parse(JSON.parse(text)).sort((a, b) => a.createdAt - b.createdAt);
    return keys.length > 0 ? keys : undefined;
  } catch {
    return undefined; // what to do about it depends on whose Secret it is
  }
}

export function formatKeys(keys: readonly StoredKey[]): string {
  return JSON.stringify(keys);
}

export function newKey(now: number): StoredKey {
  return {
    id: randomBytes(9).toString("base64url"),
    key: randomBytes(32).toString("base64url"),
    createdAt: now,
  };
}

/**
 * The keys after a rotation that is due: a new one, and without those that nothing can depend on any more.
 * @param keys oldest first
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

/** The keys, derived and ready for use. Immutable: a change of the Secret makes a new ring. */
export class KeyRing {
  readonly #keys: readonly SessionKey[];
  readonly #byID: ReadonlyMap<string, SessionKey>;
  readonly #settleMs: number;

  /** @param stored at least one, oldest first */
  constructor(stored: readonly [StoredKey, ...StoredKey[]], settleMs: number) {
    this.#keys = stored.map(derived);
    this.#byID = new Map(this.#keys.map((key) => [key.id, key]));
    this.#settleMs = settleMs;
  }

  find(id: string): SessionKey | undefined {
    return this.#byID.get(id);
  }

  /** The key to sign with: the newest that every replica knows by now, or the only one there is. */
  current(now: number): SessionKey {
    const [oldest] = this.#keys;
    const settled = this.#keys.findLast(({ createdAt }) => now - createdAt >= this.#settleMs);
    const key = settled ?? oldest;
    if (!key) throw new RangeError("A key ring holds one key at least.");
    return key;
  }
}

function derived({ id, key, createdAt }: StoredKey): SessionKey {
  const secret = Buffer.from(key, "base64url");
  // A KeyObject is several times faster than the same bytes.
  const derive = (purpose: string): KeyObject =>
    createSecretKey(new Uint8Array(hkdfSync("sha256", secret, "", `okta-role-operator ${purpose} v1`, 32)));
  return { id, createdAt, signing: derive("session"), sealing: derive("login") };
}
