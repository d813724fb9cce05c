import { foldedName, type ReceivedGroup } from "./identity.ts";

/** What names groups: by id alone where it names an id, else by name. */
interface NamesGroups {
  readonly groups: readonly ReceivedGroup[];
}

/** An entry, and a group that it names almost as somebody was received. */
export interface AlmostNamed<T> {
  readonly entry: T;
  readonly name: string;
}

/** What names groups, found by them. Entries are told apart by themselves: remove the one that was added. */
export class GroupIndex<T extends NamesGroups> {
  readonly #byName = new Map<string, T[]>();
  readonly #byID = new Map<string, T[]>();
  /** By the folded form of names that aren't their own: most are, so that this is small. */
  readonly #byFolded = new Map<string, T[]>();

  add(entry: T): void {
    for (const { name, id } of entry.groups) {
      if (id !== undefined) add(this.#byID, id, entry);
      if (name === undefined) continue;
      add(this.#byName, name, entry);
      const folded = foldedName(name);
      if (folded !== name) add(this.#byFolded, folded, entry);
    }
  }

  remove(entry: T): void {
    for (const { name, id } of entry.groups) {
      if (id !== undefined) remove(this.#byID, id, entry);
      if (name === undefined) continue;
      remove(this.#byName, name, entry);
      remove(this.#byFolded, foldedName(name), entry);
    }
  }

  clear(): void {
    for (const index of [this.#byName, this.#byID, this.#byFolded]) index.clear();
  }

  get namesByID(): boolean {
    return this.#byID.size > 0;
  }

  /** Those that name this very group, each once. */
  of(group: ReceivedGroup): Iterable<T> {
    const named = group.name === undefined ? undefined : this.#byName.get(group.name);
    const numbered = group.id === undefined ? undefined : this.#byID.get(group.id);
    if (!named) return numbered ?? [];
    if (!numbered) return named;
    return new Set([...named, ...numbered]);
  }

  /** Those that don't name this group, but one whose name differs by what people overlook (see `foldedName`). */
  almost(received: string): AlmostNamed<T>[] {
    const folded = foldedName(received);
    const entries = new Set([...(this.#byName.get(folded) ?? []), ...(this.#byFolded.get(folded) ?? [])]);
    return [...entries].flatMap((entry) => {
      const names = entry.groups.flatMap(({ name }) => name ?? []);
      if (names.includes(received)) return [];
      return names.filter((name) => foldedName(name) === folded).map((name) => ({ entry, name }));
    });
  }
}

/** Adds an entry to an index of several per key. */
export function add<T>(index: Map<string, T[]>, key: string, entry: T): void {
  const entries = index.get(key);
  if (!entries) index.set(key, [entry]);
  // One entry may name one group twice.
  else if (entries.at(-1) !== entry) entries.push(entry);
}

/** Removes it again; one that isn't there is no error. */
export function remove<T>(index: Map<string, T[]>, key: string, entry: T): void {
  const left = index.get(key)?.filter((other) => other !== entry) ?? [];
  if (left.length > 0) index.set(key, left);
  else index.delete(key);
}
