import { createHash } from "node:crypto";
import { z } from "zod";
import type { SessionKey } from "./key-ring.ts";
import { fingerprintOf, type Session, verifiedSignature } from "./session-token.ts";

/*
 * Sessions as 0.1.0 wrote them. They are accepted until they expire, seven days after an upgrade at the latest, so that
 * an upgrade signs nobody out.
 */

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

/** The key that a token of 0.1.0 says it is signed with. Nothing is verified yet. */
export function keyIDOfV1(token: string): string | undefined {
  const end = token.indexOf(".");
  return end > 0 && token.length <= MAX_LENGTH ? token.slice(0, end) : undefined;
}

/** The session in a token of 0.1.0 that this key has signed, or undefined. Times are for the caller to check. */
export function verifySessionV1(token: string, key: SessionKey): Session | undefined {
  if (token.length > MAX_LENGTH) return undefined;
  const end = token.lastIndexOf(".");
  const signed = token.slice(0, end);
  const signature = verifiedSignature(signed, token.slice(end + 1), key);
  if (!signature) return undefined;
  try {
    const encoded = signed.slice(signed.indexOf(".") + 1);
    const { u, i, e, o, s, x, a } = payload.parse(
      JSON.parse(Buffer.from(encoded, "base64url").toString("utf8")),
    );
    return {
      // It had no id. What it was signed with is as good as one, and the same at every replica.
      id: createHash("sha256").update(signature).digest("base64url").slice(0, 11),
      user: u,
      userID: i,
      epoch: e,
      organizationID: o,
      issuedAt: s * 1000,
      expiresAt: x * 1000,
      // It was always one of the account's own namespace.
      ...(a === undefined ? {} : { serviceAccount: fingerprintOf(`${u.slice(0, u.indexOf("/"))}/${a}`) }),
    };
  } catch {
    return undefined; // signed by us, but neither by 0.1.0 nor by this version
  }
}
