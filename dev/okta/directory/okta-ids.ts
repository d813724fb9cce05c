import { createHash, randomBytes } from "node:crypto";

const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const idLength = 20;

/** What an id stands for; Okta's ids begin with it. */
export type IdPrefix = "00u" | "00g" | "00o" | "0oa" | "00T" | "who" | "oae" | "oty" | "trs";

/** A new id in Okta's form: 20 characters, the first three of which tell the kind. */
export function randomId(prefix: IdPrefix): string {
  return prefix + letters(randomBytes(idLength - prefix.length));
}

/**
 * The id that a seeded object gets: the same for the same words, so that a restarted stand-in knows the same
 * people by the same `sub`.
 */
export function stableId(prefix: IdPrefix, ...words: string[]): string {
  const digest = createHash("sha256").update(words.join("\n")).digest();
  return prefix + letters(digest.subarray(0, idLength - prefix.length));
}

function letters(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => alphabet[byte % alphabet.length]).join("");
}
