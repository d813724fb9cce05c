import { foldedName, type IdentityStore, type User } from "../../identity/index.ts";
import type { Hint } from "./mapping-conditions.ts";

/** Names per organization that are remembered at the most: hints are a courtesy, not worth unbounded memory. */
const MOST_NAMES = 20_000;

/** A group name that somebody came with for the first time, folded so that what is almost the same is the same. */
export interface LearnedGroup {
  /** "namespace/name" */
  readonly organization: string;
  readonly folded: string;
}

/**
 * The group names with which people have signed in, so that a mapping that differs from one of them by case or
 * surrounding space can be told, even without a directory.
 */
export class KnownGroups {
  readonly #names = new Map<string, { exact: Set<string>; folded: Map<string, string> }>();
  readonly #listeners = new Set<(learned: LearnedGroup) => void>();

  constructor(store: Pick<IdentityStore, "subscribe">) {
    store.subscribe(({ kind, user }) => {
      if (kind !== "deleted") this.#learn(user);
    });
  }

  /** The names in `written` with which nobody came, while somebody came with one that is almost the same. */
  hints(organization: string, written: readonly string[]): Hint[] {
    const known = this.#names.get(organization);
    if (!known) return [];
    return written.flatMap((name) => {
      const actual = known.folded.get(foldedName(name));
      return actual === undefined || known.exact.has(name) ? [] : [{ written: name, actual }];
    });
  }

  /** Tells of every name that nobody came with before, until the returned function is called. */
  subscribe(listener: (learned: LearnedGroup) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #learn({ organization, groups }: User): void {
    const known = this.#names.get(organization) ?? { exact: new Set(), folded: new Map() };
    this.#names.set(organization, known);
    for (const { name } of groups) {
      if (name === undefined || known.exact.has(name) || known.exact.size >= MOST_NAMES) continue;
      known.exact.add(name);
      known.folded.set(foldedName(name), name);
      for (const listener of this.#listeners) listener({ organization, folded: foldedName(name) });
    }
  }
}
