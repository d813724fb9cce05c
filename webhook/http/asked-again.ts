import type { Request } from "express";

/**
 * Where the same is asked for again: at the very address. Undefined where something was sent, as by a form: no link does that
 * again, but whoever goes back to the form.
 */
export function askedAgainAt({ method, path, originalUrl }: Request): string | undefined {
  if (method !== "GET" && method !== "HEAD") return undefined;
  const query = originalUrl.indexOf("?");
  return query < 0 ? path : `${path}${originalUrl.slice(query)}`;
}
