import type { ReceivedGroup } from "./identity.ts";

/** A group of which all members have been read. */
export interface ReadGroup {
  readonly id: string;
  readonly name?: string;
  /** What it was called before: who was received under one of these is meant by it. */
  readonly formerNames?: readonly string[];
  /** A mapping names it by id, so that a bare name that was received is no evidence of it. */
  readonly byID: boolean;
}

/** Groups that were read to the end, found by id and name. Of others nothing was learned. */
export class ReadGroups {
  readonly byID = new Map<string, ReadGroup>();
  /** What is left of names whose group is gone is nobody's. */
  readonly #names = new Set<string>();

  /**
   * @param groups those that were read
   * @param gone names of groups that Okta no longer has
   */
  constructor(groups: Iterable<ReadGroup>, gone: Iterable<string> = []) {
    for (const group of groups) {
      this.byID.set(group.id, group);
      for (const name of [group.name ?? [], ...(group.formerNames ?? [])].flat()) this.#names.add(name);
    }
    for (const name of gone) this.#names.add(name);
  }

  /** Whether what was received is about one of them. */
  has({ id, name }: ReceivedGroup): boolean {
    return id === undefined ? name !== undefined && this.#names.has(name) : this.byID.has(id);
  }
}

/**
 * Somebody's groups after all members of some groups were read. Which of those groups they are in is known now; of the
 * others, what was received before stands. The very same list where nothing has changed, so that nobody is written for a
 * group that is told by its name once and by its id another time.
 * @param received what is stored
 * @param memberOf ids of those of the groups that they are in
 */
export function groupsAfterReading(
  received: readonly ReceivedGroup[],
  read: ReadGroups,
  memberOf: ReadonlySet<string>,
): readonly ReceivedGroup[] {
  const is = [...memberOf].flatMap((id) => read.byID.get(id) ?? []);
  const had = received.filter((group) => read.has(group));
  const isHad = ({ id, name, byID }: ReadGroup): boolean =>
    had.some((group) => group.id === id || (!byID && group.id === undefined && group.name === name));
  const isStill = (group: ReceivedGroup): boolean =>
    is.some((one) => (group.id === undefined ? group.name === one.name : group.id === one.id));
  if (is.every(isHad) && had.every(isStill)) return received;
  const now = is.map(({ id, name }) => ({ id, ...(name === undefined ? {} : { name }) }));
  return [...received.filter((group) => !read.has(group)), ...now];
}
