import { z } from "zod";

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

const group = z.object({ id: z.string(), type: z.string(), profile: z.object({ name: z.string() }) });
const stats = z.object({ usersCount: z.number().int().nonnegative() });

/** Only what is used, so that a field that Okta adds or changes elsewhere breaks nothing. */
export const groupSchema = group.transform(
  ({ id, type, profile }): DirectoryGroup => ({ id, type, name: profile.name }),
);

/** With `expand=stats`. */
export const countedGroupSchema = group.extend({ _embedded: z.object({ stats }) }).transform(
  ({ id, type, profile, _embedded }): CountedGroup => ({
    id,
    type,
    name: profile.name,
    members: _embedded.stats.usersCount,
  }),
);

const text = z.string().nullish();

export const userSchema = z
  .object({
    id: z.string(),
    status: z.string(),
    profile: z.object({ email: text, displayName: text, firstName: text, lastName: text }),
  })
  .transform(({ id, status, profile }): DirectoryUser => {
    const name = profile.displayName || [profile.firstName, profile.lastName].filter(Boolean).join(" ");
    return { id, status, ...(profile.email ? { email: profile.email } : {}), ...(name ? { name } : {}) };
  });
