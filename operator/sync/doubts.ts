import type { ReadGroups, ReceivedGroup } from "../../identity/index.ts";
import type { Directory } from "../../okta/directory/directory.ts";

/**
 * Asks Okta, of each group once, what it is called where what is stored of somebody says otherwise than what was read:
 * whoever is in a group that was renamed holds nothing by the name that it had.
 */
export class Doubts {
  readonly #read: ReadGroups;
  readonly #directory: Pick<Directory, "groupByID">;
  readonly #asked = new Set<string>();
  /** Why one of them couldn't be asked for: of that group, what is stored stands. */
  failure: unknown;

  constructor(read: ReadGroups, directory: Pick<Directory, "groupByID">) {
    this.#read = read;
    this.#directory = directory;
  }

  /** Never throws. @param groups as they are stored of somebody */
  async settle(groups: readonly ReceivedGroup[]): Promise<void> {
    for (const group of groups) {
      const { id } = group;
      if (id === undefined || this.#asked.has(id) || !this.#read.isInDoubt(group)) continue;
      this.#asked.add(id);
      try {
        this.#read.learn(id, (await this.#directory.groupByID(id))?.name);
      } catch (error) {
        this.failure ??= error;
      }
    }
  }
}
