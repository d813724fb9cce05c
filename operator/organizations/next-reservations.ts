import type { Organization } from "../../crds/types.ts";
import { keyOf, type ObjectKey, splitKey } from "../../kubernetes/index.ts";
import { isOlder, oldestOf, presentHolderOf } from "../../organizations/login-path-claims.ts";
import type { LoginPathPrefixes } from "../../organizations/login-path-prefixes.ts";
import {
  type Reservation,
  type Reservations,
  writeReservation,
} from "../../organizations/login-path-reservations.ts";

/** What bounds the reservations of login paths. */
export interface ReservationRules {
  readonly prefixes: LoginPathPrefixes;
  /** Paths that one namespace may have reserved at once, those that nobody uses any more included. */
  readonly perNamespace: number;
  /** How long a path stays reserved that no organization of its namespace asks for, ms. */
  readonly retentionMs: number;
}

/** Most bytes of all reservations together: an object of Kubernetes has at most a MiB. */
const MOST_BYTES = 900 * 1024;

export interface NextReservations {
  readonly reservations: Reservations;
  /** When the first of them ends that nobody uses, unless something changes: ms since 1970. */
  readonly endsAt: number;
}

/** How soon it is looked whether a namespace can be read by now. */
const LOOK_AGAIN_MS = 60_000;

/**
 * What has to be reserved, given what is. Whoever holds a path keeps it, by the name of their namespace and object: an
 * organization that is made again, however young, has it back. Where the holder has gone over to another path, one of
 * its own namespace that asks for it has it at once. What nobody has reserved goes to the oldest who asks for it.
 *
 * @param before undefined where nothing has ever been reserved: then whoever holds a path now gets it, limits aside
 * @param organizations all of them
 * @param isRead whether what is known of a namespace is all that there is: else nothing is gone from it
 * @param now ms since 1970
 */
export function nextReservations(
  before: Reservations | undefined,
  organizations: readonly Organization[],
  { isRead, rules, now }: { isRead: (namespace: string) => boolean; rules: ReservationRules; now: number },
): NextReservations {
  const { prefixes, perNamespace, retentionMs } = rules;
  const asking = Map.groupBy(
    organizations.filter(({ metadata, spec }) => prefixes.allow(metadata.namespace ?? "", spec.loginPath)),
    ({ spec }) => spec.loginPath,
  );
  const present = new Set(organizations.map(keyOf));
  const next = new Map<string, Reservation>();
  let endsAt = Number.POSITIVE_INFINITY;
  for (const [path, reservation] of before ?? presentHolders(asking)) {
    const kept = keep(path, reservation, { asking: asking.get(path) ?? [], present, isRead, rules, now });
    if (!kept) continue;
    next.set(path, kept);
    if (kept.unusedSince === undefined) continue;
    const ends = kept.unusedSince + retentionMs;
    // One of a namespace that can't be read is over, and kept all the same: it is looked at again, and not at once.
    endsAt = Math.min(endsAt, ends > now ? ends : now + LOOK_AGAIN_MS);
  }
  const room = new Room(next, perNamespace);
  const unreserved = [...asking].flatMap(([path, all]) => (next.has(path) ? [] : all));
  for (const organization of unreserved.sort(byAge)) {
    const path = organization.spec.loginPath;
    if (next.has(path)) continue;
    const reservation = { holder: keyOf(organization) };
    if (room.take(path, reservation)) next.set(path, reservation);
  }
  return { reservations: next, endsAt };
}

/** What becomes of one reservation; undefined when the path is free. */
function keep(
  path: string,
  reservation: Reservation,
  {
    asking,
    present,
    isRead,
    rules,
    now,
  }: {
    asking: readonly Organization[];
    present: ReadonlySet<ObjectKey>;
    isRead: (namespace: string) => boolean;
    rules: ReservationRules;
    now: number;
  },
): Reservation | undefined {
  const { holder } = reservation;
  if (holder === undefined) return reservation;
  const { namespace } = splitKey(holder);
  if (!rules.prefixes.allow(namespace, path)) return undefined;
  const own = asking.filter(({ metadata }) => metadata.namespace === namespace);
  if (own.some((organization) => keyOf(organization) === holder)) return { holder };
  if (!isRead(namespace)) return reservation;
  // An organization that is gone may be about to be made again.
  const heir = present.has(holder) ? oldestOf(own) : undefined;
  if (heir) return { holder: keyOf(heir) };
  const unusedSince = reservation.unusedSince ?? Math.floor(now / 1000) * 1000;
  return now - unusedSince < rules.retentionMs ? { holder, unusedSince } : undefined;
}

function presentHolders(asking: ReadonlyMap<string, readonly Organization[]>): Map<string, Reservation> {
  const holders = new Map<string, Reservation>();
  for (const [path, organizations] of asking) {
    const holder = presentHolderOf(organizations);
    if (holder) holders.set(path, { holder: keyOf(holder) });
  }
  return holders;
}

/** Why a namespace gets no further login path. */
export type NoRoom = "namespace" | "all";

/** What room there is for further reservations: in each namespace, and in all. */
export class Room {
  readonly #perNamespace: number;
  readonly #taken = new Map<string, number>();
  #bytes = 0;

  constructor(reservations: Reservations, perNamespace: number) {
    this.#perNamespace = perNamespace;
    for (const [path, reservation] of reservations) this.#add(path, reservation);
  }

  /** @returns whether there was room */
  take(path: string, reservation: Reservation): boolean {
    if (this.lacks(path, reservation) !== undefined) return false;
    this.#add(path, reservation);
    return true;
  }

  /** What there is no room in; undefined where there is some. */
  lacks(path: string, reservation: Reservation): NoRoom | undefined {
    const taken = this.#taken.get(namespaceOf(reservation)) ?? 0;
    if (taken >= this.#perNamespace) return "namespace";
    return this.#bytes + bytesOf(path, reservation) > MOST_BYTES ? "all" : undefined;
  }

  #add(path: string, reservation: Reservation): void {
    const namespace = namespaceOf(reservation);
    this.#taken.set(namespace, (this.#taken.get(namespace) ?? 0) + 1);
    this.#bytes += bytesOf(path, reservation);
  }
}

function namespaceOf({ holder }: Reservation): string {
  return holder === undefined ? "" : splitKey(holder).namespace;
}

/** At most, as JSON: with the time since when it isn't used. */
function bytesOf(path: string, reservation: Reservation): number {
  const { holder } = reservation;
  const longest = holder === undefined ? reservation : { holder, unusedSince: 0 };
  return path.length + writeReservation(longest).length + 6;
}

function byAge(a: Organization, b: Organization): number {
  if (a === b) return 0;
  return isOlder(a, b) ? -1 : 1;
}
