import { LRUCache } from "lru-cache";
import type { SessionCookie, SessionCookies } from "./session-cookies.ts";
import type { SessionKeys } from "./session-keys.ts";
import { keyIDOf, type Session, verifySession } from "./session-token.ts";
import { keyIDOfV1, verifySessionV1 } from "./session-token-v1.ts";

/** What a session cookie is. */
export type Read =
  | { readonly kind: "session"; readonly name: string; readonly session: Session }
  /** It may be of a key that another replica has made just now. */
  | { readonly kind: "unknown-key"; readonly name: string; readonly keyID: string }
  | { readonly kind: "invalid"; readonly name: string };

type Verified = Extract<Read, { kind: "session" }> & { readonly keyID: string };

/** Tokens that are remembered, so that a busy browser's cookie isn't verified again each time: 1 KiB each, with its answer. */
const REMEMBERED = 100_000;

/** Reads session cookies. The same token gives the same `Session` object, as long as it is remembered. */
export class VerifiedSessions {
  readonly #keys: Pick<SessionKeys, "find">;
  readonly #cookies: Pick<SessionCookies, "nameOf" | "v1">;
  readonly #verified = new LRUCache<string, Verified>({ max: REMEMBERED });

  constructor(keys: Pick<SessionKeys, "find">, cookies: Pick<SessionCookies, "nameOf" | "v1">) {
    this.#keys = keys;
    this.#cookies = cookies;
  }

  read(cookie: SessionCookie): Read {
    const { name, token } = cookie;
    const known = this.#verified.get(token);
    if (known?.name === name && this.#keys.find(known.keyID)) return known;
    const isV1 = name === this.#cookies.v1;
    const keyID = isV1 ? keyIDOfV1(token) : keyIDOf(token);
    if (keyID === undefined) return { kind: "invalid", name };
    const key = this.#keys.find(keyID);
    if (!key) return { kind: "unknown-key", name, keyID };
    const session = isV1 ? verifySessionV1(token, key) : verifySession(token, key);
    // The session of one organization under the name of another's would be found where nobody looks for it.
    if (!session || !(isV1 || name === this.#cookies.nameOf(session.organizationID)))
      return { kind: "invalid", name };
    const verified: Verified = { kind: "session", name, session, keyID };
    this.#verified.set(token, verified);
    return verified;
  }
}
