/**
 * What is made of an event: "look at this person, or this group, again". Nobody acts on what it says beside that: Okta's
 * answers trail its events, and by it one knows when they have caught up.
 */
export type Hint = PersonHint | GroupHint;

/** Instead of the time of an event where there was none: what could not be looked at, read or stored stays to be done. */
export const OF_NO_EVENT = new Date(0).toISOString();

export interface PersonHint {
  readonly kind: "person";
  /** Okta's id of the user. */
  readonly id: string;
  /** When it happened, by Okta's clock: RFC 3339 in UTC, with milliseconds. */
  readonly eventTime: string;
  /** The ids of groups that the person was added to, or taken out of. No group is in both. */
  readonly joined?: readonly string[];
  readonly left?: readonly string[];
  /** What the event calls those groups. */
  readonly groupNames?: readonly string[];
  /** Whether the person may sign in to Okta from then on. */
  readonly active?: boolean;
  /** Okta has let the person in (again), who may still have to choose a password: one event says so, no stored hint does. */
  readonly activated?: true;
  /**
   * When that was said, and when the person was added to, or taken out of, one of those groups, where it was before
   * `eventTime`: so that what is heard late is set against what happened before and after it.
   */
  readonly activeTime?: string;
  readonly earlier?: readonly EarlierChange[];
}

export interface EarlierChange {
  /** Of the group */
  readonly id: string;
  readonly time: string;
}

export interface GroupHint {
  readonly kind: "group";
  /** Okta's id of the group. */
  readonly id: string;
  /** Its name, as the event tells it. */
  readonly name?: string;
  readonly eventTime: string;
}
