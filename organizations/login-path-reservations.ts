import type { Organization } from "../crds/types.ts";
import {
  Cache,
  type CacheOptions,
  type ConfigMap,
  configMaps,
  keyOf,
  type ObjectKey,
  rfc3339,
  splitKey,
} from "../kubernetes/index.ts";
import { presentHolderOf } from "./login-path-claims.ts";
import type { LoginPathPrefixes } from "./login-path-prefixes.ts";

/** A login path that is kept for an organization, whatever happens to its object. */
export type Reservation =
  | {
      /** The organization's key. */
      readonly holder: ObjectKey;
      /** Since when no organization of the holder's namespace has asked for the path: ms since 1970, to the second. */
      readonly unusedSince?: number;
    }
  | Unreadable;

/** An entry that can't be understood. It is nobody's, and stays as it is: somebody has to look at it. */
interface Unreadable {
  readonly holder: undefined;
  readonly unusedSince?: undefined;
  readonly text: string;
}

/** Reservations by login path. */
export type Reservations = ReadonlyMap<string, Reservation>;

/**
 * What a ConfigMap says is reserved, path by path: `team-a/acme`, or `team-a/acme unused since 2026-11-24T09:00:00Z`.
 * People may edit it.
 */
function readReservations({ data = {} }: ConfigMap): Reservations {
  return new Map(Object.entries(data).map(([path, text]) => [path, readReservation(text)]));
}

/** An organization's key, and the time where the path isn't used. */
const LINE = /^\s*([a-z0-9][-a-z0-9]*\/[a-z0-9][-a-z0-9.]*)(?:\s+unused\s+since\s+(\S+))?\s*$/;

function readReservation(text: string): Reservation {
  const unreadable = { holder: undefined, text } as const;
  const [, holder, time] = LINE.exec(text) ?? [];
  if (holder === undefined) return unreadable;
  if (time === undefined) return { holder };
  const unusedSince = Date.parse(time);
  return Number.isNaN(unusedSince) ? unreadable : { holder, unusedSince };
}

/** One reservation as text. */
export function writeReservation(reservation: Reservation): string {
  if (reservation.holder === undefined) return reservation.text;
  const { holder, unusedSince } = reservation;
  if (unusedSince === undefined) return holder;
  return `${holder} unused since ${rfc3339(unusedSince)}`;
}

/** The name of an object, and where it is. */
export interface ObjectOfNamespace {
  readonly namespace: string;
  readonly name: string;
}

/** Keeps the ConfigMap of this name current: no other is asked for, so that a right to this one is enough. */
export function reservationsCache(
  { namespace, name }: ObjectOfNamespace,
  options: Pick<CacheOptions<ConfigMap>, "client" | "log" | "metrics">,
): Cache<ConfigMap> {
  const { client, log, metrics } = options;
  return new Cache({
    type: configMaps,
    namespaces: [namespace],
    name,
    client,
    log,
    ...(metrics && { metrics }),
  });
}

/** Who holds which login path: what the leader has reserved, as this replica knows it. */
export class LoginPathHolders {
  readonly #cache: Pick<Cache<ConfigMap>, "get" | "subscribe">;
  readonly #key: ObjectKey;
  readonly #prefixes: LoginPathPrefixes;
  #read: { from: ConfigMap; reservations: Reservations } | undefined;

  /** @param cache holds the ConfigMap of this key, where there is one */
  constructor(options: {
    cache: Pick<Cache<ConfigMap>, "get" | "subscribe">;
    key: ObjectKey;
    prefixes: LoginPathPrefixes;
  }) {
    this.#cache = options.cache;
    this.#key = options.key;
    this.#prefixes = options.prefixes;
    const known = this.#cache.get(this.#key);
    if (known) this.#remember(known);
    // Also while nobody asks: a replica that only stands by has to know what it said when it is deleted.
    this.#cache.subscribe(({ kind, key, object }) => {
      if (kind !== "deleted" && key === this.#key) this.#remember(object);
    });
  }

  /**
   * What is reserved; undefined where nothing has ever been. Known only when the cache has been read. Where the object is
   * gone, what it said holds until it is there again: whoever deletes it frees nothing.
   */
  get reservations(): Reservations | undefined {
    const from = this.#cache.get(this.#key);
    if (!from) return this.#read?.reservations;
    return this.#remember(from);
  }

  #remember(from: ConfigMap): Reservations {
    if (this.#read?.from !== from) this.#read = { from, reservations: readReservations(from) };
    return this.#read.reservations;
  }

  /**
   * The organization that is served at a login path: the one that it is reserved for, and nobody else.
   * @param organizations all that ask for the path
   */
  of(path: string, organizations: readonly Organization[]): Organization | undefined {
    const allowed = organizations.filter(({ metadata }) =>
      this.#prefixes.allow(metadata.namespace ?? "", path),
    );
    const { reservations } = this;
    if (!reservations) return presentHolderOf(allowed);
    const holder = reservations.get(path)?.holder;
    return allowed.find((organization) => keyOf(organization) === holder);
  }

  /** Whether an organization that isn't known here could hold the path in this namespace; "" is any of them. */
  mayBelongTo(namespace: string, path: string): boolean {
    const { reservations } = this;
    if (!reservations) return true;
    const holder = reservations.get(path)?.holder;
    return holder !== undefined && (namespace === "" || splitKey(holder).namespace === namespace);
  }
}
