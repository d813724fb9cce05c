import type { EarlierChange, GroupHint, Hint, PersonHint } from "./hint.ts";

/** What is said of somebody, and since when. Of two that contradict each other at the same time, the one that takes counts. */
interface Said<T> {
  readonly time: number;
  readonly value: T;
}

interface Person {
  eventTime: string;
  /** By the id of a group: whether they joined it. */
  readonly groups: Map<string, Said<boolean>>;
  active?: Said<boolean>;
  readonly names: Set<string>;
}

/**
 * One hint for each person and group. In whatever order they come, and however often, the same comes of it: of what was
 * said of somebody and a group, the latest counts.
 */
export function mergeHints(hints: Iterable<Hint>): Hint[] {
  const people = new Map<string, Person>();
  const groups = new Map<string, GroupHint>();
  for (const hint of hints) {
    if (hint.kind === "person") add(people, hint);
    else {
      const known = groups.get(hint.id);
      if (!known || isLater(hint, known)) groups.set(hint.id, hint);
    }
  }
  return [...Array.from(people, ([id, person]) => asHint(id, person)), ...groups.values()];
}

/** What was said of one person, in the order in which it was first said of each group. Times are as in a `PersonHint`. */
export interface SaidOfPerson {
  readonly eventTime: string;
  readonly joined: readonly string[];
  readonly left: readonly string[];
  readonly active: boolean | undefined;
  readonly activeTime: string | undefined;
  readonly earlier: readonly EarlierChange[];
}

/** What was known of one person with what a hint adds, as `mergeHints`: of each group the latest that was said of it. */
export function saidOfPerson(known: PersonHint | undefined, hint: PersonHint): SaidOfPerson {
  const person = begun(known ?? hint);
  if (known) take(person, known);
  take(person, hint);
  return said(person);
}

function begun({ eventTime }: PersonHint): Person {
  return { eventTime, groups: new Map(), names: new Set() };
}

function add(people: Map<string, Person>, hint: PersonHint): void {
  const person = people.get(hint.id) ?? begun(hint);
  people.set(hint.id, person);
  take(person, hint);
}

function take(person: Person, hint: PersonHint): void {
  const last = Date.parse(hint.eventTime);
  if (last > Date.parse(person.eventTime)) person.eventTime = hint.eventTime;
  const times = new Map(hint.earlier?.map(({ id, time }) => [id, Date.parse(time)]));
  for (const [ids, value] of [
    [hint.joined, true],
    [hint.left, false],
  ] as const)
    for (const id of ids ?? [])
      person.groups.set(id, latest(person.groups.get(id), { time: times.get(id) ?? last, value }));
  if (hint.active !== undefined) {
    const time = hint.activeTime === undefined ? last : Date.parse(hint.activeTime);
    person.active = latest(person.active, { time, value: hint.active });
  }
  for (const name of hint.groupNames ?? []) person.names.add(name);
}

function latest(known: Said<boolean> | undefined, said: Said<boolean>): Said<boolean> {
  if (!known || said.time > known.time) return said;
  return said.time === known.time && !said.value ? said : known;
}

function said({ eventTime, groups, active }: Person): SaidOfPerson {
  const ids = (joined: boolean) =>
    [...groups].filter(([, { value }]) => value === joined).map(([group]) => group);
  const isEarlier = (time: number) => time < Date.parse(eventTime);
  const earlier = [...groups].filter(([, { time }]) => isEarlier(time));
  return {
    eventTime,
    joined: ids(true),
    left: ids(false),
    active: active?.value,
    activeTime: active && isEarlier(active.time) ? new Date(active.time).toISOString() : undefined,
    earlier: earlier.map(([id, { time }]) => ({ id, time: new Date(time).toISOString() })),
  };
}

function asHint(id: string, person: Person): PersonHint {
  const { eventTime, joined, left, active, activeTime, earlier } = said(person);
  const { names } = person;
  return {
    kind: "person",
    id,
    eventTime,
    ...(joined.length === 0 ? {} : { joined: joined.toSorted() }),
    ...(left.length === 0 ? {} : { left: left.toSorted() }),
    ...(active === undefined ? {} : { active }),
    ...(activeTime === undefined ? {} : { activeTime }),
    ...(earlier.length === 0 ? {} : { earlier: earlier.toSorted((a, b) => (a.id < b.id ? -1 : 1)) }),
    ...(names.size === 0 ? {} : { groupNames: [...names].sort() }),
  };
}

/** At the same time, by name: so that the order in which they come makes no difference. */
function isLater(a: GroupHint, b: GroupHint): boolean {
  const [timeA, timeB] = [Date.parse(a.eventTime), Date.parse(b.eventTime)];
  return timeA === timeB ? (a.name ?? "") > (b.name ?? "") : timeA > timeB;
}
