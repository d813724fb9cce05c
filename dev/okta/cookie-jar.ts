interface Cookie {
  name: string;
  value: string;
  path: string;
  secure: boolean;
  /** Milliseconds since 1970; undefined: as long as the jar. */
  expires: number | undefined;
}

/**
 * The cookies of one browser, as far as sign-ins need them (RFC 6265): by host name without the port, path,
 * Secure, expiry, and the `__Host-` prefix. No Domain attribute, no public suffixes.
 */
export class CookieJar {
  readonly #hosts = new Map<string, Map<string, Cookie>>();

  /** Takes in the Set-Cookie headers of an answer from this URL. */
  store(url: URL, headers: readonly string[]): void {
    for (const header of headers) {
      const cookie = parseCookie(header, url);
      if (!cookie || !accepts(cookie, url)) continue;
      const cookies = this.#hosts.get(url.hostname) ?? new Map<string, Cookie>();
      this.#hosts.set(url.hostname, cookies);
      const key = `${cookie.name};${cookie.path}`;
      if (cookie.expires !== undefined && cookie.expires <= Date.now()) cookies.delete(key);
      else cookies.set(key, cookie);
    }
  }

  /** The Cookie header for a request to this URL; undefined: none. */
  header(url: URL): string | undefined {
    const pairs = this.#sent(url).map(({ name, value }) => `${name}=${value}`);
    return pairs.length > 0 ? pairs.join("; ") : undefined;
  }

  /** The value of a cookie that would be sent to this URL. */
  get(url: URL | string, name: string): string | undefined {
    return this.#sent(new URL(url)).find((cookie) => cookie.name === name)?.value;
  }

  /** Forgets all cookies of a host, or all there are. */
  clear(hostname?: string): void {
    if (hostname === undefined) this.#hosts.clear();
    else this.#hosts.delete(hostname);
  }

  /** Longer paths first, as browsers do. */
  #sent(url: URL): Cookie[] {
    const now = Date.now();
    return [...(this.#hosts.get(url.hostname)?.values() ?? [])]
      .filter(
        ({ path, secure, expires }) =>
          isBelow(url.pathname, path) &&
          (!secure || isTrustworthy(url)) &&
          (expires === undefined || expires > now),
      )
      .sort((a, b) => b.path.length - a.path.length);
  }
}

function parseCookie(header: string, url: URL): Cookie | undefined {
  const [pair = "", ...attributes] = header.split(";");
  const at = pair.indexOf("=");
  if (at < 1) return undefined;
  const cookie: Cookie = {
    name: pair.slice(0, at).trim(),
    value: pair.slice(at + 1).trim(),
    path: defaultPath(url),
    secure: false,
    expires: undefined,
  };
  let maxAge: number | undefined;
  for (const attribute of attributes) {
    const [name = "", value = ""] = attribute.split("=", 2).map((part) => part.trim());
    switch (name.toLowerCase()) {
      case "path":
        if (value.startsWith("/")) cookie.path = value;
        break;
      case "secure":
        cookie.secure = true;
        break;
      case "max-age":
        maxAge = Number(value);
        break;
      case "expires":
        cookie.expires = Date.parse(value);
        break;
    }
  }
  if (maxAge !== undefined) cookie.expires = Date.now() + maxAge * 1000;
  return cookie;
}

/** Browsers refuse Secure cookies over plain http, other than to loopback, and `__Host-` ones that aren't. */
function accepts({ name, secure, path }: Cookie, url: URL): boolean {
  if (secure && !isTrustworthy(url)) return false;
  return !name.startsWith("__Host-") || (secure && path === "/");
}

function isTrustworthy({ protocol, hostname }: URL): boolean {
  return (
    protocol === "https:" || hostname === "localhost" || hostname === "[::1]" || hostname.startsWith("127.")
  );
}

function isBelow(pathname: string, path: string): boolean {
  return pathname === path || pathname.startsWith(path.endsWith("/") ? path : `${path}/`);
}

function defaultPath({ pathname }: URL): string {
  const end = pathname.lastIndexOf("/");
  return end <= 0 ? "/" : pathname.slice(0, end);
}
