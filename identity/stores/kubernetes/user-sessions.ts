import { asRepeated, END_SESSIONS_ANNOTATION } from "../../../crds/annotations.ts";
import type { OrganizationUser } from "../../../crds/types.ts";
import { rfc3339 } from "../../../kubernetes/index.ts";
import { type EndedSession, withEndedSession } from "../../ended-sessions.ts";
import type { UserChange } from "../../store.ts";

type Status = NonNullable<OrganizationUser["status"]>;

/** What of a status is about sessions. */
type SessionFields = Pick<Status, "sessionEpoch" | "endedSessions" | "sessionsEndedFor" | "localSignIn">;

/** The sessions that were ended by themselves; undefined where there are none. */
export function endedSessionsOf({ status }: OrganizationUser): readonly EndedSession[] | undefined {
  return status?.endedSessions?.map(({ id, expires }) => ({ id, expiresAt: Date.parse(expires) }));
}

/** What somebody has written to end the account's sessions, in one line, as the status has it; if that isn't done yet. */
export function endRequestOf({ metadata, status }: OrganizationUser): string | undefined {
  const words = metadata.annotations?.[END_SESSIONS_ANNOTATION]?.replace(/[\p{C}\s]+/gu, " ").trim();
  if (!words) return undefined;
  const request = asRepeated(words);
  return request === status?.sessionsEndedFor ? undefined : request;
}

/**
 * What the status says of sessions after a change.
 * @param deactivated the change deactivates the account
 * @returns `isChanged`: the change is about sessions, and something of it isn't stored yet
 */
export function sessionFields(
  object: OrganizationUser,
  { endSession, endSessions, endAllSessions }: UserChange,
  { deactivated, now }: { deactivated: boolean; now: number },
): { fields: SessionFields; isChanged: boolean } {
  const { status: previous = {} as Partial<Status> } = object;
  const known = endedSessionsOf(object) ?? [];
  const ended = endSession ? withEndedSession(known, endSession, now) : known;
  const isAsked =
    endAllSessions === true || (endSessions !== undefined && endSessions !== previous.sessionsEndedFor);
  const localSignIn = localSignInOf(object);
  const allEnd =
    ended === "too-many" || isAsked || deactivated || isAnother(localSignIn, previous.localSignIn);
  // When all have ended, nobody has to remember one.
  const remembered = allEnd ? [] : ended;
  const sessionsEndedFor = endSessions ?? previous.sessionsEndedFor;
  return {
    isChanged: isAsked || ended !== known,
    fields: {
      sessionEpoch: (previous.sessionEpoch ?? 0) + (allEnd ? 1 : 0),
      ...(remembered.length === 0 ? {} : { endedSessions: remembered.map(toStatus) }),
      ...(sessionsEndedFor === undefined ? {} : { sessionsEndedFor }),
      ...(localSignIn === undefined ? {} : { localSignIn }),
    },
  };
}

/** What a local account's sessions are begun by. Nobody begins one of an Okta account without Okta. */
function localSignInOf({ spec }: OrganizationUser): Status["localSignIn"] {
  if (spec.source !== "Local") return undefined;
  const { organizationRef, serviceAccountName, serviceAccountNamespace } = spec;
  return {
    organization: organizationRef.name,
    ...(serviceAccountName === undefined ? {} : { serviceAccountName }),
    ...(serviceAccountNamespace === undefined ? {} : { serviceAccountNamespace }),
  };
}

/** Who takes a service account from a local account ends its sessions, also if it gets that one back. */
function isAnother(now: Status["localSignIn"], before: Status["localSignIn"]): boolean {
  return (
    before?.serviceAccountName !== undefined &&
    (now?.organization !== before.organization ||
      now.serviceAccountName !== before.serviceAccountName ||
      now.serviceAccountNamespace !== before.serviceAccountNamespace)
  );
}

function toStatus({ id, expiresAt }: EndedSession): NonNullable<Status["endedSessions"]>[number] {
  return { id, expires: rfc3339(expiresAt) };
}
