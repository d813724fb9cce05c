/** The scopes without which nothing can be read. */
export const LEAST_SCOPES = ["okta.groups.read", "okta.users.read"] as const;
/** The scopes that a service app asks for. */
export const DIRECTORY_SCOPES = [...LEAST_SCOPES, "okta.logs.read"] as const;
export type DirectoryScope = (typeof DIRECTORY_SCOPES)[number];

/**
 * What Okta counts together (Okta, "Management rate limits"), as far as it is read: the groups and their members, one
 * user, the System Log, and everything that isn't in Okta's list, such as what is below a user.
 */
export type RateLimitBucket = "groups" | "user" | "logs" | "other";

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

export const LOGS: Endpoint = { bucket: "logs", scope: "okta.logs.read", what: "the System Log" };

/** `/api/v1/groups/{id}/users` */
export function membersOf(groupID: string): Endpoint {
  return { ...GROUPS, what: `group ${JSON.stringify(groupID)}` };
}

/** `/api/v1/users/{id}` */
export function user(id: string): Endpoint {
  return { bucket: "user", scope: "okta.users.read", what: `user ${JSON.stringify(id)}` };
}

/** `/api/v1/users/{id}/groups` */
export function groupsOfUser(id: string): Endpoint {
  return { ...user(id), bucket: "other" };
}

/** What an admin role has to let its holder view, for a scope to be of use. */
export function viewsFor(scope: DirectoryScope): string {
  return scope === "okta.logs.read" ? "the System Log" : "users and groups";
}
