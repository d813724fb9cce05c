import { type IdentityStore, SetDigest, type User, type UserEvent } from "../../identity/index.ts";
import { Shared } from "../../kubernetes/index.ts";
import { type Entry, entryOf } from "./roster-entry.ts";
import { COMPARE, type RosterSort } from "./roster-sort.ts";
import type { ScanTurns } from "./scan-turns.ts";
import { SortedEntries } from "./sorted-entries.ts";

/** The users of one organization, to be found and listed in any order: read once, and kept current from then on. */
export class RosterIndex {
  readonly #organization: string;
  readonly #store: Pick<IdentityStore, "users">;
  readonly #turns: ScanTurns;
  readonly #entries = new Map<string, Entry>();
  readonly #digest = new SetDigest();
  readonly #roles = new Shared<readonly string[]>();
  readonly #sorted = new Map<RosterSort, { entries: SortedEntries; done: Promise<void> }>();
  /** Whom news have come of while everybody is being read: what is read of them may be older. */
  #heardOf: Set<string> | undefined = new Set();
  readonly #read: Promise<void>;

  /** From now on it has to be told of everything that happens: see `heard`. */
  constructor(organization: string, store: Pick<IdentityStore, "users">, turns: ScanTurns) {
    this.#organization = organization;
    this.#store = store;
    this.#turns = turns;
    this.#read = this.#readAll();
    this.#read.catch(() => {}); // told to those who wait for it
  }

  /** Resolves when everybody is in it. @throws StoreError */
  whenRead(): Promise<void> {
    return this.#read;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Says in which version who is there: the same wherever and whenever that is the same. */
  get version(): string {
    return this.#digest.toString();
  }

  /** What is kept of one of them; undefined for whoever isn't here any more. */
  entry(ref: string): Entry | undefined {
    return this.#entries.get(ref);
  }

  /** Everybody in this order. */
  async sorted(sort: RosterSort): Promise<SortedEntries> {
    let made = this.#sorted.get(sort);
    if (!made) {
      const entries = new SortedEntries(COMPARE[sort]);
      // It is in the map before the first of them is in it: whoever comes or goes meanwhile comes into it as well.
      made = { entries, done: this.#sort(entries) };
      this.#sorted.set(sort, made);
    }
    await made.done;
    return made.entries;
  }

  /** Something has happened to a user of this organization, or to one who was or now is. */
  heard({ kind, user }: UserEvent): void {
    this.#heardOf?.add(user.ref);
    const isHere = kind !== "deleted" && user.organization === this.#organization;
    this.#put(user.ref, isHere ? user : undefined);
  }

  async #readAll(): Promise<void> {
    const slices = await this.#turns.begin(this.#organization);
    for await (const user of this.#store.users(this.#organization)) {
      if (!this.#heardOf?.has(user.ref)) this.#put(user.ref, user);
      await slices.pause();
    }
    this.#heardOf = undefined;
  }

  async #sort(into: SortedEntries): Promise<void> {
    const slices = await this.#turns.begin(this.#organization);
    for (const entry of this.#entries.values()) {
      into.add(entry);
      await slices.pause();
    }
  }

  #put(ref: string, user: User | undefined): void {
    const before = this.#entries.get(ref);
    const now = user && entryOf(user, (roles) => this.#roles.of(JSON.stringify(roles), roles));
    if (before) this.#digest.remove(before.digest);
    if (now) {
      this.#digest.add(now.digest);
      this.#entries.set(ref, now);
    } else this.#entries.delete(ref);
    for (const { entries } of this.#sorted.values()) {
      if (before) entries.delete(before);
      if (now) entries.add(now);
    }
  }
}
