import {
  type AuditLog,
  auditPerhapsEnded,
  auditSessionsEnded,
  type IdentityStore,
  requestCause,
  type User,
} from "../../identity/index.ts";
import { done, type Outcome } from "../../kubernetes/index.ts";
import { writeRecorded } from "./recorded-write.ts";

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
  const user = await deps.store.read(ref);
  if (!user || user.endRequest === undefined || !isAskedToEnd(user)) return done;
  const { endRequest } = user;
  const cause = requestCause(endRequest);
  return writeRecorded(
    user,
    {
      change: { endSessions: endRequest },
      isThere: (stored) => !isAskedToEnd(stored),
      records: (stored) => auditSessionsEnded(user, stored, cause),
      recordsPerhaps: (perhaps) => auditPerhapsEnded(perhaps, cause),
    },
    deps,
  );
}
