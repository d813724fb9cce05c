import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import type { SessionKey } from "./key-ring.ts";

const ALGORITHM = "aes-256-gcm";
const IV_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Encrypts and signs a small text, so that a browser can keep it for us without reading or changing it.
 * @param purpose what the text is for: it opens for the same purpose only
 */
export function seal(text: string, key: SessionKey, purpose: string): string {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv(ALGORITHM, key.sealing, iv);
  cipher.setAAD(Buffer.from(`${key.id} ${purpose}`));
  const sealed = Buffer.concat([iv, cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]);
  return `${key.id}.${sealed.toString("base64url")}`;
}

/** The text, or undefined when it wasn't sealed by this key for this purpose. */
export function open(sealed: string, key: SessionKey, purpose: string): string | undefined {
  const bytes = Buffer.from(sealed.slice(sealed.indexOf(".") + 1), "base64url");
  if (bytes.length < IV_BYTES + TAG_BYTES) return undefined;
  const decipher = createDecipheriv(ALGORITHM, key.sealing, bytes.subarray(0, IV_BYTES), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(Buffer.from(`${key.id} ${purpose}`));
  decipher.setAuthTag(bytes.subarray(bytes.length - TAG_BYTES));
  const text = decipher.update(bytes.subarray(IV_BYTES, bytes.length - TAG_BYTES));
  try {
    return Buffer.concat([text, decipher.final()]).toString("utf8");
  } catch {
    return undefined; // not ours, or changed on the way
  }
}
