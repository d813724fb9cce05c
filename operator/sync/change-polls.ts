import type { OktaRoleMapping, Organization } from "../../crds/types.ts";
import { keyOf } from "../../kubernetes/index.ts";
import type { Directory } from "../../okta/directory/directory.ts";
import { DirectoryCursorError, DirectoryForbiddenError } from "../../okta/directory/directory-errors.ts";
import type { ChangedGroup } from "../../okta/directory/resources.ts";
import type { Hint } from "../../okta/events/hint.ts";
import { hintsOfEvent } from "../../okta/events/hints-of-event.ts";
import { GroupChanges } from "./group-changes.ts";
import { LAG_MS } from "./looks.ts";
import { mappedGroups } from "./mapped-groups.ts";
import type { HeardHints } from "./taken-hints.ts";

export interface ChangePollsDeps {
  readonly mappings: () => Iterable<OktaRoleMapping>;
  readonly hints: HeardHints;
  /** Those that are about anybody or anything here: nothing is asked of Okta for the others. */
  readonly concerned: (organization: Organization, hints: readonly Hint[]) => Promise<readonly Hint[]>;
  /** Told how much was heard. */
  readonly onHeard: (source: "log" | "groups", count: number) => void;
  /** When everything was read last, in ms since 1970. */
  readonly lastFullSync: () => number | undefined;
  /** Told of how many events could not be read, so that everything is looked at. */
  readonly onUnreadable: (organization: Organization, events: number) => void;
  /** Told where what has happened since can't be known, so that everything is to be read. */
  readonly onGap: () => void;
}

/** Pages of the log that are read before what they say is noted. */
const PAGES_AT_ONCE = 10;
/** What is heard before it is noted: an event may name many. */
const MOST_HEARD = 10_000;
/** A cursor without anything that concerns anybody is stored so often at the most: at rest nothing is written. */
const CURSOR_EACH_MS = 10 * 60_000;
/** For events that can't be read, be they ever so many, everything is looked at so often at the most. */
const EVERYTHING_EACH_MS = 10 * 60_000;
/** How far before the last complete read the log is read, where nothing is known of a cursor. */
const LOOK_BACK_MS = 10 * 60_000;
/** How often groups are asked for where the log can be read: it finds what that may have missed. */
const GROUP_CHANGES_EACH_MS = 30 * 60_000;
/** Who may not read the log may be allowed to, later. */
const FORBIDDEN_FOR_MS = 10 * 60_000;

/**
 * Asks Okta what has changed: its system log, by a cursor that misses nothing across restarts and pauses; and its groups
 * when their members changed last, which is all that there is where the log can't be read.
 */
export class ChangePolls {
  readonly #deps: ChangePollsDeps;
  #groupChanges = new GroupChanges();
  #cursor: string | undefined;
  /** What is stored of a cursor was read by a clock that was ahead. */
  #isStoredAhead = false;
  #cursorStoredAt = Number.NEGATIVE_INFINITY;
  /** Whether there were events that couldn't be read, for which everything is still to be looked at. */
  #isUnread = false;
  #everythingAt = Number.NEGATIVE_INFINITY;
  /** Undefined: Okta let the log be read when it was last asked for it. */
  #forbiddenAt: number | undefined;

  constructor(deps: ChangePollsDeps) {
    this.#deps = deps;
  }

  get isLogReadable(): boolean {
    return this.#forbiddenAt === undefined;
  }

  /** Asks from now on: what is known of where it was read to is of a clock that was ahead, and Okta would tell nothing for long. */
  startAnew(): void {
    this.#cursor = undefined;
    this.#isStoredAhead = true;
    this.#groupChanges = new GroupChanges();
  }

  /**
   * Asks once, and notes what concerns somebody.
   * @throws DirectoryError, and what noting throws: then the same is asked again
   */
  async poll(
    organization: Organization,
    directory: Pick<Directory, "events" | "groupsChangedSince">,
  ): Promise<void> {
    if (this.#forbiddenAt === undefined || performance.now() - this.#forbiddenAt >= FORBIDDEN_FOR_MS)
      await this.#pollLog(organization, directory);
    if (!this.isLogReadable || this.#groupChanges.isDue(GROUP_CHANGES_EACH_MS))
      await this.#pollGroups(organization, directory);
  }

  async #pollLog(organization: Organization, directory: Pick<Directory, "events">): Promise<void> {
    if (!this.#isStoredAhead) this.#cursor ??= this.#deps.hints.of(keyOf(organization))?.spec.logCursor;
    for (let isEnd = false; !isEnd; ) {
      const before = this.#cursor;
      try {
        const heard: Hint[] = [];
        for (let page = 0; page < PAGES_AT_ONCE && heard.length < MOST_HEARD && !isEnd; page++) {
          const read = await directory.events(this.#position());
          this.#forbiddenAt = undefined;
          const hints = await this.#deps.concerned(organization, read.events.flatMap(hintsOfEvent));
          for (const hint of hints) heard.push(hint);
          this.#cursor = read.after;
          this.#isUnread ||= read.unreadable > 0;
          if (read.unreadable > 0) this.#deps.onUnreadable(organization, read.unreadable);
          isEnd = read.isEnd;
        }
        await this.#note(organization, heard);
      } catch (error) {
        this.#cursor = before;
        if (error instanceof DirectoryForbiddenError) {
          this.#forbiddenAt = performance.now();
          return;
        }
        if (!(error instanceof DirectoryCursorError)) throw error;
        this.#cursor = undefined;
        this.#deps.onGap();
      }
    }
  }

  #position(): { readonly after: string } | { readonly since: string } {
    if (this.#cursor !== undefined) return { after: this.#cursor };
    const lastFullSync = this.#deps.lastFullSync();
    // Before everything is read for the first time, all that matters is what Okta's reads may not show yet.
    const since = lastFullSync === undefined ? Date.now() - LAG_MS : lastFullSync - LOOK_BACK_MS;
    return { since: new Date(since).toISOString() };
  }

  async #note(organization: Organization, heard: readonly Hint[]): Promise<void> {
    const { hints } = this.#deps;
    const now = performance.now();
    const everything = this.#isUnread && now - this.#everythingAt > EVERYTHING_EACH_MS;
    // What can't be read is read again after a restart until everything is noted for it.
    const isOpen = this.#isUnread && !everything;
    const isStored = hints.of(keyOf(organization))?.spec.logCursor === this.#cursor;
    const isLongAgo = now - this.#cursorStoredAt > CURSOR_EACH_MS;
    if (heard.length === 0 && !everything && (isOpen || isStored || !isLongAgo)) return;
    await hints.heard(organization, {
      hints: heard,
      ...(everything ? { everything } : {}),
      ...(this.#cursor === undefined || isOpen ? {} : { logCursor: this.#cursor }),
    });
    if (!isOpen) this.#cursorStoredAt = now;
    if (everything) {
      this.#isUnread = false;
      this.#everythingAt = now;
    }
    if (heard.length > 0) this.#deps.onHeard("log", heard.length);
  }

  async #pollGroups(
    organization: Organization,
    directory: Pick<Directory, "groupsChangedSince">,
  ): Promise<void> {
    const { found, gone, unknown } = mappedGroups(this.#deps.mappings());
    // Also what was missing so far: it may have been made, or come to be called so.
    const names = new Set([...[...found.values()].map(({ name }) => name), ...gone, ...unknown]);
    const isMapped = ({ id, name }: ChangedGroup): boolean => found.has(id) || names.has(name);
    await this.#groupChanges.read(directory, isMapped, async (changed) => {
      const heard = changed.map(
        ({ id, name, changedTime }): Hint => ({ kind: "group", id, name, eventTime: changedTime }),
      );
      if (heard.length === 0) return;
      await this.#deps.hints.heard(organization, { hints: heard });
      this.#deps.onHeard("groups", heard.length);
    });
  }
}
