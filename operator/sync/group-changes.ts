import type { Directory } from "../../okta/directory/directory.ts";
import { DirectoryInvalidAnswerError } from "../../okta/directory/directory-errors.ts";
import type { ChangedGroup } from "../../okta/directory/resources.ts";

/** How far it is looked back at the beginning, in ms: nothing is known of what was read before. */
const LOOK_BACK_MS = 60 * 60_000;
/** Okta's times are of whole seconds, and its reads may trail what happens. */
const OVERLAP_MS = 60_000;

/** Groups that mappings name, of which it is known that they have changed: more are no directory's. */
const MOST_CHANGED = 50_000;

/** Asks for the groups whose members or names have changed since it was last asked. */
export class GroupChanges {
  readonly #now: () => number;
  /** Of each group, the time of its change that was told last: those that Okta names again aren't told again. */
  readonly #told = new Map<string, string>();
  #latest: number | undefined;
  /** At the beginning: what happened before is for who read everything to know. */
  #readAt: number;

  /** @param now ms since 1970 */
  constructor(now: () => number = Date.now) {
    this.#now = now;
    this.#readAt = now();
  }

  isDue(intervalMs: number): boolean {
    return this.#now() - this.#readAt >= intervalMs;
  }

  /**
   * Tells those that have changed. A group that changes again within the second in which it was read is told again, too.
   * @param isConcerned whether a group is to be told: of a large org all may have changed at once, and few are mapped
   * @param note takes what is told: where it fails, the same is asked for, and told, again
   * @throws DirectoryError, and what `note` throws
   */
  async read(
    directory: Pick<Directory, "groupsChangedSince">,
    isConcerned: (group: ChangedGroup) => boolean,
    note: (changed: readonly ChangedGroup[]) => Promise<void>,
  ): Promise<void> {
    const from = (this.#latest ?? this.#now() - LOOK_BACK_MS) - OVERLAP_MS;
    const readAt = this.#now();
    // Pages may overlap.
    const changed = new Map<string, ChangedGroup>();
    let latest = this.#latest ?? from + OVERLAP_MS;
    for await (const page of directory.groupsChangedSince(new Date(from).toISOString())) {
      for (const group of page) {
        latest = Math.max(latest, Date.parse(group.changedTime));
        if (isConcerned(group) && this.#told.get(group.id) !== group.changedTime)
          changed.set(group.id, group);
      }
      if (changed.size > MOST_CHANGED)
        throw new DirectoryInvalidAnswerError(
          `it tells of more than ${MOST_CHANGED} changed groups by names of mapped ones.`,
        );
    }
    await note([...changed.values()]);
    this.#latest = latest;
    this.#readAt = readAt;
    for (const { id, changedTime } of changed.values()) {
      // What happens within the same second has the same time.
      const isOver = readAt - Date.parse(changedTime) > 2_000;
      if (isOver) this.#told.set(id, changedTime);
    }
    for (const [id, time] of this.#told) if (Date.parse(time) < from) this.#told.delete(id);
  }
}
