import { createHash } from "node:crypto";
import type { Request, Response } from "express";

/**
 * The ETag of an answer: the same for as long as the answer says the same. A weak one, since nobody promises the bytes.
 * @param parts what the answer follows from
 */
export function etagOf(...parts: readonly string[]): string {
  const digest = createHash("sha256").update(JSON.stringify(parts)).digest("base64url");
  return `W/"${digest.slice(0, 22)}"`;
}

/**
 * Sets the ETag, and says whether whoever asks has this answer already (RFC 9110, section 13.1.2). `*` isn't taken for
 * that: it asks for nothing but what is there.
 */
export function isKnown(req: Request, res: Response, etag: string): boolean {
  res.setHeader("ETag", etag);
  const known = req.headers["if-none-match"]?.split(",").map((one) => one.trim().replace(/^W\//, "")) ?? [];
  return known.includes(etag.replace(/^W\//, ""));
}
