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

/** Of an organization: by a name's folded form, the names that fold to it, in the order in which they were learned. */
interface Known {
  /** Accounts that there are. */
  accounts: number;
  readonly exact: Set<string>;
  readonly folded: Map<string, string[]>;
}

/**
 * The group names with which people have signed in, so that a mapping that differs from one of them by case or
 * surrounding space can be told, even without a directory.
 */
export class KnownGroups {
  readonly #names = new Map<string, Known>();
  readonly #listeners = new Set<(learned: LearnedGroup) => void>();

  constructor(store: Pick<IdentityStore, "subscribe">) {
    store.subscribe(({ kind, user }) => {
      if (kind === "added") this.#of(user.organization).accounts++;
      if (kind === "deleted") this.#gone(user.organization);
      else this.#learn(user);
    });
  }

  /** The names in `written` with which nobody came, while somebody came with one that is almost the same. */
  hints(organization: string, written: readonly string[]): Hint[] {
    const known = this.#names.get(organization);
    if (!known) return [];
    return written.flatMap((name) => {
      const actual = known.folded.get(foldedName(name))?.at(-1);
      return actual === undefined || known.exact.has(name) ? [] : [{ written: name, actual }];
    });
  }

  /** The names with which somebody came and that are almost, but not exactly, one of these. */
  almost(organization: string, names: Iterable<string>): string[] {
    const known = this.#names.get(organization);
    if (!known) return [];
    return Array.from(names).flatMap((name) =>
      (known.folded.get(foldedName(name)) ?? []).filter((other) => other !== name),
    );
  }

  /** Tells of every name that nobody came with before, until the returned function is called. */
  subscribe(listener: (learned: LearnedGroup) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #of(organization: string): Known {
    const known = this.#names.get(organization) ?? { accounts: 0, exact: new Set(), folded: new Map() };
    this.#names.set(organization, known);
    return known;
  }

  /** With its last account goes all that is known of an organization: the next of its name is somebody else's. */
  #gone(organization: string): void {
    const known = this.#names.get(organization);
    if (known && --known.accounts <= 0) this.#names.delete(organization);
  }

  #learn({ organization, groups }: User): void {
    const known = this.#of(organization);
    for (const { name } of groups) {
      if (name === undefined || known.exact.has(name) || known.exact.size >= MOST_NAMES) continue;
      known.exact.add(name);
      const folded = foldedName(name);
      const alike = known.folded.get(folded);
      if (alike) alike.push(name);
      else known.folded.set(folded, [name]);
      for (const listener of this.#listeners) listener({ organization, folded });
    }
  }
}
