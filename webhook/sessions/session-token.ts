import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { SessionKey } from "./key-ring.ts";

/** A session: who was signed in, how and when. Whether it still holds is checked against the store each time. */
export interface Session {
  /** Tells it from every other, so that one can be ended and the others go on. */
  readonly id: string;
  /** The user's key in the identity store. */
  readonly user: string;
  /** Tells the account from a later one of the same name. */
  readonly userID: string;
  /** The user's `sessionEpoch` at sign-in: a deactivation raises it. */
  readonly epoch: number;
  /** The organization's uid. */
  readonly organizationID: string;
  /** ms since 1970, to the second */
  readonly issuedAt: number;
  /** ms since 1970, to the second */
  readonly expiresAt: number;
  /** Local sign-ins only: the service account whose token it was, as `fingerprintOf` it. */
  readonly serviceAccount?: string;
  /** The organization's watermark when it began, in ms since 1970, where a clock that was ahead had set it to later. */
  readonly endedBefore?: number;
}

const VERSION = "2";
/** Names of objects have none, ids and numbers neither; cookies may. */
const SEPARATOR = ":";

/** Longest token that is looked at, in characters. Ours have 480 at the most. */
const MAX_LENGTH = 1024;

/** The id of a new session. */
export function newSessionID(): string {
  return randomBytes(8).toString("base64url");
}

/** What stands for a text in a token that has to stay short, whatever the length of names. */
export function fingerprintOf(text: string): string {
  return createHash("sha256").update(text).digest("base64url").slice(0, 12);
}

/**
 * A session as a signed text of at most 480 characters: version, key id, fields, HMAC-SHA256. It is written plainly,
 * because a browser may have to carry several, with every request: base64 makes four characters of three.
 */
export function signSession(session: Session, key: SessionKey): string {
  const { id, user, userID, epoch, organizationID, issuedAt, expiresAt, serviceAccount = "" } = session;
  const { endedBefore } = session;
  const start = Math.floor(issuedAt / 1000);
  const signed = [
    VERSION,
    key.id,
    encodeURIComponent(user),
    packedUID(userID),
    epoch.toString(36),
    packedUID(organizationID),
    start.toString(36),
    (Math.floor(expiresAt / 1000) - start).toString(36),
    id,
    serviceAccount,
    ...(endedBefore === undefined ? [] : [Math.ceil(endedBefore / 1000).toString(36)]),
  ].join(SEPARATOR);
  return `${signed}${SEPARATOR}${mac(signed, key).toString("base64url")}`;
}

/** The key that a token says it is signed with. Nothing is verified yet. */
export function keyIDOf(token: string): string | undefined {
  if (token.length > MAX_LENGTH) return undefined;
  const [version, id] = token.split(SEPARATOR, 2);
  return version === VERSION && id ? id : undefined;
}

/** The session in a token that this key has signed, or undefined. Times are for the caller to check. */
export function verifySession(token: string, key: SessionKey): Session | undefined {
  if (token.length > MAX_LENGTH) return undefined;
  const end = token.lastIndexOf(SEPARATOR);
  const signed = token.slice(0, end);
  if (!verifiedSignature(signed, token.slice(end + 1), key)) return undefined;
  // Signed by us, so that it is whole. In a later version's form it is as good as none: people sign in again.
  const [version, , user, userID, epoch, organizationID, start, seconds, id, serviceAccount, ...last] =
    signed.split(SEPARATOR);
  const [ahead, ...more] = last;
  if (version !== VERSION || !user || !userID || !epoch || !organizationID || !start || !seconds || !id)
    return undefined;
  if (serviceAccount === undefined || more.length > 0) return undefined;
  const issuedAt = Number.parseInt(start, 36) * 1000;
  return {
    id,
    user: decodeURIComponent(user),
    userID: unpackedUID(userID),
    epoch: Number.parseInt(epoch, 36),
    organizationID: unpackedUID(organizationID),
    issuedAt,
    expiresAt: issuedAt + Number.parseInt(seconds, 36) * 1000,
    ...(serviceAccount === "" ? {} : { serviceAccount }),
    ...(ahead === undefined ? {} : { endedBefore: Number.parseInt(ahead, 36) * 1000 }),
  };
}

/** @returns undefined: this key hasn't signed it so */
export function verifiedSignature(signed: string, signature: string, key: SessionKey): Buffer | undefined {
  const given = Buffer.from(signature, "base64url");
  const expected = mac(signed, key);
  return given.length === expected.length && timingSafeEqual(given, expected) ? expected : undefined;
}

function mac(text: string, key: SessionKey): Buffer {
  return createHmac("sha256", key.signing).update(text).digest();
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const AS_IT_IS = "=";

/** The API server's uids are UUIDs: 22 characters instead of 36. Whatever else a store uses stays as it is. */
function packedUID(uid: string): string {
  if (!UUID.test(uid)) return `${AS_IT_IS}${encodeURIComponent(uid)}`;
  return Buffer.from(uid.replaceAll("-", ""), "hex").toString("base64url");
}

function unpackedUID(packed: string): string {
  if (packed.startsWith(AS_IT_IS)) return decodeURIComponent(packed.slice(AS_IT_IS.length));
  const hex = Buffer.from(packed, "base64url").toString("hex");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/**
 * Whether a session began before this moment, in ms since 1970. Tokens have whole seconds: of one that began in the same
 * second it can't be said, and whom Okta knows already is signed in within one.
 */
export function beganBefore({ issuedAt }: Pick<Session, "issuedAt">, at: number): boolean {
  return issuedAt < Math.floor(at / 1000) * 1000;
}
