import { randomBytes } from "node:crypto";
import { z } from "zod";

/** A key as the Secret holds it. */
export interface StoredKey {
  readonly id: string;
  /** 32 random bytes, base64url. */
  readonly key: string;
  /** ms since 1970 */
  readonly createdAt: number;
}

const storedKeys = z.array(
  z.object({
    id: z.string().regex(/^[\w-]{8,32}$/),
    key: z.string().regex(/^[\w-]{43}$/),
    createdAt: z.number().positive(),
  }),
);

/** The Secret's text as keys, oldest first; undefined when it isn't that. */
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

/** @param now ms since 1970 */
export function newKey(now: number): StoredKey {
  return {
    id: randomBytes(9).toString("base64url"),
    key: randomBytes(32).toString("base64url"),
    createdAt: now,
  };
}
