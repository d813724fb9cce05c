import type { Organization } from "../../crds/types.ts";
import type { IdentityStore, User } from "../../identity/index.ts";
import { splitKey } from "../../kubernetes/index.ts";
import { maxAgeMs } from "../../organizations/max-age.ts";
import type { SessionWatermarks } from "../../organizations/session-watermarks.ts";
import type { CookieStyle } from "./cookies.ts";
import { MOST_CHARACTERS, type SessionCookie, SessionCookies } from "./session-cookies.ts";
import {
  type Facts,
  judgeSession,
  type SessionRefusal,
  type SignedInSession,
  serviceAccountOf,
} from "./session-judgement.ts";
import type { SessionKeys } from "./session-keys.ts";
import { newSessionID, type Session, signSession } from "./session-token.ts";
import { type Read, VerifiedSessions } from "./verified-sessions.ts";

export interface RefusedSession {
  readonly kind: "refused";
  readonly reason: SessionRefusal;
  /** What another replica may have made just now. Before that is asked for, the refusal isn't certain. */
  readonly askFor?: { readonly keyID: string } | { readonly userOf: Session };
  /** Set-Cookie headers that remove those of the request's cookies that will never be good again. */
  readonly clear: readonly string[];
}

export type SessionCheck =
  | SignedInSession
  | RefusedSession
  /** This replica doesn't know what has been revoked lately in that namespace, so that it can't say. */
  | { readonly kind: "stale"; readonly namespace: string };

export interface SessionsOptions extends Facts {
  readonly keys: Pick<SessionKeys, "current" | "find" | "lookFor">;
  readonly store: Pick<IdentityStore, "get" | "fresh">;
  readonly watermarks: Pick<SessionWatermarks, "hasEnded" | "aheadOf">;
  /** Whether it is too long ago that everything in this namespace was known. */
  readonly isStale: (namespace: string) => boolean;
  readonly cookies: CookieStyle;
  /** ms since 1970 */
  readonly now?: () => number;
}

type ReadSession = Extract<Read, { kind: "session" }>;

/**
 * Makes sessions, one for each organization in a browser, and checks on every request that what they were made for
 * still holds.
 */
export class Sessions {
  readonly #options: SessionsOptions;
  readonly #now: () => number;
  readonly #cookies: SessionCookies;
  readonly #verified: VerifiedSessions;
  /** Sessions whose accounts were asked for. */
  readonly #confirmed = new WeakSet<Session>();
  readonly #asking = new Map<string, Promise<User | undefined>>();

  constructor(options: SessionsOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#cookies = new SessionCookies(options.cookies);
    this.#verified = new VerifiedSessions(options.keys, this.#cookies);
  }

  /**
   * Set-Cookie headers that sign somebody in at an organization. Sessions at others go on in this browser, as far as
   * there is room: the oldest of them go, and those that are over.
   * @param isLocal signed in by a token of the service account that the user names
   * @throws KeysUnavailableError
   */
  start(
    cookieHeader: string | undefined,
    user: User,
    organization: Organization,
    { isLocal = false }: { isLocal?: boolean } = {},
  ): string[] {
    const { uid: organizationID = "" } = organization.metadata;
    const maxAge = maxAgeMs(organization);
    const issuedAt = this.#now();
    const endedBefore = this.#options.watermarks.aheadOf(issuedAt, organization);
    const serviceAccount = isLocal ? serviceAccountOf(user, this.#options.namespace) : undefined;
    const session: Session = {
      id: newSessionID(),
      user: user.ref,
      userID: user.uid,
      epoch: user.sessionEpoch,
      organizationID,
      issuedAt,
      expiresAt: issuedAt + maxAge,
      ...(serviceAccount === undefined ? {} : { serviceAccount }),
      ...(endedBefore === undefined ? {} : { endedBefore }),
    };
    const cookie: SessionCookie = {
      name: this.#cookies.nameOf(organizationID),
      token: signSession(session, this.#options.keys.current()),
    };
    return [
      ...this.#surplus(cookieHeader, cookie, organizationID).map((name) => this.#cookies.clear(name)),
      this.#cookies.set(cookie, maxAge / 1000),
    ];
  }

  /**
   * Set-Cookie headers that end what this browser has at an organization. Copies of the cookies count on: see `SignOuts`.
   * @param organization undefined: at all of them
   */
  end(cookieHeader: string | undefined, organization: Organization | undefined): string[] {
    const own = organization && [this.#cookies.nameOf(organization.metadata.uid ?? "")];
    const names = new Set([
      ...(own ?? []),
      ...this.#read(cookieHeader, organization).map(({ name }) => name),
    ]);
    return [...names].map((name) => this.#cookies.clear(name));
  }

  /**
   * The sessions that this browser has at an organization, whatever became of them.
   * @param organization undefined: at all of them
   */
  of(cookieHeader: string | undefined, organization: Organization | undefined): Session[] {
    return this.#read(cookieHeader, organization).flatMap((read) =>
      read.kind === "session" ? [read.session] : [],
    );
  }

  /**
   * Asks for the keys of this browser's cookies that this replica doesn't know: another one may have made them.
   * @returns whether `of` says all that there is by now. If not, there may be sessions that nobody can read here
   * @throws errors of the Kubernetes client, when nobody answers
   */
  async lookForKeys(
    cookieHeader: string | undefined,
    organization: Organization | undefined,
  ): Promise<boolean> {
    let isAll = true;
    for (const read of this.#read(cookieHeader, organization))
      if (read.kind === "unknown-key")
        isAll = (await this.#options.keys.lookFor(read.keyID)) !== "not-looked" && isAll;
    return isAll;
  }

  /**
   * Checks the sessions of a request. Never waits and asks nobody: it runs before every request of others.
   * @param key the organization whose session is asked for, as "namespace/name"; without it, the most recent sign-in that
   * holds counts
   */
  check(cookieHeader: string | undefined, key?: string): SessionCheck {
    const organization = key === undefined ? undefined : this.#options.organization(key);
    if (key !== undefined && !organization)
      return this.#isStale(key)
        ? { kind: "stale", namespace: splitKey(key).namespace }
        : refused("organization-unknown");
    const reads = this.#read(cookieHeader, organization);
    if (reads.length === 0) return NO_SESSION;
    const sessions = reads.filter((read) => read.kind === "session");
    if (sessions.length === 0) return this.#unreadable(reads);
    return this.#newestOf(sessions, reads);
  }

  /**
   * Where this browser is signed in, as far as this replica can say at once: one session for each organization, the newest
   * first.
   */
  everywhere(cookieHeader: string | undefined): SignedInSession[] {
    const held = this.of(cookieHeader, undefined)
      .filter(({ user }) => !this.#isStale(user))
      .flatMap((session) => {
        const judgement = this.#judge(session);
        return judgement.kind === "signed-in" ? [judgement] : [];
      })
      .sort((a, b) => b.session.issuedAt - a.session.issuedAt);
    const newest = new Map<string, SignedInSession>();
    for (const one of held)
      if (!newest.has(one.session.organizationID)) newest.set(one.session.organizationID, one);
    return [...newest.values()];
  }

  /**
   * Checks once more after asking for what this replica may not have heard of: a key that another one made, or
   * an account that another one has written just now. Asks once for each session, and rarely for keys.
   * @throws StoreError and errors of the Kubernetes client, when nobody answers
   */
  async checkAgain(
    cookieHeader: string | undefined,
    first: SessionCheck,
    key?: string,
  ): Promise<SessionCheck> {
    let check = first;
    while (check.kind === "refused" && check.askFor !== undefined) {
      const { askFor } = check;
      let looked: "found" | "gone" | "not-looked" = "found";
      if ("keyID" in askFor) looked = await this.#options.keys.lookFor(askFor.keyID);
      else {
        await this.#ask(askFor.userOf.user);
        this.#confirmed.add(askFor.userOf);
      }
      check = this.check(cookieHeader, key);
      if (looked === "found" || check.kind !== "refused" || !isOfUnknownKey(check)) continue;
      const organization = key === undefined ? undefined : this.#options.organization(key);
      const clear = looked === "gone" ? this.end(cookieHeader, organization) : check.clear;
      return { kind: "refused", reason: check.reason, clear };
    }
    return check;
  }

  /** What a request's cookies say, as far as they concern an organization; without one, all of them. */
  #read(cookieHeader: string | undefined, organization: Organization | undefined): Read[] {
    const { uid } = organization?.metadata ?? {};
    const reads = this.#cookies.read(cookieHeader, uid).map((cookie) => this.#verified.read(cookie));
    // What is under the old name may be another organization's, and is nothing to this one then.
    return uid === undefined
      ? reads
      : reads.filter((read) =>
          read.kind === "session" ? read.session.organizationID === uid : read.name !== this.#cookies.v1,
        );
  }

  #unreadable(reads: readonly Read[]): RefusedSession {
    const reason = "session-invalid";
    const clear = reads.filter(({ kind }) => kind === "invalid").map(({ name }) => this.#cookies.clear(name));
    const unknown = reads.find((read) => read.kind === "unknown-key");
    return { kind: "refused", reason, clear, ...(unknown ? { askFor: { keyID: unknown.keyID } } : {}) };
  }

  /** The most recent session that holds, or why the most recent one doesn't. */
  #newestOf(sessions: ReadSession[], reads: readonly Read[]): SessionCheck {
    // Of one second, the one that came last: browsers send what they have had for longer first (RFC 6265, 5.4).
    if (sessions.length > 1) sessions.reverse().sort((a, b) => b.session.issuedAt - a.session.issuedAt);
    const ended = new Set(reads.filter(({ kind }) => kind === "invalid").map(({ name }) => name));
    let refusal: SessionRefusal | undefined;
    for (const { name, session } of sessions) {
      // Not one of before it instead: whoever has signed in since as somebody else is that one.
      if (this.#isStale(session.user) && this.#now() < session.expiresAt)
        return { kind: "stale", namespace: splitKey(session.user).namespace };
      const judgement = this.#judge(session);
      if (judgement.kind === "signed-in") return judgement;
      const { reason, uncertain, over } = judgement;
      if (uncertain) return { kind: "refused", reason, askFor: { userOf: session }, clear: [] };
      if (over) ended.add(name);
      refusal ??= reason;
    }
    const clear = [...ended].map((name) => this.#cookies.clear(name));
    return { kind: "refused", reason: refusal ?? "no-session", clear };
  }

  /** @param ref "namespace/name" of an organization, or of a user of one: they are in the same namespace */
  #isStale(ref: string): boolean {
    return this.#options.isStale(splitKey(ref).namespace);
  }

  #judge(session: Session): ReturnType<typeof judgeSession> {
    return judgeSession(session, this.#options, this.#now(), this.#confirmed.has(session));
  }

  /** The cookies that have to go when this one comes: of the same organization, over, or too many. */
  #surplus(cookieHeader: string | undefined, added: SessionCookie, organizationID: string): string[] {
    const kept: { cookie: SessionCookie; issuedAt: number }[] = [];
    const surplus: string[] = [];
    for (const cookie of this.#cookies.read(cookieHeader)) {
      if (cookie.name === added.name) continue; // it is replaced
      const read = this.#verified.read(cookie);
      const session = read.kind === "session" ? read.session : undefined;
      const judgement = session && !this.#isStale(session.user) ? this.#judge(session) : undefined;
      const goes =
        session?.organizationID === organizationID || (judgement?.kind === "refused" && judgement.over);
      if (goes || read.kind === "invalid") surplus.push(cookie.name);
      else kept.push({ cookie, issuedAt: session?.issuedAt ?? 0 });
    }
    let characters = lengthOf(added);
    for (const { cookie } of kept.sort((a, b) => b.issuedAt - a.issuedAt)) {
      characters += lengthOf(cookie);
      if (characters > MOST_CHARACTERS) surplus.push(cookie.name);
    }
    return surplus;
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

function refused(reason: SessionRefusal): RefusedSession {
  return { kind: "refused", reason, clear: [] };
}

function isOfUnknownKey({ askFor }: RefusedSession): boolean {
  return askFor !== undefined && "keyID" in askFor;
}

const NO_SESSION = refused("no-session");

/** As it stands in a Cookie header, with what is between two. */
function lengthOf({ name, token }: SessionCookie): number {
  return name.length + token.length + "=; ".length;
}
