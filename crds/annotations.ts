/**
 * The annotation of an OrganizationUser by which somebody ends the person's sessions: each new value ends those that there
 * are. The admission policy lets people write it, and nothing else, on accounts that belong to Okta.
 */
export const END_SESSIONS_ANNOTATION = "rolemapping.dev/end-sessions";

/** The annotation of an Organization by which somebody has all of its directory read now: each new value does so once. */
export const SYNC_ANNOTATION = "rolemapping.dev/sync";
