import { type CookieStyle, readCookie, setCookie } from "../sessions/cookies.ts";

/** As long as browsers keep a cookie (RFC 6265bis, 5.5). */
const MAX_AGE_S = 400 * 24 * 3_600;

/** Where this browser last went to sign in, for the start page to offer it again. It gives nobody anything. */
export class RememberedOrganization {
  readonly #name: string;
  readonly #secure: boolean;

  constructor({ hostPrefix, secure }: CookieStyle) {
    this.#name = `${hostPrefix}okta-role-organization`;
    this.#secure = secure;
  }

  /** A login path. Anybody may have written it. */
  read(cookieHeader: string | undefined): string | undefined {
    return readCookie(cookieHeader, this.#name);
  }

  /** A Set-Cookie header, where it isn't what the browser has. */
  keep(cookieHeader: string | undefined, loginPath: string): string[] {
    if (this.read(cookieHeader) === loginPath) return [];
    return [setCookie(this.#name, loginPath, { secure: this.#secure, maxAgeS: MAX_AGE_S })];
  }
}
