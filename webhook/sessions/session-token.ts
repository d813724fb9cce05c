import { createHmac, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import type { SessionKey } from "./key-ring.ts";

/** A session: who was signed in, how and when. Whether it still holds is checked against the store each time. */
export interface Session {
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
  /** Local sign-ins only: the service account whose token it was. */
  readonly serviceAccount?: string;
}

const payload = z.strictObject({
  u: z.string(),
  i: z.string(),
  e: z.number().int(),
  o: z.string(),
  s: z.number().int(),
  x: z.number().int(),
  a: z.string().exactOptional(),
});

/** Longest token that is looked at, in characters. */
const MAX_LENGTH = 2048;

/** A session as a compact signed text: key id, payload, HMAC-SHA256. */
export function signSession(session: Session, key: SessionKey): string {
  const { user, userID, epoch, organizationID, issuedAt, expiresAt, serviceAccount } = session;
  const content: z.infer<typeof payload> = {
    u: user,
    i: userID,
    e: epoch,
    o: organizationID,
    s: Math.floor(issuedAt / 1000),
    x: Math.floor(expiresAt / 1000),
    ...(serviceAccount === undefined ? {} : { a: serviceAccount }),
  };
  const signed = `${key.id}.${Buffer.from(JSON.stringify(content)).toString("base64url")}`;
  return `${signed}.${mac(signed, key).toString("base64url")}`;
}

/** The key that a token says it is signed with. Nothing is verified yet. */
export function keyIDOf(token: string): string | undefined {
  const end = token.indexOf(".");
  return end > 0 && token.length <= MAX_LENGTH ? token.slice(0, end) : undefined;
}

/** The session in a token that this key has signed, or undefined. Times are for the caller to check. */
export function verifySession(token: string, key: SessionKey): Session | undefined {
  if (token.length > MAX_LENGTH) return undefined;
  const end = token.lastIndexOf(".");
  const signed = token.slice(0, end);
  const given = Buffer.from(token.slice(end + 1), "base64url");
  const expected = mac(signed, key);
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
  try {
    const encoded = signed.slice(signed.indexOf(".") + 1);
    const { u, i, e, o, s, x, a } = payload.parse(
      JSON.parse(Buffer.from(encoded, "base64url").toString("utf8")),
    );
    return {
      user: u,
      userID: i,
      epoch: e,
      organizationID: o,
      issuedAt: s * 1000,
      expiresAt: x * 1000,
      ...(a === undefined ? {} : { serviceAccount: a }),
    };
  } catch {
    return undefined; // signed by us, but by another version: people sign in again
  }
}

function mac(text: string, key: SessionKey): Buffer {
  return createHmac("sha256", key.signing).update(text).digest();
}
