import type { Logger } from "pino";
import type { Organization } from "../../crds/types.ts";
import {
  AlreadyExistsError,
  type Cache,
  type Client,
  type ConfigMap,
  ConflictError,
  configMaps,
  isNotLeader,
  keyOf,
} from "../../kubernetes/index.ts";
import {
  LoginPathHolders,
  type ObjectOfNamespace,
  type Reservations,
  writeReservation,
} from "../../organizations/login-path-reservations.ts";
import { type NoRoom, nextReservations, type ReservationRules, Room } from "./next-reservations.ts";

/** What there is to say about an organization's login path. */
export type LoginPathVerdict =
  | { readonly kind: "accepted" }
  /** Kept for the organization of this key; until then (ms since 1970), where nobody uses it. */
  | { readonly kind: "taken"; readonly by: string; readonly until?: number }
  /** The namespace has prefixes of its own, and it is none of them; or it is another namespace's. */
  | { readonly kind: "not-allowed"; readonly prefixes: readonly string[] }
  | { readonly kind: "no-room"; readonly in: NoRoom; readonly perNamespace: number }
  /** What stands in the object for this path can't be understood. */
  | { readonly kind: "unreadable"; readonly object: string }
  | { readonly kind: "unreserved"; readonly why: string };

/** After a write that failed, the next one is tried so much later, ms: many organizations wait for the same one. */
const TRY_AGAIN_MS = 1_000;

/**
 * Reserves login paths, in one object of the operator's own namespace, which the leader alone writes. A write carries
 * the resourceVersion that it was decided on, and is one for all organizations that wait for it.
 */
export class LoginPaths {
  readonly #client: Pick<Client, "create" | "replace">;
  readonly #cache: Cache<ConfigMap>;
  readonly #organizations: Cache<Organization>;
  readonly #isOthers: (organization: Organization) => boolean;
  readonly #holders: LoginPathHolders;
  readonly #object: ObjectOfNamespace;
  readonly #rules: ReservationRules;
  readonly #now: () => number;
  readonly #log: Logger;
  /** Whether something has changed since it was last decided what is to be reserved. */
  #due = true;
  #endsAt = Number.POSITIVE_INFINITY;
  #writing: Promise<void> | undefined;
  /** How many writes have begun. */
  #begun = 0;
  /** The resourceVersion of our last write. */
  #written: string | undefined;
  #failed: { readonly error: Error; readonly at: number } | undefined;

  /** @param client refuses to write where this replica isn't the leader */
  constructor(options: {
    client: Pick<Client, "create" | "replace">;
    /** Holds the object, where there is one. */
    cache: Cache<ConfigMap>;
    organizations: Cache<Organization>;
    /** Whether another release serves it, at an address of its own: then nothing is reserved here. */
    isOthers: (organization: Organization) => boolean;
    object: ObjectOfNamespace;
    rules: ReservationRules;
    /** ms since 1970, by a clock that is the same whoever leads: one that is ahead would free what is kept */
    now: () => number;
    log: Logger;
  }) {
    this.#client = options.client;
    this.#cache = options.cache;
    this.#organizations = options.organizations;
    this.#isOthers = options.isOthers;
    this.#object = options.object;
    this.#rules = options.rules;
    const { cache, object, rules } = options;
    this.#holders = new LoginPathHolders({ cache, key: keyOf(object), prefixes: rules.prefixes });
    this.#now = options.now;
    this.#log = options.log;
    this.#organizations.subscribe((change) => {
      if (change.kind !== "updated" || asksOtherwise(change.previous, change.object)) this.#due = true;
    });
    this.#cache.subscribe(({ kind, object }) => {
      // The answer to a write of our own is no news.
      if (kind === "deleted" || object.metadata.resourceVersion !== this.#written) this.#due = true;
    });
  }

  /**
   * Reserves what is to be reserved by now, and nobody waits for what others ask for afterwards. A failure is remembered, so
   * that `of` can tell of it, and tried again.
   * @throws ConflictError, AlreadyExistsError, NotLeaderError: somebody else has written; decide again
   */
  async settle(): Promise<void> {
    const before = this.#begun;
    for (let isCovered = false; !isCovered && this.#isDue(); ) {
      this.#writing ??= this.#write().finally(() => {
        this.#writing = undefined;
      });
      const mine = this.#begun > before;
      try {
        await this.#writing;
        this.#failed = undefined;
        isCovered = mine;
      } catch (error) {
        this.#due = true;
        // A conflict with what this replica can't read any more goes on until it can.
        const readable = this.#cache.isReadable(this.#object.namespace);
        if ((isLost(error) && readable) || isNotLeader(error) || !(error instanceof Error)) throw error;
        if (this.#failed?.error !== error) {
          this.#failed = { error, at: performance.now() };
          this.#log.warn({ err: error }, "login paths can't be reserved, trying again");
        }
      }
    }
  }

  /** What there is to say about an organization's path, by what is reserved now. */
  of({ metadata, spec }: Organization): LoginPathVerdict {
    const { prefixes, perNamespace, retentionMs } = this.#rules;
    const { namespace = "" } = metadata;
    const path = spec.loginPath;
    if (!prefixes.allow(namespace, path)) return { kind: "not-allowed", prefixes: prefixes.of(namespace) };
    const { reservations } = this.#holders;
    const reservation = reservations?.get(path);
    if (!reservations || !reservation) {
      const room = new Room(reservations ?? new Map(), perNamespace);
      const lacks = room.lacks(path, { holder: keyOf({ metadata }) });
      if (reservations && lacks) return { kind: "no-room", in: lacks, perNamespace };
      return { kind: "unreserved", why: this.#failed?.error.message ?? "it hasn't been written yet" };
    }
    const { holder, unusedSince } = reservation;
    if (holder === undefined) return { kind: "unreadable", object: keyOf(this.#object) };
    if (holder === keyOf({ metadata })) return { kind: "accepted" };
    return unusedSince === undefined
      ? { kind: "taken", by: holder }
      : { kind: "taken", by: holder, until: unusedSince + retentionMs };
  }

  #isDue(): boolean {
    if (this.#failed && performance.now() - this.#failed.at < TRY_AGAIN_MS) return false;
    return this.#due || this.#now() >= this.#endsAt;
  }

  async #write(): Promise<void> {
    this.#due = false;
    this.#begun++;
    const before = this.#cache.get(keyOf(this.#object));
    const { reservations, endsAt } = nextReservations(
      this.#holders.reservations,
      this.#organizations.list().filter((organization) => !this.#isOthers(organization)),
      {
        isRead: (namespace) => this.#organizations.isReadable(namespace),
        rules: this.#rules,
        now: this.#now(),
      },
    );
    this.#endsAt = endsAt;
    const data = dataOf(reservations);
    if (before && isSame(before.data ?? {}, data)) return;
    const written = before
      ? await this.#client.replace(configMaps, { ...before, data })
      : await this.#client.create(configMaps, { metadata: { ...this.#object }, data });
    this.#written = written.metadata.resourceVersion;
    this.#cache.observe(written);
  }
}

/** Whether it asks for another path, or of another release. */
function asksOtherwise(before: Organization, after: Organization): boolean {
  return (
    before.spec.loginPath !== after.spec.loginPath || before.status?.controller !== after.status?.controller
  );
}

/** Somebody else has written: nothing that anybody would have to mend. */
function isLost(error: unknown): boolean {
  return error instanceof ConflictError || error instanceof AlreadyExistsError;
}

function dataOf(reservations: Reservations): Record<string, string> {
  return Object.fromEntries([...reservations].map(([path, each]) => [path, writeReservation(each)]));
}

function isSame(a: Record<string, string>, b: Record<string, string>): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}
