/** The scopes that a service app asks for. */
export const DIRECTORY_SCOPES = ["okta.groups.read", "okta.users.read"] as const;
type DirectoryScope = (typeof DIRECTORY_SCOPES)[number];

/** One kind of request to the Management API: what it needs and how errors call it. */
export interface Endpoint {
  /** With ids left out: `/api/v1/users/{id}`. Rate limits are counted by it. */
  readonly template: string;
  readonly scope: DirectoryScope;
  /** For messages: "user 00u1". */
  readonly what: string;
}

export const GROUPS: Endpoint = {
  template: "/api/v1/groups",
  scope: "okta.groups.read",
  what: "the list of groups",
};

export function group(id: string): Endpoint {
  return { template: "/api/v1/groups/{id}", scope: "okta.groups.read", what: `group ${JSON.stringify(id)}` };
}

export function user(id: string): Endpoint {
  return { template: "/api/v1/users/{id}", scope: "okta.users.read", what: `user ${JSON.stringify(id)}` };
}

/** Okta's id of a user, group or app. Nothing else goes into a path: an id may come from outside. */
const ID = /^[A-Za-z0-9_-]{1,100}$/;

export function isID(id: string): boolean {
  return ID.test(id);
}
