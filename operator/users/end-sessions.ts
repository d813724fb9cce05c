import {
  type AuditLog,
  auditSessionsEnded,
  type IdentityStore,
  requestCause,
  StaleUserError,
  StoreError,
  type User,
  unconfirmed,
} from "../../identity/index.ts";
import { again, done, type Outcome } from "../../kubernetes/index.ts";

export interface EndSessionsDeps {
  readonly store: Pick<IdentityStore, "read" | "fresh" | "update">;
  readonly audit: Pick<AuditLog, "write">;
}

/** Whether somebody has asked for the end of a person's sessions, and there is a status to write it into. */
export function isAskedToEnd(user: User): boolean {
  return user.endRequest !== undefined && user.access !== undefined;
}

/**
 * Ends a person's sessions once for each time that somebody asks for it. It has a queue of its own: whoever puts somebody
 * out at once doesn't wait for the thousands whom a changed mapping touches.
 */
export async function endSessions(ref: string, deps: EndSessionsDeps): Promise<Outcome> {
  const { store } = deps;
  const user = await store.read(ref);
  if (!user || user.endRequest === undefined || !isAskedToEnd(user)) return done;
  try {
    record(deps, user, await store.update(user, { endSessions: user.endRequest }));
    return done;
  } catch (error) {
    if (error instanceof StoreError && error.perhaps)
      record(deps, user, error.perhaps.after, unconfirmed(requestCause(user.endRequest)));
    if (!(error instanceof StaleUserError)) throw error;
    const stored = await store.fresh(ref);
    if (!stored) return done;
    if (isAskedToEnd(stored)) return again(0);
    // It was us, and the answer was lost, or another leader: better recorded twice than never.
    record(deps, user, stored);
    return done;
  }
}

function record(
  { audit }: EndSessionsDeps,
  before: User,
  after: User,
  cause = requestCause(before.endRequest ?? ""),
): void {
  audit.write(auditSessionsEnded(before, after, cause), after.uid);
}
