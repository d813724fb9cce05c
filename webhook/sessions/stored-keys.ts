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

const storedKey = z.object({
  id: z.string().regex(/^[\w-]{8,32}$/),
  key: z.string().regex(/^[\w-]{43}$/),
  createdAt: z.number().positive(),
});

/** What the Secret's text says. */
export interface ParsedKeys {
  /** Those that can be read, oldest first. */
  readonly keys: readonly StoredKey[];
  /** The ids of entries that can't be read, "" where that can't be either; "all": it is text, and no list. */
  readonly broken: "all" | readonly string[];
}

export function parseKeys(text: string): ParsedKeys {
  const entries = listIn(text);
  if (!entries) return { keys: [], broken: "all" };
  const keys: StoredKey[] = [];
  const broken: string[] = [];
  for (const entry of entries) {
    const { data } = storedKey.safeParse(entry);
    if (data) keys.push(data);
    else broken.push(idOf(entry));
  }
  return { keys: oldestFirst(keys), broken };
}

/**
 * The keys with what can't be read put back as it was, as far as somebody knows. What isn't there at all stays gone: it may
 * have been taken out.
 * @param known as they were read before
 */
export function mendedKeys({ keys, broken }: ParsedKeys, known: readonly StoredKey[]): readonly StoredKey[] {
  if (broken === "all") return known;
  const lost = new Set(broken);
  for (const { id } of keys) lost.delete(id);
  return oldestFirst([...keys, ...known.filter(({ id }) => lost.has(id))]);
}

function oldestFirst(keys: readonly StoredKey[]): StoredKey[] {
  return keys.toSorted((a, b) => a.createdAt - b.createdAt);
}

function listIn(text: string): readonly unknown[] | undefined {
  if (text.trim() === "") return [];
  try {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) ? list : undefined;
  } catch {
    return undefined; // what to do about it depends on what is known besides
  }
}

function idOf(entry: unknown): string {
  return z.object({ id: storedKey.shape.id }).safeParse(entry).data?.id ?? "";
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
