import type { ReceivedGroup } from "./identity.ts";
import type { Policy } from "./policy.ts";

/** A group of which all members have been read. */
export interface ReadGroup {
  readonly id: string;
  readonly name?: string;
  /** What it was called before: who was received under one of these is meant by it. */
  readonly formerNames?: readonly string[];
  /** A mapping names it by id, so that a bare name that was received is no evidence of it. */
  readonly byID: boolean;
}

/** Groups that were read to the end, found by id and name. Of others nothing was learned, but for what Okta calls them. */
export class ReadGroups {
  readonly byID = new Map<string, ReadGroup>();
  /** What is left of names whose group is gone is nobody's. */
  readonly #names = new Set<string>();
  /** Names of which it is known which groups have them. */
  readonly #searched = new Set<string>();
  /** What Okta has called groups when it was asked, by id; undefined: it has no such group. */
  readonly #called = new Map<string, string | undefined>();

  /**
   * @param groups those that were read
   * @param gone names of groups that Okta no longer has
   * @param unread those that couldn't be read: who came by a name of theirs may be in them
   */
  constructor(groups: Iterable<ReadGroup>, gone: Iterable<string> = [], unread: Iterable<ReadGroup> = []) {
    for (const group of groups) {
      this.byID.set(group.id, group);
      if (group.name !== undefined && !group.byID) this.#searched.add(group.name);
      for (const name of namesOf(group)) this.#names.add(name);
    }
    for (const name of gone) {
      this.#names.add(name);
      this.#searched.add(name);
    }
    for (const name of [...unread].flatMap(namesOf)) this.#names.delete(name);
  }

  /** Whether what was received is about one of them. */
  has({ id, name }: ReceivedGroup): boolean {
    return id === undefined ? name !== undefined && this.#names.has(name) : this.byID.has(id);
  }

  /** The group that has this name, or had it before. */
  idOf(name: string): string | undefined {
    const groups = [...this.byID.values()];
    const found =
      groups.find((group) => group.name === name) ??
      groups.find(({ formerNames }) => formerNames?.includes(name));
    return found?.id;
  }

  /**
   * Whether a group that was received with its id and a name is called otherwise by what was read. Either may be of
   * before it was renamed: Okta has to be asked which.
   */
  isInDoubt({ id, name }: ReceivedGroup): boolean {
    if (id === undefined || name === undefined || this.#called.has(id)) return false;
    const read = this.byID.get(id);
    return read === undefined ? this.#searched.has(name) : read.name !== undefined && read.name !== name;
  }

  /** Takes what Okta calls a group now; undefined: there is none. */
  learn(id: string, name: string | undefined): void {
    this.#called.set(id, name);
    const read = this.byID.get(id);
    if (read && name !== undefined) this.byID.set(id, { ...read, name });
  }

  /** A group that was received, as Okta calls it now as far as that was asked: none where there is no such group any more. */
  asCalledNow(group: ReceivedGroup): readonly ReceivedGroup[] {
    const { id } = group;
    if (id === undefined || !this.#called.has(id)) return [group];
    const name = this.#called.get(id);
    if (name === undefined) return [];
    return [name === group.name ? group : { id, name }];
  }
}

/** Groups that an account holds at the most. */
const MOST_GROUPS = 5_000;

/** As many groups as an account holds. Of more, those that a mapping names come first: what is left out gives nothing. */
export function groupsToStore(
  groups: readonly ReceivedGroup[],
  policy: Pick<Policy, "mappingsOf" | "outOfForce">,
): readonly ReceivedGroup[] {
  if (groups.length <= MOST_GROUPS) return groups;
  const isNamed = (group: ReceivedGroup): boolean =>
    [...policy.mappingsOf(group), ...policy.outOfForce(group)].length > 0;
  const [named, others] = [groups.filter(isNamed), groups.filter((group) => !isNamed(group))];
  return [...named, ...others].slice(0, MOST_GROUPS);
}

function namesOf({ name, formerNames = [] }: ReadGroup): readonly string[] {
  return name === undefined ? formerNames : [name, ...formerNames];
}

/** Whether a group that was received is one of these: by its id, and by its name where it came without one. */
export function isOneOf({ id, name }: ReceivedGroup, groups: readonly ReceivedGroup[]): boolean {
  return groups.some((group) => (id === undefined ? group.name === name : group.id === id));
}

/**
 * Somebody's groups after all members of some groups were read. Which of those groups they are in is known now; of the
 * others, what was received before stands, under the names that they have now. The very same list where nothing has
 * changed, so that nobody is written for a group that is told by its name once and by its id another time.
 * @param before what is stored
 * @param memberOf ids of those of the groups that they are in
 */
export function groupsAfterReading(
  before: readonly ReceivedGroup[],
  read: ReadGroups,
  memberOf: ReadonlySet<string>,
): readonly ReceivedGroup[] {
  const called = before.flatMap((group) => read.asCalledNow(group));
  const received =
    called.length === before.length && called.every((group, i) => group === before[i]) ? before : called;
  const is = [...memberOf].flatMap((id) => read.byID.get(id) ?? []);
  const had = received.filter((group) => read.has(group));
  const isHad = ({ id, name, byID }: ReadGroup): boolean =>
    had.some((group) => group.id === id || (!byID && group.id === undefined && group.name === name));
  if (is.every(isHad) && had.every((group) => isOneOf(group, is))) return received;
  const now = is.map(({ id, name }) => ({ id, ...(name === undefined ? {} : { name }) }));
  return [...received.filter((group) => !read.has(group)), ...now];
}
