import { z } from "zod";
import { type LoginTransaction, parseTransaction } from "../../okta/oidc/transaction.ts";
import { type CookieStyle, clearCookie, cookiesWithPrefix, setCookie } from "./cookies.ts";
import { open, seal } from "./sealed.ts";
import type { SessionKeys } from "./session-keys.ts";

/** A sign-in under way, bound to the organization where it was started. */
export interface PendingLogin {
  readonly organizationID: string;
  readonly transaction: LoginTransaction;
}

/** How long a person may take at Okta, in ms. */
export const LOGIN_TIMEOUT_MS = 10 * 60_000;

/** Sign-ins that one browser may have under way: each is a tab, and each is a cookie. */
const MOST = 10;
/** Characters that all of them may take. Servers and proxies take 8 to 16 KB of headers. */
const MOST_CHARACTERS = 5_000;

const PURPOSE = "login";
const STATE_CHARACTERS = 12;

const content = z.object({ o: z.string(), t: z.unknown() });

/**
 * Sign-ins under way, each in a cookie of its own that is named after its state: several tabs don't disturb
 * each other, any replica can finish what another started, and nothing is stored here.
 */
export class LoginCookies {
  readonly #keys: Pick<SessionKeys, "current" | "find">;
  readonly #style: CookieStyle;
  readonly #prefix: string;

  constructor(keys: Pick<SessionKeys, "current" | "find">, style: CookieStyle) {
    this.#keys = keys;
    this.#style = style;
    this.#prefix = `${style.hostPrefix}okta-role-login-`;
  }

  /**
   * Set-Cookie headers that add a sign-in, and remove those that are over or too many, the oldest first.
   * @throws KeysUnavailableError
   */
  add(cookieHeader: string | undefined, { organizationID, transaction }: PendingLogin): string[] {
    const text = JSON.stringify({ o: organizationID, t: transaction });
    const sealed = seal(text, this.#keys.current(), PURPOSE);
    return [
      ...this.#surplus(cookieHeader, sealed.length),
      setCookie(this.#name(transaction.state), sealed, {
        secure: this.#style.secure,
        maxAgeS: LOGIN_TIMEOUT_MS / 1000,
      }),
    ];
  }

  /** The sign-in that a callback's state names, if this browser started it. Whose it is is not checked yet. */
  find(cookieHeader: string | undefined, state: string): PendingLogin | undefined {
    const sealed = cookiesWithPrefix(cookieHeader, this.#prefix).get(this.#name(state));
    const pending = sealed === undefined ? undefined : this.#open(sealed);
    return pending?.transaction.state === state ? pending : undefined;
  }

  /** A Set-Cookie header that ends a sign-in: whatever came of it, it is never continued. */
  remove(state: string): string {
    return clearCookie(this.#name(state), { secure: this.#style.secure });
  }

  #name(state: string): string {
    return `${this.#prefix}${state.replace(/[^\w-]/g, "").slice(0, STATE_CHARACTERS)}`;
  }

  #open(sealed: string): PendingLogin | undefined {
    const key = this.#keys.find(sealed.slice(0, sealed.indexOf(".")));
    const text = key && open(sealed, key, PURPOSE);
    if (text === undefined) return undefined;
    const { o: organizationID, t } = content.parse(JSON.parse(text));
    const transaction = parseTransaction(t);
    return transaction && { organizationID, transaction };
  }

  #surplus(cookieHeader: string | undefined, added: number): string[] {
    const known = [...cookiesWithPrefix(cookieHeader, this.#prefix)]
      .map(([name, value]) => ({
        name,
        length: value.length,
        createdAt: this.#open(value)?.transaction.createdAt ?? 0,
      }))
      .sort((a, b) => b.createdAt - a.createdAt);
    let characters = added;
    return known
      .filter(({ length, createdAt }, i) => {
        characters += length;
        const over = Date.now() - createdAt > LOGIN_TIMEOUT_MS;
        return over || i >= MOST - 1 || characters > MOST_CHARACTERS;
      })
      .map(({ name }) => clearCookie(name, { secure: this.#style.secure }));
  }
}
