import { z } from "zod";
import { type CookieStyle, readCookie, setCookie } from "../sessions/cookies.ts";
import { open, seal } from "../sessions/sealed.ts";
import type { SessionKeys } from "../sessions/session-keys.ts";
import { LOGIN_TIMEOUT_MS, stateDigest } from "./login-states.ts";

/** Why somebody was refused, as they are told. */
export interface Refused {
  readonly who: string;
  readonly reason: string;
  /** In sentences. */
  readonly why: readonly string[];
  /** Those that Okta named; when it is shown again, as many as there was room for. */
  readonly groups: readonly string[];
  /** How many it named. */
  readonly received: number;
}

/** What has come of a sign-in of this browser. */
export type Done = { readonly kind: "admitted" } | ({ readonly kind: "refused" } & Refused);

/** Sign-ins that are remembered: each may be a tab that is reloaded. */
const MOST = 8;
/** Characters of a name, of a sentence, and of all groups that are shown again; and sentences. */
const MOST_OF_NAME = 120;
const MOST_OF_SENTENCE = 300;
const MOST_OF_GROUPS = 800;
const MOST_SENTENCES = 2;

const PURPOSE = "login-done";

const refused = z.object({
  state: z.string(),
  who: z.string(),
  reason: z.string(),
  why: z.array(z.string()).readonly(),
  groups: z.array(z.string()).readonly(),
  received: z.number(),
});
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

  /** A Set-Cookie header. @param room bytes that it may take in the answer: groups that don't fit are left out */
  add(
    cookieHeader: string | undefined,
    { browser, state, loginPath, done }: { browser: string; state: string; loginPath: string; done: Done },
    room = Number.POSITIVE_INFINITY,
  ): string {
    const before = this.#content(cookieHeader, browser);
    const digest = stateDigest(state);
    if (done.kind === "admitted")
      return this.#header({ ...before, in: [digest, ...before.in].slice(0, MOST) }, browser, loginPath);
    for (let most = MOST_OF_GROUPS; ; most = most < MOST_OF_GROUPS / 8 ? 0 : most / 2) {
      const out = { state: digest, ...shortened(done, most) };
      const header = this.#header({ ...before, out }, browser, loginPath);
      if (most === 0 || header.length + "Set-Cookie: \r\n".length <= room) return header;
    }
  }

  #header(content: Content, browser: string, loginPath: string): string {
    const key = this.#keys.current();
    return setCookie(this.#name, seal(JSON.stringify(content), key, `${PURPOSE} ${browser}`), {
      secure: this.#secure,
      maxAgeS: LOGIN_TIMEOUT_MS / 1000,
      path: `/callback/${loginPath}`,
    });
  }

  #content(cookieHeader: string | undefined, browser: string): Content {
    const sealed = readCookie(cookieHeader, this.#name) ?? "";
    const key = this.#keys.find(sealed.slice(0, Math.max(0, sealed.indexOf("."))));
    const text = key && open(sealed, key, `${PURPOSE} ${browser}`);
    if (text === undefined) return { in: [] };
    // A replica of another version may have written it: then it says what both understand, or nothing.
    const read = content.safeParse(JSON.parse(text));
    return read.success ? read.data : { in: [] };
  }
}

/** As much of a refusal as a cookie bears. @param most characters of its groups */
function shortened({ who, reason, why, groups, received }: Refused, most: number): Refused {
  const fitting: string[] = [];
  let left = most;
  for (const group of groups) {
    left -= JSON.stringify(group).length + 1;
    if (left < 0) break;
    fitting.push(group);
  }
  return {
    who: who.slice(0, MOST_OF_NAME),
    reason,
    why: why.slice(0, MOST_SENTENCES).map((sentence) => sentence.slice(0, MOST_OF_SENTENCE)),
    groups: fitting,
    received,
  };
}
