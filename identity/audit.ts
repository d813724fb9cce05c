import { type Grant, grantKey } from "./access.ts";
import { type Cause, unconfirmed } from "./causes.ts";
import type { PerhapsStored } from "./store.ts";
import type { User } from "./user.ts";

/** One change of access, as it is logged. */
export type AuditRecord = {
  readonly organization: string;
  readonly user: string;
  readonly subject?: string;
  readonly email?: string;
  readonly cause: Cause;
} & (
  | { readonly action: "activate" | "deactivate" | "link" | "end-sessions"; readonly reason: string }
  | ({ readonly action: "grant" | "revoke"; readonly reason: string } & Grant)
);

/** What differs between two states of a user, as records: first who came in, then roles, then who went out. */
export function auditChanges(before: User | undefined, after: User, cause: Cause): AuditRecord[] {
  const about = aboutUser(after, cause);
  const reason = after.access?.message ?? "";
  const records: AuditRecord[] = [];
  if (before?.source === "Local" && after.source === "Okta") {
    records.push({
      ...about,
      action: "link",
      reason: "The local account with the same verified email follows Okta's groups from now on.",
    });
  }
  const was = before?.access?.active === true;
  const is = after.access?.active === true;
  if (is && !was) records.push({ ...about, action: "activate", reason });
  const had = new Map((before?.access?.grants ?? []).map((grant) => [grantKey(grant), grant]));
  const has = new Map((after.access?.grants ?? []).map((grant) => [grantKey(grant), grant]));
  for (const [key, grant] of has)
    if (!had.has(key)) records.push({ ...about, action: "grant", reason, ...grant });
  for (const [key, grant] of had)
    if (!has.has(key)) records.push({ ...about, action: "revoke", reason, ...grant });
  if (was && !is) records.push({ ...about, action: "deactivate", reason });
  // Somebody has given a local account to another service account.
  if (was && is && after.source === "Local") records.push(...auditSessionsEnded(before, after, cause));
  return records;
}

/** What a failed write may have stored all the same, as records that say so. */
export function auditPerhaps(perhaps: PerhapsStored | undefined, cause: Cause): AuditRecord[] {
  return perhaps ? auditChanges(perhaps.before, perhaps.after, unconfirmed(cause)) : [];
}

/** The same of the end of all sessions. */
export function auditPerhapsEnded(perhaps: PerhapsStored | undefined, cause: Cause): AuditRecord[] {
  return perhaps?.before ? auditSessionsEnded(perhaps.before, perhaps.after, unconfirmed(cause)) : [];
}

/** The record of all sessions having ended by themselves; a deactivation, which ends them too, is in `auditChanges`. */
export function auditSessionsEnded(before: User, after: User, cause: Cause): AuditRecord[] {
  if (after.sessionEpoch === before.sessionEpoch) return [];
  return [{ ...aboutUser(after, cause), action: "end-sessions", reason: cause.detail }];
}

function aboutUser({ organization, ref, subject, email }: User, cause: Cause) {
  return {
    organization,
    user: ref,
    ...(subject === undefined ? {} : { subject }),
    ...(email === undefined ? {} : { email }),
    cause,
  };
}
