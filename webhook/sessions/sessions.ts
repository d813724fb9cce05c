import { LRUCache } from "lru-cache";
import type { Organization } from "../../crds/types.ts";
import { type IdentityStore, isActive, type User } from "../../identity/index.ts";
import { type CookieStyle, clearCookie, readCookie, setCookie } from "./cookies.ts";
import { maxAgeMs } from "./max-age.ts";
import type { SessionKeys } from "./session-keys.ts";
import { keyIDOf, type Session, signSession, verifySession } from "./session-token.ts";

/** Why a session isn't accepted. Programs read these: they stay as they are. */
export type SessionRefusal =
  | "no-session"
  | "session-invalid"
  | "session-expired"
  | "session-ended"
  | "account-unknown"
  | "account-deactivated"
  | "organization-unknown";

export interface SignedInSession {
  readonly kind: "signed-in";
  readonly session: Session;
  readonly user: User;
  readonly organization: Organization;
  /** ms since 1970 */
  readonly expiresAt: number;
}

export type SessionCheck =
  | SignedInSession
  /** `askFor`: what another replica may have made just now. Before that is asked for, the refusal isn't certain. */
  | { readonly kind: "refused"; readonly reason: SessionRefusal; readonly askFor?: "key" | "user" }
  /** This replica doesn't know what has been revoked lately, so that it can't say. */
  | { readonly kind: "stale" };

export interface SessionsOptions {
  readonly keys: Pick<SessionKeys, "current" | "find" | "findAgain">;
  readonly store: Pick<IdentityStore, "get" | "fresh">;
  /** By "namespace/name". */
  readonly organization: (key: string) => Organization | undefined;
  /** Whether the caches have not been heard of for too long. */
  readonly isStale: () => boolean;
  readonly cookies: CookieStyle;
}

/** A session this young may be of an account that another replica has made, and this one not heard of yet. */
const YOUNG_MS = 30_000;
/** Verified tokens that are remembered, so that a busy browser's cookie isn't verified again each time. */
const REMEMBERED = 20_000;

/** Makes sessions, and checks on every request that what they were made for still holds. */
export class Sessions {
  readonly #options: SessionsOptions;
  readonly #cookie: string;
  readonly #verified = new LRUCache<string, { session: Session; keyID: string }>({ max: REMEMBERED });
  readonly #confirmed = new WeakSet<Session>();
  readonly #asking = new Map<string, Promise<User | undefined>>();

  constructor(options: SessionsOptions) {
    this.#options = options;
    this.#cookie = `${options.cookies.hostPrefix}okta-role-session`;
  }

  /**
   * A Set-Cookie header that signs somebody in.
   * @throws KeysUnavailableError
   */
  start(user: User, organization: Organization, serviceAccount?: string): string {
    const maxAge = maxAgeMs(organization);
    const issuedAt = Date.now();
    const session: Session = {
      user: user.ref,
      userID: user.uid,
      epoch: user.sessionEpoch,
      organizationID: organization.metadata.uid ?? "",
      issuedAt,
      expiresAt: issuedAt + maxAge,
      ...(serviceAccount === undefined ? {} : { serviceAccount }),
    };
    const token = signSession(session, this.#options.keys.current());
    return setCookie(this.#cookie, token, { secure: this.#options.cookies.secure, maxAgeS: maxAge / 1000 });
  }

  /** A Set-Cookie header that ends the session in this browser. */
  end(): string {
    return clearCookie(this.#cookie, { secure: this.#options.cookies.secure });
  }

  /** Checks the session of a request. Never waits and asks nobody: it runs before every request of others. */
  check(cookieHeader: string | undefined): SessionCheck {
    const token = readCookie(cookieHeader, this.#cookie);
    if (!token) return refused("no-session");
    const session = this.#verify(token);
    if (!session) {
      const id = keyIDOf(token);
      return id === undefined || this.#options.keys.find(id)
        ? refused("session-invalid")
        : { kind: "refused", reason: "session-invalid", askFor: "key" };
    }
    return this.#options.isStale() ? { kind: "stale" } : this.#judge(session);
  }

  /**
   * Checks once more after asking for what this replica may not have heard of: a key that another one made, or
   * an account that another one has written just now. Asks once for each session, and rarely for keys.
   * @throws StoreError and errors of the Kubernetes client, when nobody answers
   */
  async checkAgain(cookieHeader: string | undefined, first: SessionCheck): Promise<SessionCheck> {
    if (first.kind !== "refused" || first.askFor === undefined) return first;
    const token = readCookie(cookieHeader, this.#cookie) ?? "";
    if (first.askFor === "key") {
      if (!(await this.#options.keys.findAgain(keyIDOf(token) ?? ""))) return refused(first.reason);
      const second = this.check(cookieHeader);
      return second.kind === "refused" && second.askFor === "user"
        ? this.checkAgain(cookieHeader, second)
        : second;
    }
    const session = this.#verify(token);
    if (!session || this.#confirmed.has(session)) return refused(first.reason);
    await this.#ask(session.user);
    this.#confirmed.add(session);
    const second = this.#judge(session);
    return second.kind === "refused" ? refused(second.reason) : second;
  }

  #verify(token: string): Session | undefined {
    const known = this.#verified.get(token);
    if (known) {
      if (this.#options.keys.find(known.keyID)) return known.session;
      this.#verified.delete(token);
      return undefined;
    }
    const keyID = keyIDOf(token);
    const key = keyID === undefined ? undefined : this.#options.keys.find(keyID);
    const session = key && verifySession(token, key);
    if (session && key) this.#verified.set(token, { session, keyID: key.id });
    return session;
  }

  #judge(session: Session): SessionCheck {
    const now = Date.now();
    if (now >= session.expiresAt) return refused("session-expired");
    const user = this.#options.store.get(session.user);
    if (!user || user.uid !== session.userID) return this.#perhapsRefused(session, now, "account-unknown");
    if (user.sessionEpoch > session.epoch)
      return refused(isActive(user) ? "session-ended" : "account-deactivated");
    if (!isActive(user)) return this.#perhapsRefused(session, now, "account-deactivated");
    if (user.sessionEpoch !== session.epoch) return this.#perhapsRefused(session, now, "session-ended");
    // Who takes the service account from a local account ends the sessions that it has started.
    if (session.serviceAccount !== undefined && user.serviceAccountName !== session.serviceAccount)
      return refused("session-ended");
    const organization = this.#options.organization(user.organization);
    if (!organization || organization.metadata.uid !== session.organizationID)
      return refused("organization-unknown");
    const expiresAt = Math.min(session.expiresAt, session.issuedAt + maxAgeMs(organization));
    if (now >= expiresAt) return refused("session-expired");
    return { kind: "signed-in", session, user, organization, expiresAt };
  }

  /** Right after a sign-in, another replica may know better. */
  #perhapsRefused(session: Session, now: number, reason: SessionRefusal): SessionCheck {
    return now - session.issuedAt < YOUNG_MS && !this.#confirmed.has(session)
      ? { kind: "refused", reason, askFor: "user" }
      : refused(reason);
  }

  /** The store takes what it reads into its cache, so that the next look finds it there. */
  #ask(user: string): Promise<User | undefined> {
    let asking = this.#asking.get(user);
    if (!asking) {
      asking = this.#options.store.fresh(user).finally(() => this.#asking.delete(user));
      this.#asking.set(user, asking);
    }
    return asking;
  }
}

function refused(reason: SessionRefusal): SessionCheck {
  return { kind: "refused", reason };
}
