import type { EventHookHeard, GroupHint, OktaHintsSpec, PersonHint } from "../crds/types.ts";
import { type Hint, OF_NO_EVENT } from "../okta/events/hint.ts";
import { mergeHints, saidOfPerson } from "../okta/events/merged-hints.ts";

/** Something that was heard of an organization's Okta. */
export interface Heard {
  readonly hints?: readonly Hint[];
  /** Something has happened, and nobody knows to whom or what: everything is to be looked at. */
  readonly everything?: true;
  /** Up to where the system log has been read. What was read is in `hints`, so that neither is stored without the other. */
  readonly logCursor?: string;
  /** What has become of the event hook: Okta verified it, called it with the right secret, or with a wrong one. */
  readonly eventHook?: "verified" | "called" | "refused";
  /** With it, the login path of the address that was called. */
  readonly loginPath?: string;
}

/** Hints for which nothing more is to be done, each as it was heard: what has been heard of it since stays. */
export interface Done {
  readonly people?: readonly Pick<PersonHint, "id" | "heardTime">[];
  readonly groups?: readonly Pick<GroupHint, "id" | "heardTime">[];
  /** The time when `everything` was heard. */
  readonly everything?: string;
}

/** People and groups that are noted one by one. Beyond, to look at everything costs less. */
export const MOST_HINTS = 500;
/** What was said of one person, or of all of them: group by group. More isn't needed to know when Okta has caught up. */
const MOST_GROUPS_OF_PERSON = 100;
const MOST_GROUPS_OF_ALL = 5_000;
/** Longest cursor that is stored. Without one, the log is read again from a time. */
const MAX_CURSOR_LENGTH = 2_048;
/** Okta's groups have no longer names (Groups API: 255). */
const MAX_NAME_LENGTH = 255;
/** How exactly it is known when the event hook called: a write for each call would be too many. */
const CALLS_TO_MS = 60_000;

/**
 * The hints with what was heard in addition; the same object where there is nothing new in it.
 * @param now ms since 1970
 */
export function withHeard(spec: OktaHintsSpec, heard: Heard, now: number): OktaHintsSpec {
  const hinted = withHints(spec, mergeHints(heard.hints ?? []), now);
  const read = withCursor(heard.everything ? withEverything(hinted, now) : hinted, heard.logCursor);
  const eventHook = heard.eventHook && withCall(read.eventHook ?? {}, heard, now);
  return eventHook === undefined || eventHook === read.eventHook ? read : { ...read, eventHook };
}

/** The hints without those that are done; the same object where none of them is in it. */
export function withoutDone(spec: OktaHintsSpec, done: Done): OktaHintsSpec {
  const people = without(spec.people, done.people);
  const groups = without(spec.groups, done.groups);
  const isEverything = spec.everything !== undefined && spec.everything.heardTime === done.everything;
  if (people === spec.people && groups === spec.groups && !isEverything) return spec;
  const { people: _people, groups: _groups, everything, ...others } = spec;
  return {
    ...others,
    ...listed({ people, groups }),
    ...(everything === undefined || isEverything ? {} : { everything }),
  };
}

function without<T extends { id: string; heardTime: string }>(
  hints: T[] | undefined,
  done: readonly { id: string; heardTime: string }[] = [],
): T[] | undefined {
  const times = new Map(done.map(({ id, heardTime }) => [id, heardTime]));
  const left = hints?.filter(({ id, heardTime }) => times.get(id) !== heardTime);
  return left?.length === hints?.length ? hints : left;
}

function withHints(spec: OktaHintsSpec, hints: readonly Hint[], now: number): OktaHintsSpec {
  const people = new Map(spec.people?.map((person) => [person.id, person]));
  const groups = new Map(spec.groups?.map((group) => [group.id, group]));
  let isNew = false;
  for (const hint of hints) {
    const known = hint.kind === "person" ? people.get(hint.id) : groups.get(hint.id);
    const merged =
      hint.kind === "person"
        ? withPerson(people.get(hint.id), hint, now)
        : withGroup(groups.get(hint.id), hint, now);
    if (merged === known) continue;
    isNew = true;
    if (hint.kind === "person") people.set(hint.id, merged);
    else groups.set(hint.id, merged);
  }
  if (!isNew) return spec;
  const { people: _people, groups: _groups, everything, ...others } = spec;
  if (!isTooMuch([...people.values()], groups.size))
    return {
      ...others,
      ...listed({ people: [...people.values()], groups: [...groups.values()] }),
      ...(everything === undefined ? {} : { everything }),
    };
  const all = [...people.values(), ...groups.values(), ...(everything ? [everything] : [])];
  const times = all.map(({ eventTime }) => eventTime).filter((time) => time !== OF_NO_EVENT);
  const first = times.reduce((a, b) => (Date.parse(b) < Date.parse(a) ? b : a), times[0] ?? OF_NO_EVENT);
  return { ...others, everything: { heardTime: heardAfter(everything?.heardTime, now), eventTime: first } };
}

function withEverything({ everything, ...others }: OktaHintsSpec, now: number): OktaHintsSpec {
  const heardTime = heardAfter(everything?.heardTime, now);
  return { ...others, everything: { heardTime, eventTime: everything?.eventTime ?? heardTime } };
}

function isTooMuch(people: readonly PersonHint[], groups: number): boolean {
  const said = people.reduce((sum, { joined = [], left = [] }) => sum + joined.length + left.length, 0);
  return people.length + groups > MOST_HINTS || said > MOST_GROUPS_OF_ALL;
}

function withGroup(
  known: GroupHint | undefined,
  { id, eventTime, name: told = "" }: Extract<Hint, { kind: "group" }>,
  now: number,
): GroupHint {
  if (known && Date.parse(eventTime) <= Date.parse(known.eventTime)) return known;
  const name = told === "" || told.length > MAX_NAME_LENGTH ? known?.name : told;
  return {
    id,
    ...(name === undefined ? {} : { name }),
    heardTime: heardAfter(known?.heardTime, now),
    eventTime,
  };
}

/**
 * What is known of a person with what was heard of them: of two things that contradict each other, the one that happened
 * later counts, and at the same time the one that takes.
 */
function withPerson(
  known: PersonHint | undefined,
  hint: Extract<Hint, { kind: "person" }>,
  now: number,
): PersonHint {
  const { eventTime, active, activeTime, ...groups } = saidOfPerson(
    known && { ...known, kind: "person" },
    hint,
  );
  const joined = groups.joined.slice(-MOST_GROUPS_OF_PERSON);
  const left = groups.left.slice(-MOST_GROUPS_OF_PERSON);
  const named = new Set([...joined, ...left]);
  const earlier = groups.earlier.filter((each) => named.has(each.id));
  const merged: Omit<PersonHint, "heardTime"> = {
    id: hint.id,
    eventTime,
    ...(joined.length === 0 ? {} : { joined }),
    ...(left.length === 0 ? {} : { left }),
    ...(active === undefined ? {} : { active }),
    ...(activeTime === undefined ? {} : { activeTime }),
    ...(earlier.length === 0 ? {} : { earlier }),
  };
  if (known && isSame(known, merged)) return known;
  return { ...merged, heardTime: heardAfter(known?.heardTime, now) };
}

function isSame(known: PersonHint, merged: Omit<PersonHint, "heardTime">): boolean {
  const times = ({ earlier = [] }: Omit<PersonHint, "heardTime">) =>
    earlier.map(({ id, time }) => `${id} ${time}`).sort();
  const asText = (hint: Omit<PersonHint, "heardTime">) => {
    const { eventTime, joined = [], left = [], active, activeTime } = hint;
    const said = [[...joined].sort(), [...left].sort(), active ?? null, activeTime ?? null];
    return JSON.stringify([eventTime, ...said, times(hint)]);
  };
  return asText(known) === asText(merged);
}

/** A time that no earlier hint of the same was heard at, whatever the clocks of those who write. */
function heardAfter(known: string | undefined, now: number): string {
  const after = known === undefined ? 0 : Date.parse(known) + 1;
  return new Date(Math.max(now, after)).toISOString();
}

function withCursor(spec: OktaHintsSpec, logCursor: string | undefined): OktaHintsSpec {
  if (logCursor === undefined || logCursor === spec.logCursor) return spec;
  const { logCursor: _before, ...others } = spec;
  return logCursor.length > MAX_CURSOR_LENGTH ? others : { ...others, logCursor };
}

function withCall(known: EventHookHeard, { eventHook: call, loginPath }: Heard, now: number): EventHookHeard {
  const { verifiedTime, lastEventTime, refusedTime } = known;
  const time = new Date(now).toISOString();
  const isOld = (last: string | undefined) => last === undefined || now - Date.parse(last) >= CALLS_TO_MS;
  if (call === "refused") return isOld(refusedTime) ? { ...known, refusedTime: time } : known;
  const at = loginPath === undefined ? {} : { loginPath };
  // That the secret is right again, or the address, is told at once.
  const isFirst =
    verifiedTime === undefined ||
    (refusedTime !== undefined && refusedTime >= verifiedTime) ||
    (known.loginPath !== undefined && known.loginPath !== loginPath);
  if (call === "verified")
    return isFirst || isOld(verifiedTime) ? { ...known, ...at, verifiedTime: time } : known;
  if (!isFirst && !isOld(lastEventTime)) return known;
  return { ...known, ...at, verifiedTime: isFirst ? time : verifiedTime, lastEventTime: time };
}

function listed({
  people,
  groups,
}: {
  people: PersonHint[] | undefined;
  groups: GroupHint[] | undefined;
}): OktaHintsSpec {
  return {
    ...(people === undefined || people.length === 0 ? {} : { people }),
    ...(groups === undefined || groups.length === 0 ? {} : { groups }),
  };
}
