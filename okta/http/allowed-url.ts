import { UrlNotAllowedError } from "./http-errors.ts";

/**
 * A URL that may be called.
 * @throws UrlNotAllowedError
 */
export function allowedUrl(url: string | URL): URL {
  const parsed = typeof url === "string" ? URL.parse(url) : url;
  if (!parsed) throw new UrlNotAllowedError("Something that isn't a URL");
  const allowed =
    parsed.protocol === "https:" || (parsed.protocol === "http:" && isLoopback(parsed.hostname));
  if (!allowed || parsed.username !== "" || parsed.password !== "")
    throw new UrlNotAllowedError(`${parsed.protocol}//${parsed.host}`);
  return parsed;
}

/** Whether a URL's host name is this machine itself. */
function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(hostname);
}
