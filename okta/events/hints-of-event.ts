import { isID } from "../okta-id.ts";
import type { EventType } from "./event-types.ts";
import type { GroupHint, Hint, PersonHint } from "./hint.ts";
import type { LogEvent, LogTarget } from "./log-event.ts";

type Meaning = (event: Named) => readonly Hint[];

/** Whom and what an event names. */
interface Named {
  readonly eventTime: string;
  readonly users: readonly LogTarget[];
  readonly groups: readonly LogTarget[];
}

/** What each type of event means (Okta, "Event types"). Who is activated may still have to choose a password. */
const MEANINGS: Readonly<Record<EventType, Meaning>> = {
  "group.user_membership.add": membership("joined"),
  "group.user_membership.remove": membership("left"),
  "group.lifecycle.create": groups,
  "group.lifecycle.delete": groups,
  "group.profile.update": groups,
  "user.lifecycle.activate": people({ activated: true }),
  "user.lifecycle.deactivate": people({ active: false }),
  "user.lifecycle.suspend": people({ active: false }),
  "user.lifecycle.unsuspend": people({ active: true, activated: true }),
  "user.lifecycle.reactivate": people({ activated: true }),
  "user.lifecycle.delete.initiated": people({ active: false }),
  "user.lifecycle.delete.completed": people({ active: false }),
  "user.account.update_profile": people(),
  "application.user_membership.add": people(),
  "application.user_membership.remove": people(),
  "application.user_membership.update": people(),
};

/** What to look at again after an event. An event of an unknown type, or of something that didn't happen, gives nothing. */
export function hintsOfEvent({ eventType, published, outcome, targets }: LogEvent): readonly Hint[] {
  if (outcome === "FAILURE" || outcome === "DENY" || !isKnown(eventType)) return [];
  // By type: where in the list a target stands says nothing (Okta, "System Log API", Target object).
  const ofType = (wanted: string) => targets.filter(({ type, id }) => type === wanted && isID(id));
  return MEANINGS[eventType]({
    eventTime: new Date(published).toISOString(),
    users: ofType("User"),
    groups: ofType("UserGroup"),
  });
}

function isKnown(eventType: string): eventType is EventType {
  return Object.hasOwn(MEANINGS, eventType);
}

/** Of how many pairs of a person and a group an event may tell. Okta's tell of one; each is kept with each person. */
const MOST_PAIRS = 100;

function membership(change: "joined" | "left"): Meaning {
  return (event) => {
    const { eventTime, users } = event;
    // An event that names groups alone is about members of theirs whom it doesn't name.
    if (users.length === 0) return groups(event);
    if (users.length * event.groups.length > MOST_PAIRS) return [...people()(event), ...groups(event)];
    const ids = event.groups.map(({ id }) => id);
    const groupNames = event.groups.flatMap(({ displayName = [] }) => displayName);
    return users.map(
      ({ id }): PersonHint => ({
        kind: "person",
        id,
        eventTime,
        ...(ids.length === 0 ? {} : { [change]: ids }),
        ...(groupNames.length === 0 ? {} : { groupNames }),
      }),
    );
  };
}

function people(said: Pick<PersonHint, "active" | "activated"> = {}): Meaning {
  return ({ eventTime, users }) =>
    users.map(({ id }): PersonHint => ({ kind: "person", id, eventTime, ...said }));
}

function groups({ eventTime, groups }: Named): readonly GroupHint[] {
  return groups.map(({ id, displayName: name }) => ({
    kind: "group",
    id,
    eventTime,
    ...(name === undefined ? {} : { name }),
  }));
}
