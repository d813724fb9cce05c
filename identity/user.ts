import { createHash } from "node:crypto";
import type { Access } from "./access.ts";
import type { EndedSession } from "./ended-sessions.ts";
import type { AccessChange, NotedSignIn } from "./history.ts";
import {
  type GroupsSource,
  type Identity,
  type ReceivedGroup,
  type Subject,
  sameGroups,
} from "./identity.ts";

/** Okta: follows the mappings. Local: written by people, never touched by Okta. */
export type UserSource = "Okta" | "Local";

/** An account in the identity store. */
export interface User {
  /** The store's own key. Opaque outside the store. */
  readonly ref: string;
  /** Changes with every write: a writer names the version that its decision was made on. */
  readonly version: string;
  /** Tells an account from a later one of the same name. */
  readonly uid: string;
  /** The organization as "namespace/name". */
  readonly organization: string;
  readonly source: UserSource;
  readonly issuer?: string;
  readonly subject?: string;
  readonly email?: string;
  readonly name?: string;
  readonly groups: readonly ReceivedGroup[];
  readonly groupsFrom?: GroupsSource;
  readonly oktaStatus?: string;
  /** Local users: the roles and the service account that people gave them. */
  readonly localRoles: readonly string[];
  readonly serviceAccountName?: string;
  /** Where that is, unless it is where the login webhook runs. */
  readonly serviceAccountNamespace?: string;
  /** What was decided last; undefined until it first was. */
  readonly access?: Access;
  /** When `access.active` last changed, in ms since 1970. */
  readonly activeSince?: number;
  /** When that, or which roles it is, last changed, in ms since 1970. */
  readonly accessSince?: number;
  /** Whether `access` was decided on the identity that is stored now. */
  readonly decided: boolean;
  /** An earlier version has stored it, without something that people are shown by now: it is to be written again. */
  readonly outdated?: true;
  /** Goes up whenever all sessions end, with a deactivation or by themselves, so that those from before stay ended. */
  readonly sessionEpoch: number;
  /** Of this epoch, those that were ended by themselves; absent where there are none. */
  readonly endedSessions?: readonly EndedSession[];
  /** Somebody has asked for the end of all sessions, in these words, and that isn't done yet. */
  readonly endRequest?: string;
  /** In ms since 1970. */
  readonly lastLoginTime?: number;
  /** The last changes, the newest first; absent where there are none. For people: the audit log has all of them. */
  readonly history?: readonly AccessChange[] | undefined;
  /** The last sign-ins, the newest first; absent where there are none. They may be stored a minute late. */
  readonly signIns?: readonly NotedSignIn[] | undefined;
}

/** Whether the account is active as stored. */
export function isActive(user: User): boolean {
  return user.access?.active === true;
}

/** A stored user as an identity. Undefined for local users, whom Okta says nothing about. */
export function identityOf(user: User): Identity | undefined {
  if (user.source !== "Okta" || user.issuer === undefined || user.subject === undefined) return undefined;
  return {
    issuer: user.issuer,
    subject: user.subject,
    emailVerified: false,
    groups: user.groups,
    groupsFrom: user.groupsFrom ?? "Claim",
    ...(user.email === undefined ? {} : { email: user.email }),
    ...(user.name === undefined ? {} : { name: user.name }),
    ...(user.oktaStatus === undefined ? {} : { status: user.oktaStatus }),
  };
}

/** Whether Okta says now what is stored of this account already. */
export function isAsStored(user: User, identity: Identity): boolean {
  return (
    user.source === "Okta" &&
    user.issuer === identity.issuer &&
    user.subject === identity.subject &&
    user.email === identity.email &&
    user.name === identity.name &&
    user.oktaStatus === identity.status &&
    user.groupsFrom === identity.groupsFrom &&
    sameGroups(user.groups, identity.groups)
  );
}

/**
 * The name of an Okta user's account: the same for everybody who computes it, so that two writers collide
 * instead of making two accounts. At most 63 characters for an organization name of at most 46.
 */
export function accountName(organizationName: string, { issuer, subject }: Subject): string {
  const digest = createHash("sha256").update(`${issuer}\n${subject}`).digest();
  return `${organizationName}-${base32(digest).slice(0, 16)}`;
}

/** Lower-case RFC 4648 base32 without padding. */
function base32(bytes: Uint8Array): string {
  const alphabet = "abcdefghijklmnopqrstuvwxyz234567";
  let bits = 0;
  let value = 0;
  let text = "";
  for (const byte of bytes) {
    value = (value << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += alphabet[(value >>> bits) & 31];
    }
    value &= (1 << bits) - 1;
  }
  return text;
}
