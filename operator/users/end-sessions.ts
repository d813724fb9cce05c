import {
  type AuditLog,
  auditPerhapsEnded,
  auditSessionsEnded,
  type IdentityStore,
  type PerhapsStored,
  requestCause,
  StoreError,
  type User,
  untilWritten,
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
  const { store, audit } = deps;
  const user = await store.read(ref);
  if (!user || user.endRequest === undefined || !isAskedToEnd(user)) return done;
  const { endRequest } = user;
  const cause = requestCause(endRequest);
  const write = async (lost: PerhapsStored | undefined, earlier: number): Promise<Outcome> => {
    const stored =
      earlier > 0 ? await store.fresh(ref) : await store.update(user, { endSessions: endRequest });
    const isOvertaken = earlier > 0 && (!stored || isAskedToEnd(stored));
    // It was us, and the answer was lost, or another leader: better recorded twice than never.
    if (stored && !isOvertaken) audit.write(auditSessionsEnded(user, stored, cause), stored.uid);
    else audit.write(auditPerhapsEnded(lost, cause), user.uid);
    return stored && isOvertaken ? again(0) : done;
  };
  try {
    return await untilWritten(write, { attempts: 2, givenUp: "The account is being changed all the time." });
  } catch (error) {
    if (error instanceof StoreError) audit.write(auditPerhapsEnded(error.perhaps, cause), user.uid);
    throw error;
  }
}
