import { z } from "zod";
import { displayName, emailAddress } from "../person-attributes.ts";

/** A group of the directory. Two groups may have the same name. */
export interface DirectoryGroup {
  readonly id: string;
  readonly name: string;
  /** OKTA_GROUP, APP_GROUP (from an app or another directory) or BUILT_IN (Everyone). */
  readonly type: string;
}

/** A user of the directory. */
export interface DirectoryUser {
  readonly id: string;
  /** ACTIVE, SUSPENDED, ... as Okta says it. */
  readonly status: string;
  readonly email?: string;
  readonly name?: string;
}

/** A group with the number of its members. */
export interface CountedGroup extends DirectoryGroup {
  readonly members: number;
}

/** A group with the time of the last change of its profile or its members. */
export interface ChangedGroup extends DirectoryGroup {
  /** By Okta's clock, RFC 3339. */
  readonly changedTime: string;
}

/** A word of Okta's: its ids, statuses and types have a few dozen characters. They are kept by the thousand. */
const word = z.string().min(1).max(100);
/** Okta's names of groups have 255 characters at most. */
const groupName = z.string().max(1_024);
const group = z.object({ id: word, type: word, profile: z.object({ name: groupName }) });
const stats = z.object({ usersCount: z.number().int().nonnegative() });

/** Only what is used, so that a field that Okta adds or changes elsewhere breaks nothing. */
export const groupSchema = group.transform(
  ({ id, type, profile }): DirectoryGroup => ({ id, type, name: profile.name }),
);

const time = z.iso.datetime({ offset: true }).max(100);

export const changedGroupSchema = group
  .extend({ lastUpdated: time, lastMembershipUpdated: time.nullish() })
  .transform(
    ({ id, type, profile, lastUpdated, lastMembershipUpdated }): ChangedGroup => ({
      id,
      type,
      name: profile.name,
      changedTime: later(lastUpdated, lastMembershipUpdated ?? lastUpdated),
    }),
  );

function later(a: string, b: string): string {
  return Date.parse(b) > Date.parse(a) ? b : a;
}

/** With `expand=stats`. */
export const countedGroupSchema = group.extend({ _embedded: z.object({ stats }) }).transform(
  ({ id, type, profile, _embedded }): CountedGroup => ({
    id,
    type,
    name: profile.name,
    members: _embedded.stats.usersCount,
  }),
);

/**
 * A user. What can't be read of their profile is left out, since it decides nothing: one person with an odd name keeps
 * nobody else of a list from being read. Who they are and their status can't be missing.
 */
export const userSchema = z
  .object({
    id: word,
    status: word,
    profile: z.record(z.string(), z.unknown()).nullish().catch(undefined),
  })
  .transform(({ id, status, profile }): DirectoryUser => {
    const email = emailAddress(profile?.email);
    const name =
      displayName(profile?.displayName) ??
      displayName([profile?.firstName, profile?.lastName].map(displayName).join(" "));
    return { id, status, ...(email === undefined ? {} : { email }), ...(name === undefined ? {} : { name }) };
  });
