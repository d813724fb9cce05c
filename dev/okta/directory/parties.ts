import { type Group, nameOf, type User } from "./entities.ts";
import type { LogParty } from "./log-event.ts";

/** The actor of what nobody in particular did, such as seeding. */
export const system: LogParty = {
  id: "system",
  type: "SystemPrincipal",
  alternateId: "system@okta.com",
  displayName: "Okta System",
};

export function userParty(user: User): LogParty {
  return { id: user.id, type: "User", alternateId: user.profile.login, displayName: nameOf(user.profile) };
}

export function groupParty(group: Group): LogParty {
  return { id: group.id, type: "UserGroup", alternateId: "unknown", displayName: group.profile.name };
}
