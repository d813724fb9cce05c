/** How this webhook writes its cookies. One for the whole process: it follows from the base URL. */
export interface CookieStyle {
  /** `__Host-`: no other host, not even a subdomain, can have set such a cookie (RFC 6265bis, 4.1.3.2). */
  readonly hostPrefix: "__Host-" | "";
  /** For cookies of one path only, which `__Host-` doesn't allow. */
  readonly securePrefix: "__Secure-" | "";
  readonly secure: boolean;
  /** Whose hosts get the cookies of sessions, where that isn't the webhook's alone. */
  readonly domain?: string;
}

/**
 * @param baseURL https, or http on this machine itself, where browsers take neither prefix nor Secure
 * @param domain of the base URL's host, whose other hosts get the cookies of sessions, too
 */
export function cookieStyle(baseURL: string, domain?: string): CookieStyle {
  const style =
    new URL(baseURL).protocol === "https:"
      ? ({ hostPrefix: "__Host-", securePrefix: "__Secure-", secure: true } as const)
      : ({ hostPrefix: "", securePrefix: "", secure: false } as const);
  return { ...style, ...(domain === undefined ? {} : { domain }) };
}

export interface CookieOptions {
  readonly secure: boolean;
  readonly path?: string;
  readonly domain?: string | undefined;
}

/** A Set-Cookie header for a cookie that scripts can't read and other sites' forms don't send. */
export function setCookie(
  name: string,
  value: string,
  { secure, maxAgeS, path = "/", domain }: CookieOptions & { readonly maxAgeS: number },
): string {
  const of = domain === undefined ? "" : `; Domain=${domain}`;
  return `${name}=${value}; Path=${path}${of}; Max-Age=${maxAgeS}; HttpOnly; SameSite=Lax${secure ? "; Secure" : ""}`;
}

/** A Set-Cookie header that removes a cookie. */
export function clearCookie(name: string, options: CookieOptions): string {
  return setCookie(name, "", { ...options, maxAgeS: 0 });
}

/**
 * The value of one cookie. Our values are base64url, dots and the like: nothing is decoded.
 * Runs on every request of an application behind us, so that it looks for one name and parses nothing else.
 */
export function readCookie(header: string | undefined, name: string): string | undefined {
  if (header === undefined) return undefined;
  let start = 0;
  while (start < header.length) {
    const at = header.indexOf(name, start);
    if (at < 0) return undefined;
    const after = at + name.length;
    if (header[after] === "=" && startsCookie(header, at)) {
      const end = header.indexOf(";", after);
      return header.slice(after + 1, end < 0 ? undefined : end).trim();
    }
    start = after;
  }
  return undefined;
}

/**
 * All cookies whose name starts like this, in the order in which the browser sent them; of two with one name the first.
 * As `readCookie`, it looks for these names alone.
 */
export function cookiesWithPrefix(header: string | undefined, prefix: string): Map<string, string> {
  const cookies = new Map<string, string>();
  if (header === undefined) return cookies;
  let at = header.indexOf(prefix);
  while (at >= 0) {
    const end = header.indexOf(";", at);
    const pair = header.slice(at, end < 0 ? undefined : end);
    const equals = pair.indexOf("=");
    if (equals > 0 && startsCookie(header, at)) {
      const name = pair.slice(0, equals).trimEnd();
      if (!cookies.has(name)) cookies.set(name, pair.slice(equals + 1).trim());
    }
    at = end < 0 ? -1 : header.indexOf(prefix, end);
  }
  return cookies;
}

/** Whether a name begins here, and not within another cookie's name or value. */
function startsCookie(header: string, at: number): boolean {
  let before = at - 1;
  while (header[before] === " ") before--;
  return before < 0 || header[before] === ";";
}
