import { digestOf, type LossCause, SetDigest } from "../../identity/index.ts";

/** Somebody who is to be deactivated or to lose admin roles, as the condition tells of them. */
export interface Pending {
  readonly cause: LossCause;
  /** Whether they lose everything; else, admin roles alone. */
  readonly isDeactivated: boolean;
  /** The admin roles that they lose. */
  readonly adminRoles: readonly string[];
  /** The groups that they no longer are in. */
  readonly missing: readonly string[];
  readonly who: string;
}

interface Entry {
  pending: Pending;
  /** Those who come later have a higher one. */
  number: number;
  isApproved: boolean;
  readonly digest: bigint;
}

/**
 * Who is to be deactivated in an organization or to lose an admin role: those who wait for that to be allowed, and those
 * of whom somebody has approved it. Whoever leaves the set and comes again comes as somebody new, and so does whoever is
 * to lose something else.
 *
 * What is told of those who wait follows each change, so that telling it costs the same however many they are.
 */
export class PendingSet {
  readonly #entries = new Map<string, Entry>();
  readonly #digest = new SetDigest();
  readonly #causes = new Map<LossCause, number>();
  readonly #missing = new Map<string, number>();
  /** Of those who wait, by the admin roles that they lose. */
  readonly #admins = new Map<string, Set<Entry>>();
  #deactivated = 0;
  #approved = 0;
  #revoked = 0;
  #last = 0;

  /** How many wait. */
  get size(): number {
    return this.#entries.size - this.#approved;
  }

  /** How many of those who wait are to be deactivated. */
  get deactivated(): number {
    return this.#deactivated;
  }

  /** The admin roles that those who wait lose. */
  get adminRoles(): Iterable<string> {
    return this.#admins.keys();
  }

  /** Some of those who wait and lose this admin role, and how many these are. */
  losingRole(role: string, most: number): [some: string[], all: number] {
    const losing = this.#admins.get(role) ?? new Set();
    return [Array.from(losing.values().take(most), ({ pending }) => pending.who), losing.size];
  }

  /** How many are approved. */
  get approved(): number {
    return this.#approved;
  }

  /** How often somebody's approval was taken back. */
  get revoked(): number {
    return this.#revoked;
  }

  /** The number of who came last. */
  get last(): number {
    return this.#last;
  }

  /** Says who waits, in whatever order they came: the same after a restart. */
  get digest(): string {
    return `${this.size}:${this.#digest}`;
  }

  /** How many wait for each cause. */
  get causes(): ReadonlyMap<LossCause, number> {
    return this.#causes;
  }

  /** How many of those who wait no longer are in each of these groups. */
  get missing(): ReadonlyMap<string, number> {
    return this.#missing;
  }

  /** Some of those who wait. */
  some(most: number): string[] {
    const some: string[] = [];
    if (this.size === 0) return some;
    for (const { isApproved, pending } of this.#entries.values()) {
      if (some.length === most) break;
      if (!isApproved) some.push(pending.who);
    }
    return some;
  }

  /** Everybody's refs. */
  refs(): string[] {
    return [...this.#entries.keys()];
  }

  isApproved(ref: string): boolean {
    return this.#entries.get(ref)?.isApproved === true;
  }

  set(ref: string, pending: Pending): void {
    const digest = digestOf(idOf(ref, pending));
    if (this.#entries.get(ref)?.digest !== digest) this.delete(ref);
    const known = this.#entries.get(ref);
    if (!known) {
      this.#last++;
      const entry = { pending, number: this.#last, isApproved: false, digest };
      this.#entries.set(ref, entry);
      this.#waits(entry, 1);
    } else if (!known.isApproved) {
      this.#tell(known, -1);
      known.pending = pending;
      this.#tell(known, 1);
    }
  }

  delete(ref: string): void {
    const known = this.#entries.get(ref);
    if (!known) return;
    this.#entries.delete(ref);
    if (known.isApproved) this.#approved--;
    else this.#waits(known, -1);
  }

  /** Approves those who had come when this number was the last. */
  approve(upTo: number): void {
    for (const entry of this.#entries.values()) {
      if (entry.isApproved || entry.number > upTo) continue;
      this.#waits(entry, -1);
      entry.isApproved = true;
      this.#approved++;
    }
  }

  /**
   * Takes approvals back that are not carried out: they were given for something else. Whoever takes them from here one
   * by one may let others run in between; approvals that are given meanwhile are taken back, too, or not.
   */
  *revoke(): Generator<void> {
    if (this.#approved === 0) return;
    for (const entry of this.#entries.values()) {
      if (entry.isApproved) {
        entry.isApproved = false;
        this.#approved--;
        this.#revoked++;
        this.#last++;
        entry.number = this.#last; // as somebody new
        this.#waits(entry, 1);
      }
      yield;
    }
  }

  #waits(entry: Entry, by: 1 | -1): void {
    if (by === 1) this.#digest.add(entry.digest);
    else this.#digest.remove(entry.digest);
    this.#tell(entry, by);
  }

  #tell(entry: Entry, by: 1 | -1): void {
    const { cause, missing, isDeactivated, adminRoles } = entry.pending;
    count(this.#causes, cause, by);
    for (const group of missing) count(this.#missing, group, by);
    if (isDeactivated) this.#deactivated += by;
    for (const role of adminRoles) {
      const losing = this.#admins.get(role) ?? new Set();
      if (by === 1) this.#admins.set(role, losing.add(entry));
      else if (losing.delete(entry) && losing.size === 0) this.#admins.delete(role);
    }
  }
}

/** What the digest says of somebody: whether they lose everything, else which admin roles. */
function idOf(ref: string, { isDeactivated, adminRoles }: Pending): string {
  return isDeactivated ? ref : [ref, ...adminRoles].join(" ");
}

function count<K>(counts: Map<K, number>, key: K, by: 1 | -1): void {
  const left = (counts.get(key) ?? 0) + by;
  if (left > 0) counts.set(key, left);
  else counts.delete(key);
}
