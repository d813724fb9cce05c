import { foldedName, type User } from "../../identity/index.ts";

/** What people have come with of a group that somebody has filled in. */
export interface Sighting {
  readonly name: string;
  /** How many people's last received groups have it. */
  readonly people: number;
  /** A name that differs from it by what people overlook, and with which somebody has come. */
  readonly near?: string;
}

/** Names that are compared with what was filled in; a courtesy, not worth unbounded memory. */
const MOST_NAMES = 20_000;

/** Looks, while people pass, with which groups they have come, so that a name that nobody has can be told from a true one. */
export class GroupSightings {
  readonly #people: Map<string, number>;
  readonly #folded: ReadonlyMap<string, readonly string[]>;
  readonly #near = new Map<string, string>();
  readonly #seen = new Set<string>();

  /** @param names of groups that were filled in anew */
  constructor(names: readonly string[]) {
    this.#people = new Map(names.map((name) => [name, 0]));
    this.#folded = Map.groupBy(names, foldedName);
  }

  /** Looks at one of them. */
  look({ groups }: User): void {
    for (const { name } of groups) {
      if (name === undefined) continue;
      const people = this.#people.get(name);
      if (people !== undefined) this.#people.set(name, people + 1);
      if (this.#seen.has(name) || this.#seen.size === MOST_NAMES) continue;
      this.#seen.add(name);
      for (const meant of this.#folded.get(foldedName(name)) ?? [])
        if (meant !== name) this.#near.set(meant, name);
    }
  }

  found(): Sighting[] {
    return Array.from(this.#people, ([name, people]) => {
      const near = this.#near.get(name);
      return { name, people, ...(near === undefined || people > 0 ? {} : { near }) };
    });
  }
}
