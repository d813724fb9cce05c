import type { Organization } from "../../crds/types.ts";
import { type IdentityStore, isActive, type User } from "../../identity/index.ts";
import { maxAgeMs } from "../../organizations/max-age.ts";
import type { SessionWatermarks } from "../../organizations/session-watermarks.ts";
import { fingerprintOf, type Session } from "./session-token.ts";

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

export type Judgement =
  | SignedInSession
  | {
      readonly kind: "refused";
      readonly reason: SessionRefusal;
      /** The session is over for good, whatever becomes of the account. */
      readonly over: boolean;
      /** The account may have become another just now, and this replica not heard of it. */
      readonly uncertain: boolean;
    };

/** What sessions are judged by, as this replica knows it. */
export interface Facts {
  readonly store: Pick<IdentityStore, "get">;
  /** By "namespace/name". */
  readonly organization: (key: string) => Organization | undefined;
  readonly watermarks: Pick<SessionWatermarks, "hasEnded">;
  /** The program's own namespace: service accounts are of this one, unless an account names another. */
  readonly namespace: string;
}

/** A session this young may be of an account that another replica has made, and this one not heard of yet. */
const YOUNG_MS = 30_000;

/**
 * Whether a session still holds.
 * @param now ms since 1970
 * @param confirmed whether the store was asked for the account since the session was first seen
 */
export function judgeSession(
  session: Session,
  { store, organization: find, watermarks, namespace }: Facts,
  now: number,
  confirmed: boolean,
): Judgement {
  if (now >= session.expiresAt) return over("session-expired");
  const young = now - session.issuedAt < YOUNG_MS && !confirmed;
  const user = store.get(session.user);
  if (!user || user.uid !== session.userID)
    return young ? uncertain("account-unknown") : over("account-unknown");
  if (user.sessionEpoch > session.epoch)
    return over(isActive(user) ? "session-ended" : "account-deactivated");
  if (user.endedSessions?.some(({ id }) => id === session.id)) return over("session-ended");
  // Where the store was put back to an earlier state, the account is behind its sessions: they may hold again.
  if (!isActive(user)) return young ? uncertain("account-deactivated") : notNow("account-deactivated");
  if (user.sessionEpoch !== session.epoch)
    return young ? uncertain("session-ended") : notNow("session-ended");
  // Who takes the service account from a local account ends the sessions that it has started.
  if (session.serviceAccount !== undefined && session.serviceAccount !== serviceAccountOf(user, namespace))
    return notNow("session-ended");
  const organization = find(user.organization);
  if (!organization || organization.metadata.uid !== session.organizationID)
    return over("organization-unknown");
  const expiresAt = Math.min(session.expiresAt, session.issuedAt + maxAgeMs(organization));
  if (now >= expiresAt) return over("session-expired");
  if (watermarks.hasEnded(session, organization)) return over("session-ended");
  return { kind: "signed-in", session, user, organization, expiresAt };
}

const known = new WeakMap<User, string>();

/**
 * The service account that signs a local user in, as a session names it.
 * @param ownNamespace the program's: where service accounts are, unless the user names another namespace
 */
export function serviceAccountOf(user: User, ownNamespace: string): string | undefined {
  if (user.serviceAccountName === undefined) return undefined;
  let fingerprint = known.get(user);
  if (fingerprint === undefined) {
    const namespace = user.serviceAccountNamespace ?? ownNamespace;
    fingerprint = fingerprintOf(`${namespace}/${user.serviceAccountName}`);
    known.set(user, fingerprint);
  }
  return fingerprint;
}

function over(reason: SessionRefusal): Judgement {
  return { kind: "refused", reason, over: true, uncertain: false };
}

function notNow(reason: SessionRefusal): Judgement {
  return { kind: "refused", reason, over: false, uncertain: false };
}

function uncertain(reason: SessionRefusal): Judgement {
  return { kind: "refused", reason, over: false, uncertain: true };
}
