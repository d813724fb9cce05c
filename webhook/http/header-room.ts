import type { Response } from "express";

/**
 * Bytes that the headers of an answer may take. nginx takes 4 KiB of them unless told otherwise, and what is above is a 502
 * for the person.
 */
const MAX_HEADER_BYTES = 3_500;

/** What a redirect has besides its address and what is set already: status, date, connection, and what keeps it harmless. */
const REDIRECT_BYTES = 420;
/** What a page has: its Content-Security-Policy as well. */
const PAGE_BYTES = 720;

/**
 * Bytes that are left for more headers of an answer.
 * @param location where it redirects to, unless it is a page
 */
export function headerRoom(res: Response, location?: string): number {
  let bytes = location === undefined ? PAGE_BYTES : REDIRECT_BYTES + Buffer.byteLength(location);
  for (const [name, value] of Object.entries(res.getHeaders()))
    for (const line of [value].flat())
      bytes += name.length + Buffer.byteLength(String(line ?? "")) + ": \r\n".length;
  return MAX_HEADER_BYTES - bytes;
}
