/** The scopes that a service app asks for. */
export const DIRECTORY_SCOPES = ["okta.groups.read", "okta.users.read"] as const;
type DirectoryScope = (typeof DIRECTORY_SCOPES)[number];

/**
 * What Okta counts together (Okta, "Management rate limits"), as far as it is read: the groups, one user, and everything
 * that isn't in Okta's list, such as what is below a user.
 */
export type RateLimitBucket = "groups" | "user" | "other";

/** One kind of request to the Management API: what it needs and how errors call it. */
export interface Endpoint {
  readonly bucket: RateLimitBucket;
  readonly scope: DirectoryScope;
  /** For messages: "user 00u1". */
  readonly what: string;
}

export const GROUPS: Endpoint = {
  bucket: "groups",
  scope: "okta.groups.read",
  what: "the list of groups",
};

/** `/api/v1/users/{id}` */
export function user(id: string): Endpoint {
  return { bucket: "user", scope: "okta.users.read", what: `user ${JSON.stringify(id)}` };
}

/** `/api/v1/users/{id}/groups` */
export function groupsOfUser(id: string): Endpoint {
  return { ...user(id), bucket: "other" };
}

/** Okta's id of a user, group or app. Nothing else goes into a path: an id may come from outside. */
const ID = /^[A-Za-z0-9_-]{1,100}$/;

export function isID(id: string): boolean {
  return ID.test(id);
}
