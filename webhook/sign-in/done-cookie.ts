import { z } from "zod";
import { type CookieStyle, readCookie, setCookie } from "../sessions/cookies.ts";
import { open, seal } from "../sessions/sealed.ts";
import type { SessionKeys } from "../sessions/session-keys.ts";
import { LOGIN_TIMEOUT_MS, stateDigest } from "./login-states.ts";

/** Why somebody was refused, as far as it is shown again. */
export interface Refused {
  readonly who: string;
  readonly reason: string;
  readonly message: string;
}

/** What has come of a sign-in of this browser. */
export type Done = { readonly kind: "admitted" } | ({ readonly kind: "refused" } & Refused);

/** Sign-ins that are remembered: each may be a tab that is reloaded. */
const MOST = 8;
/** Characters of what is shown again. */
const MOST_SHOWN = 120;

const PURPOSE = "login-done";

const refused = z.object({ state: z.string(), who: z.string(), reason: z.string(), message: z.string() });
const content = z.object({ in: z.array(z.string()), out: refused.exactOptional() });
type Content = z.infer<typeof content>;

/**
 * What has come of a browser's last sign-ins, for a callback that is called once more: then it isn't redeemed again. Sealed,
 * for ten minutes, and sent to the callback alone.
 */
export class DoneCookie {
  readonly #keys: Pick<SessionKeys, "current" | "find">;
  readonly #name: string;
  readonly #secure: boolean;

  constructor(keys: Pick<SessionKeys, "current" | "find">, { securePrefix, secure }: CookieStyle) {
    this.#keys = keys;
    this.#name = `${securePrefix}okta-role-done`;
    this.#secure = secure;
  }

  read(cookieHeader: string | undefined, browser: string, state: string): Done | undefined {
    const done = this.#content(cookieHeader, browser);
    const digest = stateDigest(state);
    if (done.out?.state === digest) return { kind: "refused", ...done.out };
    return done.in.includes(digest) ? { kind: "admitted" } : undefined;
  }

  /** A Set-Cookie header. */
  add(
    cookieHeader: string | undefined,
    { browser, state, loginPath, done }: { browser: string; state: string; loginPath: string; done: Done },
  ): string {
    const before = this.#content(cookieHeader, browser);
    const digest = stateDigest(state);
    const next: Content =
      done.kind === "admitted"
        ? { ...before, in: [digest, ...before.in].slice(0, MOST) }
        : { ...before, out: { state: digest, ...shortened(done) } };
    const key = this.#keys.current();
    return setCookie(this.#name, seal(JSON.stringify(next), key, `${PURPOSE} ${browser}`), {
      secure: this.#secure,
      maxAgeS: LOGIN_TIMEOUT_MS / 1000,
      path: `/callback/${loginPath}`,
    });
  }

  #content(cookieHeader: string | undefined, browser: string): Content {
    const sealed = readCookie(cookieHeader, this.#name) ?? "";
    const key = this.#keys.find(sealed.slice(0, Math.max(0, sealed.indexOf("."))));
    const text = key && open(sealed, key, `${PURPOSE} ${browser}`);
    return text === undefined ? { in: [] } : content.parse(JSON.parse(text));
  }
}

function shortened({ who, reason, message }: Refused): Refused {
  return { who: who.slice(0, MOST_SHOWN), reason, message: message.slice(0, MOST_SHOWN) };
}
