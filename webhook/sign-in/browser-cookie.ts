import { randomBytes } from "node:crypto";
import { type CookieStyle, readCookie, setCookie } from "../sessions/cookies.ts";

/** A month: it binds sign-ins that take minutes, and is as good as new afterwards. */
const MAX_AGE_S = 30 * 24 * 3_600;

/**
 * The one cookie that all sign-ins of a browser share. It says nothing but which browser this is: what one has begun no
 * other can finish. Made once and kept, so that twenty sign-ins at once need one.
 */
export class BrowserCookie {
  readonly #name: string;
  readonly #secure: boolean;

  constructor({ hostPrefix, secure }: CookieStyle) {
    this.#name = `${hostPrefix}okta-role-browser`;
    this.#secure = secure;
  }

  /** Undefined: none, or none of ours. */
  read(cookieHeader: string | undefined): string | undefined {
    const value = readCookie(cookieHeader, this.#name);
    return value !== undefined && /^[\w-]{22}$/.test(value) ? value : undefined;
  }

  make(): { browser: string; setCookie: string } {
    const browser = randomBytes(16).toString("base64url");
    return {
      browser,
      setCookie: setCookie(this.#name, browser, { secure: this.#secure, maxAgeS: MAX_AGE_S }),
    };
  }
}
