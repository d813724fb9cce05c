import type { Directory } from "../../okta/directory/directory.ts";
import { DirectoryInvalidAnswerError, falseWhereForbidden } from "../../okta/directory/directory-errors.ts";
import type { CountedGroup } from "../../okta/directory/resources.ts";
import type { MappedGroups } from "./mapped-groups.ts";

export type AskedForGroup = Pick<Directory, "groupByID" | "groupWasDeleted">;

/**
 * What Okta says of a group: what it shows of it; that it has deleted it; or neither, so that these credentials may just not
 * be allowed to see it, and nothing is known of who is in it.
 */
export type GroupState = CountedGroup | "deleted" | "not-shown";

export interface EvidenceDeps {
  /** What mappings name, as far as it has been found in Okta. */
  readonly mapped: () => Pick<MappedGroups, "found" | "gone" | "notShown">;
  /** Has groups looked up anew of mappings that may mean these, by Okta's ids of them. */
  readonly lookUpGroups: (ids: readonly string[]) => void;
}

/** A group was shown when its mapping was looked up last: until that is done anew, it isn't known which is right. */
export class GroupVanishedError extends DirectoryInvalidAnswerError {
  constructor(name: string) {
    super(
      `it doesn't show the group ${JSON.stringify(name)}, which it has shown before, and doesn't say that it was deleted; ` +
        "that group is looked up anew.",
    );
  }
}

/** What Okta says of groups, of each of which it is asked once. */
export class GroupEvidence {
  readonly #directory: AskedForGroup;
  readonly #deps: EvidenceDeps;
  readonly #signal: AbortSignal | undefined;
  readonly #asked = new Map<string, Promise<GroupState>>();

  /** @param signal nothing follows from an answer that comes when it has aborted */
  constructor(directory: AskedForGroup, deps: EvidenceDeps, signal?: AbortSignal) {
    this.#directory = directory;
    this.#deps = deps;
    this.#signal = signal;
  }

  /**
   * @throws GroupVanishedError, so that one wrong answer isn't taken for what these credentials may see
   * @throws DirectoryError: then it is asked again by whoever wants to know next; and the signal's reason
   */
  of(id: string): Promise<GroupState> {
    const known = this.#asked.get(id);
    if (known) return known;
    const asked = this.#ask(id);
    this.#asked.set(id, asked);
    asked.catch(() => this.#asked.delete(id)); // whoever waits for it is told
    return asked;
  }

  async #ask(id: string): Promise<GroupState> {
    const group = await this.#directory.groupByID(id);
    this.#signal?.throwIfAborted();
    if (group) return group;
    // Where the log may not be read, nobody can say.
    if (await falseWhereForbidden(this.#directory.groupWasDeleted(id))) return "deleted";
    const { found, notShown } = this.#deps.mapped();
    const name = found.get(id)?.name;
    if (name === undefined || notShown.has(id)) return "not-shown";
    this.#deps.lookUpGroups([id]);
    throw new GroupVanishedError(name);
  }
}
