import { createHash } from "node:crypto";
import type { IdentityStore, Role, User, UserEvent } from "../../identity/index.ts";
import { ConcurrencyLimit } from "../sign-in/concurrency-limit.ts";
import { matcher, type RosterFilter } from "./roster-entry.ts";
import { RosterIndex } from "./roster-index.ts";
import { type FoundPart, Listing } from "./roster-listing.ts";
import { formatCursor, parseCursor, type RosterOrder } from "./roster-sort.ts";
import { ScanTurns, type Slices } from "./scan-turns.ts";

/** Which page of which list is asked for. */
export interface RosterQuery extends RosterFilter, RosterOrder {
  /** At most so many users. */
  readonly limit: number;
  /** Those behind this place, from `next` of another page. */
  readonly after?: string | undefined;
  /** Those before this place, from `previous` of another page. */
  readonly before?: string | undefined;
}

export interface RosterPage {
  readonly users: readonly User[];
  /** Users that the organization has. */
  readonly total: number;
  /** How many of them the filter lets through, on all pages. */
  readonly filtered: number;
  /** As `Roster.version`, before anything was read for this page. */
  readonly version: string;
  /** Where the next page begins, and where the one before ends; absent where there is none. */
  readonly next?: string;
  readonly previous?: string;
}

/** Too much is being looked up at once. */
export class RosterBusyError extends Error {
  readonly code = "users-busy";
  readonly retryAfterS = 2;
  /** Whether all of it was asked by the same caller. */
  readonly byOneCaller: boolean;

  constructor(byOneCaller: boolean) {
    super(
      "Users of this organization are being looked up more often than is done at once. Try again in a moment.",
    );
    this.byOneCaller = byOneCaller;
  }
}

export interface RosterOptions {
  readonly store: Pick<IdentityStore, "users" | "read" | "subscribe">;
  /** The roles of an organization as they are called now. */
  readonly catalogue: (organization: string) => readonly (Role & { displayName?: string })[];
  /** After how long without a question an organization's index is let go, in ms. */
  readonly unusedMs?: number;
}

/** Longer than a list is left open between two looks at it. */
const UNUSED_MS = 5 * 60_000;

/** Users in one batch of `all`. */
const BATCH = 200;

/**
 * The users of an organization as a list: searched, filtered, sorted, page by page. For each organization that is looked at,
 * it keeps a small entry of every user, for as long as somebody looks. Whatever is asked for is done in slices, that of
 * each organization in its turn, and only so much at once for each organization and each caller.
 */
export class Roster {
  readonly #options: RosterOptions;
  readonly #turns = new ScanTurns();
  readonly #indexes = new Map<string, { index: RosterIndex; unused: NodeJS.Timeout }>();
  readonly #ofOrganization = new ConcurrencyLimit(2, {
    waitingForEach: 16,
    refusal: () => new RosterBusyError(false),
  });
  readonly #ofCaller = new ConcurrencyLimit(1, {
    waitingForEach: 8,
    refusal: () => new RosterBusyError(true),
  });
  readonly #catalogues = new WeakMap<object, string>();

  constructor(options: RosterOptions) {
    this.#options = options;
    options.store.subscribe((event) => this.#heard(event));
  }

  /**
   * Changes when, and only when, something of the organization's users changes or its roles are called otherwise. The same
   * at every replica that has heard of the same.
   * @param organization "namespace/name"
   * @throws StoreError
   */
  async version(organization: string): Promise<string> {
    return this.#versionOf(organization, await this.#index(organization));
  }

  /**
   * One page of the list.
   * @param organization "namespace/name"
   * @param caller whose questions are answered one after the other
   * @throws RequestError for a cursor that isn't one of this order; RosterBusyError; StoreError
   */
  async page(organization: string, query: RosterQuery, caller: string): Promise<RosterPage> {
    const { limit } = query;
    const after = query.after === undefined ? undefined : parseCursor(query, query.after);
    const before = query.before === undefined ? undefined : parseCursor(query, query.before);
    const index = await this.#index(organization);
    const version = this.#versionOf(organization, index);
    const list = new Listing(await index.sorted(query.sort), query);
    const part = { after, before, limit };
    const matches = matcher(query);
    const found: FoundPart & { matching?: number } = matches
      ? await this.#scan(organization, caller, (slices) => list.matchingPart(matches, part, slices))
      : list.part(part);
    const { entries, follows, precedes, matching = index.size } = found;
    const [first, last] = [entries[0], entries.at(-1)];
    return {
      users: await this.#read(entries),
      total: index.size,
      filtered: matching,
      version,
      ...(follows && last ? { next: formatCursor(query, last) } : {}),
      ...(precedes && first ? { previous: formatCursor(query, first) } : {}),
    };
  }

  /**
   * Everybody whom a filter lets through, in batches, in the order in which they stand at the beginning: whoever is there all
   * the time comes once, whatever place they have meanwhile. Of each, what is so when their batch is read.
   * @throws RosterBusyError; StoreError
   */
  async *all(
    organization: string,
    query: RosterFilter & RosterOrder,
    caller: string,
  ): AsyncGenerator<readonly User[]> {
    const matches = matcher(query) ?? (() => true);
    const list = new Listing(await (await this.#index(organization)).sorted(query.sort), query);
    const found = await this.#scan(organization, caller, (slices) => list.everybodyMatching(matches, slices));
    const refs = found.map(({ ref }) => ref);
    let from = 0;
    do {
      const index = await this.#index(organization);
      const batch = refs.slice(from, from + BATCH).flatMap((ref) => index.entry(ref) ?? []);
      yield await this.#read(batch.filter(matches));
      from += BATCH;
    } while (from < refs.length);
  }

  /** A user of this organization by the name of their account; undefined for others', as for nobody's. */
  async find(organization: string, name: string): Promise<User | undefined> {
    const [namespace = ""] = organization.split("/");
    const user = await this.#options.store.read(`${namespace}/${name}`);
    return user?.organization === organization ? user : undefined;
  }

  async #read(entries: readonly { readonly ref: string }[]): Promise<User[]> {
    const users = await Promise.all(entries.map(({ ref }) => this.#options.store.read(ref)));
    return users.filter((user) => user !== undefined);
  }

  #scan<T>(organization: string, caller: string, work: (slices: Slices) => Promise<T>): Promise<T> {
    return this.#ofCaller.run(JSON.stringify([organization, caller]), () =>
      this.#ofOrganization.run(organization, async () => work(await this.#turns.begin(organization))),
    );
  }

  #versionOf(organization: string, { version }: RosterIndex): string {
    const roles = this.#options.catalogue(organization);
    let catalogue = this.#catalogues.get(roles);
    if (catalogue === undefined) {
      catalogue = createHash("sha256").update(JSON.stringify(roles)).digest("base64url").slice(0, 12);
      this.#catalogues.set(roles, catalogue);
    }
    return `${version}-${catalogue}`;
  }

  async #index(organization: string): Promise<RosterIndex> {
    const { store, unusedMs = UNUSED_MS } = this.#options;
    let known = this.#indexes.get(organization);
    if (!known) {
      const index = new RosterIndex(organization, store, this.#turns);
      const unused = setTimeout(() => this.#indexes.delete(organization), unusedMs).unref();
      known = { index, unused };
      this.#indexes.set(organization, known);
    }
    known.unused.refresh();
    try {
      await known.index.whenRead();
    } catch (error) {
      // Not everybody could be read: whoever asks next has it tried anew.
      if (this.#indexes.get(organization) === known) this.#indexes.delete(organization);
      throw error;
    }
    return known.index;
  }

  #heard(event: UserEvent): void {
    const { user, previous } = event;
    for (const organization of new Set([user.organization, previous?.organization ?? user.organization]))
      this.#indexes.get(organization)?.index.heard(event);
  }
}
