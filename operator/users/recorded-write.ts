import {
  type AuditLog,
  type AuditRecord,
  type IdentityStore,
  type PerhapsStored,
  StoreError,
  type User,
  type UserChange,
  untilWritten,
} from "../../identity/index.ts";
import { again, done, type Outcome } from "../../kubernetes/index.ts";

export interface RecordedWriteDeps {
  readonly store: Pick<IdentityStore, "fresh" | "update">;
  readonly audit: Pick<AuditLog, "write">;
}

/** What a change is, beside what it writes. */
export interface RecordedChange {
  readonly change: UserChange;
  /** Whether what is stored by now is what was to be written. */
  readonly isThere: (stored: User) => boolean;
  readonly records: (stored: User) => AuditRecord[];
  /** The same of what may be stored all the same. */
  readonly recordsPerhaps: (perhaps: PerhapsStored | undefined) => AuditRecord[];
}

/**
 * Writes an account once, and records it. Where somebody else wrote first, the cache may be long in hearing of it: what is
 * stored is read, which brings it up to date, and the reconcile comes again unless it is what was to be written.
 * @throws what reading and writing the store throws
 */
export async function writeRecorded(
  user: User,
  { change, isThere, records, recordsPerhaps }: RecordedChange,
  { store, audit }: RecordedWriteDeps,
): Promise<Outcome> {
  const write = async (lost: PerhapsStored | undefined, earlier: number): Promise<Outcome> => {
    const stored = earlier > 0 ? await store.fresh(user.ref) : await store.update(user, change);
    const isOvertaken = stored !== undefined && earlier > 0 && !isThere(stored);
    // Or it was us, and the answer was lost, or another leader: better recorded twice than never.
    if (stored && !isOvertaken) audit.write(records(stored), stored.uid);
    else audit.write(recordsPerhaps(lost), user.uid);
    return isOvertaken ? again(0) : done;
  };
  try {
    return await untilWritten(write, { attempts: 2, givenUp: "The account is being changed all the time." });
  } catch (error) {
    if (error instanceof StoreError) audit.write(recordsPerhaps(error.perhaps), user.uid);
    throw error;
  }
}
