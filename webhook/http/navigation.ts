import type { IncomingHttpHeaders } from "node:http";

const PLACES = new Set(["document", "iframe", "frame", "embed", "object"]);

/**
 * Whether a person goes somewhere with this request, as against a program, or a page that loads something: only then is it
 * any use to send them to Okta. Browsers say so themselves (Fetch Metadata); of those that don't, whoever takes a page goes
 * somewhere.
 */
export function isNavigation(method: string, headers: IncomingHttpHeaders): boolean {
  if (method !== "GET") return false;
  const purposes = [headers["sec-purpose"], headers.purpose, headers["x-moz"]].flat();
  if (purposes.some((purpose) => purpose !== undefined && /prefetch|prerender|preview/i.test(purpose)))
    return false;
  const { "sec-fetch-mode": mode, "sec-fetch-dest": place } = headers;
  if (mode !== undefined || place !== undefined)
    return (mode === undefined || mode === "navigate") && (place === undefined || PLACES.has(String(place)));
  if (headers.upgrade !== undefined || headers["x-requested-with"] !== undefined) return false;
  return /\btext\/html\b/i.test(headers.accept ?? "");
}
