import { createHash } from "node:crypto";

/**
 * The annotation of an OrganizationUser by which somebody ends the person's sessions: each new value ends those that there
 * are. The admission policy lets people write it, and nothing else, on accounts that belong to Okta.
 */
export const END_SESSIONS_ANNOTATION = "rolemapping.dev/end-sessions";

/** The annotation of an Organization by which somebody has all of its directory read now: each new value does so once. */
export const SYNC_ANNOTATION = "rolemapping.dev/sync";

/** The annotation of an Organization by which somebody lets what is held go through. */
export const APPROVAL_ANNOTATION = "rolemapping.dev/approve-deactivations";

/**
 * The annotation by which somebody freezes what an Organization, or one OktaRoleMapping, would change. It says why, in words;
 * that it is there is enough.
 */
export const PAUSE_ANNOTATION = "rolemapping.dev/pause";

/** Why an object is paused, as it was written; undefined where it isn't. */
export function pauseWords({
  metadata,
}: {
  metadata: { annotations?: Record<string, string> };
}): string | undefined {
  return metadata.annotations?.[PAUSE_ANNOTATION];
}

/** Characters of an annotation that a status repeats: the CRDs allow as many. */
const MOST_REPEATED = 253;

/** What an annotation says, as a status repeats it once that is done; of a very long one what is as good. */
export function asRepeated(words: string): string {
  return words.length <= MOST_REPEATED ? words : `sha256:${createHash("sha256").update(words).digest("hex")}`;
}
