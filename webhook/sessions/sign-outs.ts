import type { Logger } from "pino";
import {
  type AuditLog,
  adminCause,
  auditSessionsEnded,
  type IdentityStore,
  MANY_SIGN_OUTS,
  StaleUserError,
  StoreError,
  type User,
  unconfirmed,
} from "../../identity/index.ts";
import type { Session } from "./session-token.ts";

export interface SignOutsOptions {
  readonly store: Pick<IdentityStore, "get" | "fresh" | "update">;
  readonly audit: Pick<AuditLog, "write">;
  readonly log: Logger;
  /** How long somebody waits for it, in ms. */
  readonly waitMs?: number;
  /** ms since 1970 */
  readonly now?: () => number;
}

/** A person is waiting, and has no session here any more whatever comes of it. */
const WAIT_MS = 2_000;

/** How often it is tried because another writer came first. */
const ATTEMPTS = 5;

/**
 * Ends sessions for good, at every replica: what takes the cookie out of one browser does nothing about a copy of it
 * (OWASP ASVS 5.0, 7.4.1).
 */
export class SignOuts {
  readonly #options: SignOutsOptions;
  readonly #now: () => number;

  constructor(options: SignOutsOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  /**
   * @returns whether all of them are known to have ended. If not, copies of their cookies may count until they expire;
   * then it is still being tried
   */
  async end(sessions: readonly Session[]): Promise<boolean> {
    const { waitMs = WAIT_MS, log } = this.#options;
    const ended = sessions.map(async (session) => {
      try {
        return await this.#endOne(session);
      } catch (error) {
        if (!(error instanceof StoreError)) throw error;
        log.warn(
          { err: error, user: session.user },
          "A sign-out could not be stored: copies of the cookie count.",
        );
        return false;
      }
    });
    const late = Promise.withResolvers<readonly boolean[]>();
    const timer = setTimeout(() => late.resolve([false]), waitMs);
    try {
      return (await Promise.race([Promise.all(ended), late.promise])).every(Boolean);
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * Ends all sessions of a person, as an organization admin has asked for: the audit log, an Event and the account's history
   * say who.
   * @param ref the person's account
   * @param admin as people know them, by their email address
   * @returns the account as it is now; undefined: it is gone
   * @throws StoreError when it isn't known to be done
   */
  async endAll(ref: string, admin: string): Promise<User | undefined> {
    const { store, audit } = this.#options;
    const cause = adminCause(admin);
    let user = store.get(ref) ?? (await store.fresh(ref));
    let earlier: User | undefined;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (!user) return undefined;
      // By us, and the answer was lost, or by somebody else: better recorded twice than never.
      if (earlier && user.sessionEpoch > earlier.sessionEpoch) {
        audit.write(auditSessionsEnded(earlier, user, cause), user.uid);
        return user;
      }
      try {
        const after: User = await store.update(user, { endAllSessions: true, cause });
        audit.write(auditSessionsEnded(user, after, cause), after.uid);
        return after;
      } catch (error) {
        if (error instanceof StoreError && error.perhaps)
          audit.write(auditSessionsEnded(user, error.perhaps.after, unconfirmed(cause)), user.uid);
        if (!(error instanceof StaleUserError)) throw error;
        if (error.perhapsByUs) earlier ??= user;
        user = await store.fresh(ref);
      }
    }
    throw new StoreError("The account is being changed all the time. Try again.");
  }

  async #endOne(session: Session): Promise<boolean> {
    const { store, audit } = this.#options;
    const { id, expiresAt } = session;
    let user = store.get(session.user);
    // This replica may not have heard of the account yet, or of an earlier one of that name alone.
    if (user?.uid !== session.userID) user = await store.fresh(session.user);
    let before: User | undefined;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (!user || user.uid !== session.userID || this.#now() >= expiresAt) return true;
      if (hasEnded(user, session)) {
        // Perhaps by us, and the answer was lost: better recorded twice than never.
        if (before) audit.write(auditSessionsEnded(before, user, MANY_SIGN_OUTS), user.uid);
        return true;
      }
      before = user;
      try {
        const after: User = await store.update(user, { endSession: { id, expiresAt } });
        audit.write(auditSessionsEnded(user, after, MANY_SIGN_OUTS), after.uid);
        // Where a replica has heard of an account and not of its status, nothing was written.
        if (hasEnded(after, session)) return true;
      } catch (error) {
        if (error instanceof StoreError && error.perhaps) {
          const records = auditSessionsEnded(user, error.perhaps.after, unconfirmed(MANY_SIGN_OUTS));
          audit.write(records, user.uid);
        }
        if (!(error instanceof StaleUserError)) throw error;
      }
      user = await store.fresh(session.user);
    }
    throw new StoreError("The account is being changed all the time.");
  }
}

function hasEnded({ sessionEpoch, endedSessions = [] }: User, session: Session): boolean {
  return sessionEpoch > session.epoch || endedSessions.some(({ id }) => id === session.id);
}
