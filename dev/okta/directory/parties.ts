import { type Group, nameOf, type User } from "./entities.ts";
import type { LogParty } from "./log-event.ts";

/** The actor of what nobody in particular did, such as seeding. */
export const system: LogParty = {
  id: "system",
  type: "SystemPrincipal",
  alternateId: "system@okta.com",
  displayName: "Okta System",
};

/** By profile, which is another one after every change: a long log names the same few people again and again. */
const known = new WeakMap<object, LogParty>();

export function userParty({ id, profile }: User): LogParty {
  return party(profile, { id, type: "User", alternateId: profile.login, displayName: nameOf(profile) });
}

export function groupParty({ id, profile }: Group): LogParty {
  return party(profile, { id, type: "UserGroup", alternateId: "unknown", displayName: profile.name });
}

function party(profile: object, made: LogParty): LogParty {
  const found = known.get(profile);
  if (found) return found;
  known.set(profile, made);
  return made;
}
