import type { GroupHint, Hint, PersonHint } from "./hint.ts";

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

function add(people: Map<string, Person>, hint: PersonHint): void {
  const person: Person = people.get(hint.id) ?? {
    eventTime: hint.eventTime,
    groups: new Map(),
    names: new Set(),
  };
  people.set(hint.id, person);
  const time = Date.parse(hint.eventTime);
  if (time > Date.parse(person.eventTime)) person.eventTime = hint.eventTime;
  for (const [ids, value] of [
    [hint.joined, true],
    [hint.left, false],
  ] as const)
    for (const id of ids ?? []) person.groups.set(id, latest(person.groups.get(id), { time, value }));
  if (hint.active !== undefined) person.active = latest(person.active, { time, value: hint.active });
  for (const name of hint.groupNames ?? []) person.names.add(name);
}

function latest(known: Said<boolean> | undefined, said: Said<boolean>): Said<boolean> {
  if (!known || said.time > known.time) return said;
  return said.time === known.time && !said.value ? said : known;
}

function asHint(id: string, { eventTime, groups, active, names }: Person): PersonHint {
  const ids = (joined: boolean) =>
    [...groups].filter(([, { value }]) => value === joined).map(([group]) => group);
  const [joined, left] = [ids(true).sort(), ids(false).sort()];
  return {
    kind: "person",
    id,
    eventTime,
    ...(joined.length === 0 ? {} : { joined }),
    ...(left.length === 0 ? {} : { left }),
    ...(active === undefined ? {} : { active: active.value }),
    ...(names.size === 0 ? {} : { groupNames: [...names].sort() }),
  };
}

/** At the same time, by name: so that the order in which they come makes no difference. */
function isLater(a: GroupHint, b: GroupHint): boolean {
  const [timeA, timeB] = [Date.parse(a.eventTime), Date.parse(b.eventTime)];
  return timeA === timeB ? (a.name ?? "") > (b.name ?? "") : timeA > timeB;
}
