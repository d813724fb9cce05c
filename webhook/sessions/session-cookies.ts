import { createHash } from "node:crypto";
import { LRUCache } from "lru-cache";
import {
  type CookieOptions,
  type CookieStyle,
  clearCookie,
  cookiesWithPrefix,
  readCookie,
  setCookie,
} from "./cookies.ts";

/** A session cookie as the browser sent it. Nothing of it is verified yet. */
export interface SessionCookie {
  readonly name: string;
  readonly token: string;
}

/** Of an organization's uid, in a cookie's name: 48 bits. */
const DIGEST_CHARACTERS = 8;

/** Session cookies of one browser that are looked at. Ours are never as many: see `MOST_CHARACTERS`. */
const MOST_READ = 16;

/**
 * Characters that the session cookies of one browser may take, names included, in every request: four of the longest, or
 * seven of the usual ones. With all that a sign-in needs besides they stay below half of what servers and proxies take.
 */
export const MOST_CHARACTERS = 2_000;

/**
 * One session cookie for each organization, so that somebody can be signed in at several at once in one browser. Its name
 * is derived from the organization: whoever guards an application asks for the organization, and only that cookie counts.
 */
export class SessionCookies {
  /** The cookie of 0.1.0, which knew one session in a browser. It is read until the last of them has expired. */
  readonly v1: string;
  readonly #options: CookieOptions;
  readonly #names = new LRUCache<string, string>({ max: 1_000 });

  constructor({ hostPrefix, securePrefix, secure, domain }: CookieStyle) {
    // Of several hosts, none can vouch for a cookie: the prefix of the strictest kind isn't for these.
    this.v1 = `${domain === undefined ? hostPrefix : securePrefix}okta-role-session`;
    this.#options = { secure, domain };
  }

  /** @param organizationID the organization's uid */
  nameOf(organizationID: string): string {
    let name = this.#names.get(organizationID);
    if (name === undefined) {
      const digest = createHash("sha256").update(organizationID).digest("base64url");
      name = `${this.v1}-${digest.slice(0, DIGEST_CHARACTERS)}`;
      this.#names.set(organizationID, name);
    }
    return name;
  }

  /**
   * The session cookies in a request.
   * @param organizationID only those that may be of this organization; one of 0.1.0 may be of any
   */
  read(header: string | undefined, organizationID?: string): SessionCookie[] {
    const cookies: SessionCookie[] = [];
    if (organizationID !== undefined) {
      for (const name of [this.nameOf(organizationID), this.v1]) {
        const token = readCookie(header, name);
        if (token) cookies.push({ name, token });
      }
      return cookies;
    }
    for (const [name, token] of cookiesWithPrefix(header, this.v1)) {
      const isOurs = name.length === this.v1.length || name.length === this.v1.length + 1 + DIGEST_CHARACTERS;
      if (isOurs && token !== "" && cookies.length < MOST_READ) cookies.push({ name, token });
    }
    return cookies;
  }

  /** A Set-Cookie header. */
  set({ name, token }: SessionCookie, maxAgeS: number): string {
    return setCookie(name, token, { ...this.#options, maxAgeS });
  }

  /** A Set-Cookie header that removes a cookie. */
  clear(name: string): string {
    return clearCookie(name, this.#options);
  }
}
