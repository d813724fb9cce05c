import type { Logger } from "pino";
import {
  type AuditLog,
  adminCause,
  auditPerhapsEnded,
  auditSessionsEnded,
  beforeLost,
  type Cause,
  hasExpiredEverywhere,
  type IdentityStore,
  MANY_SIGN_OUTS,
  type PerhapsStored,
  StaleUserError,
  StoreError,
  type User,
  untilWritten,
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
    const givenUp = "The account is being changed all the time. Try again.";
    return this.#recorded(cause, givenUp, async (lost, earlier) => {
      const user = (earlier > 0 ? undefined : store.get(ref)) ?? (await store.fresh(ref));
      if (!user) {
        audit.write(auditPerhapsEnded(lost, cause), lost?.after.uid ?? "");
        return undefined;
      }
      // By us, and the answer was lost, or by somebody else: better recorded twice than never.
      const before = beforeLost(lost, { before: user, after: user });
      if (user.sessionEpoch > before.sessionEpoch) return this.#record(before, user, cause);
      return this.#record(before, await store.update(user, { endAllSessions: true, cause }), cause);
    });
  }

  async #endOne(session: Session): Promise<boolean> {
    const { store } = this.#options;
    const { id, expiresAt } = session;
    const givenUp = "The account is being changed all the time.";
    return this.#recorded(MANY_SIGN_OUTS, givenUp, async (lost, earlier) => {
      let user = earlier > 0 ? undefined : store.get(session.user);
      // This replica may not have heard of the account yet, or of an earlier one of that name alone.
      if (user?.uid !== session.userID) user = await store.fresh(session.user);
      if (!user || user.uid !== session.userID || hasExpiredEverywhere(session, this.#now())) return true;
      const before = beforeLost(lost, { before: user, after: user });
      const isEnded = hasEnded(user, session);
      const after = isEnded ? user : await store.update(user, { endSession: { id, expiresAt } });
      this.#record(before, after, MANY_SIGN_OUTS);
      if (hasEnded(after, session)) return true;
      throw new StaleUserError(
        "This replica has heard of the account and not of its status: nothing was written.",
      );
    });
  }

  #record(before: User, after: User, cause: Cause): User {
    this.#options.audit.write(auditSessionsEnded(before, after, cause), after.uid);
    return after;
  }

  /** What may be stored all the same of what fails is recorded as that. */
  async #recorded<T>(
    cause: Cause,
    givenUp: string,
    attempt: (lost: PerhapsStored | undefined, earlier: number) => Promise<T>,
  ): Promise<T> {
    try {
      return await untilWritten(attempt, { attempts: ATTEMPTS, givenUp });
    } catch (error) {
      if (error instanceof StoreError && error.perhaps)
        this.#options.audit.write(auditPerhapsEnded(error.perhaps, cause), error.perhaps.after.uid);
      throw error;
    }
  }
}

function hasEnded({ sessionEpoch, endedSessions = [] }: User, session: Session): boolean {
  return sessionEpoch > session.epoch || endedSessions.some(({ id }) => id === session.id);
}
