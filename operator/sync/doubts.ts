import type { ReadGroups, ReceivedGroup } from "../../identity/index.ts";
import type { GroupEvidence } from "./group-evidence.ts";

/**
 * Asks Okta, of each group once, what it is called where what is stored of somebody says otherwise than what was read:
 * whoever is in a group that was renamed holds nothing by the name that it had. Of a group that Okta doesn't show, and
 * doesn't say either that it was deleted, what is stored stands.
 */
export class Doubts {
  readonly #read: ReadGroups;
  readonly #evidence: GroupEvidence;
  readonly #asked = new Set<string>();
  /** Why one of them couldn't be asked for: of that group, what is stored stands. */
  failure: unknown;

  constructor(read: ReadGroups, evidence: GroupEvidence) {
    this.#read = read;
    this.#evidence = evidence;
  }

  /** Never throws. @param groups as they are stored of somebody */
  async settle(groups: readonly ReceivedGroup[]): Promise<void> {
    for (const group of groups) {
      const { id } = group;
      if (id === undefined || this.#asked.has(id) || !this.#read.isInDoubt(group)) continue;
      this.#asked.add(id);
      try {
        const state = await this.#evidence.of(id);
        if (state !== "not-shown") this.#read.learn(id, state === "deleted" ? undefined : state.name);
      } catch (error) {
        this.failure ??= error;
      }
    }
  }
}
