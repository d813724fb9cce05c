import { deflateRawSync, inflateRawSync } from "node:zlib";
import { type CookieStyle, clearCookie, readCookie, setCookie } from "../sessions/cookies.ts";
import { LOGIN_TIMEOUT_MS, stateDigest } from "./login-states.ts";
import { MAX_ADDRESS } from "./return-to.ts";

/** Characters that all our cookies of a browser may take in one request. Servers and proxies take 8 KB of headers. */
const MOST_CHARACTERS = 3_800;

const OURS = /^\s*(__Host-|__Secure-)?okta-role-/;

const PLAIN = ".p";
const DEFLATED = ".d";

/**
 * The address of a sign-in under way, where it is too long for the state: one for each login path, so that it can't pile
 * up. The newest wins: whose address is lost arrives at the start page. Only the callback gets it.
 */
export class WayCookie {
  readonly #name: string;
  readonly #secure: boolean;

  constructor({ securePrefix, secure }: CookieStyle) {
    this.#name = `${securePrefix}okta-role-way`;
    this.#secure = secure;
  }

  /**
   * A Set-Cookie header that keeps an address. Undefined where there is no room for it: beside the browser's other cookies,
   * or in the answer.
   * @param room bytes that this header may take in the answer
   */
  keep(
    cookieHeader: string | undefined,
    { loginPath, state, path, room }: { loginPath: string; state: string; path: string; room: number },
  ): string | undefined {
    const value = `${stateDigest(state)}${packed(path)}`;
    const ours = (cookieHeader ?? "").split(";").filter((pair) => OURS.test(pair));
    if (ours.join(";").length + this.#name.length + value.length > MOST_CHARACTERS) return undefined;
    const header = setCookie(this.#name, value, {
      secure: this.#secure,
      maxAgeS: LOGIN_TIMEOUT_MS / 1000,
      path: `/callback/${loginPath}`,
    });
    return "Set-Cookie: \r\n".length + header.length <= room ? header : undefined;
  }

  /** The address that was kept for this state. Anybody may have written it. */
  read(cookieHeader: string | undefined, state: string): string | undefined {
    const value = readCookie(cookieHeader, this.#name);
    const digest = stateDigest(state);
    return value?.startsWith(digest) ? unpacked(value.slice(digest.length)) : undefined;
  }

  /** A Set-Cookie header, where there is something to forget: the address of another tab stays. */
  forget(cookieHeader: string | undefined, state: string, loginPath: string): string[] {
    if (!readCookie(cookieHeader, this.#name)?.startsWith(stateDigest(state))) return [];
    return [clearCookie(this.#name, { secure: this.#secure, path: `/callback/${loginPath}` })];
  }
}

/** As it stands where a cookie may hold that (RFC 6265, section 4.1.1), or packed, whichever is shorter. */
function packed(path: string): string {
  const deflated = deflateRawSync(path).toString("base64url");
  return /[",;\\]/.test(path) || deflated.length < path.length ? `${DEFLATED}${deflated}` : `${PLAIN}${path}`;
}

function unpacked(value: string): string | undefined {
  if (value.startsWith(PLAIN)) return value.slice(PLAIN.length);
  if (!value.startsWith(DEFLATED)) return undefined;
  try {
    const bytes = Buffer.from(value.slice(DEFLATED.length), "base64url");
    return inflateRawSync(bytes, { maxOutputLength: MAX_ADDRESS }).toString("latin1");
  } catch {
    return undefined; // not ours
  }
}
