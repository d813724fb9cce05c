import {
  AdminForecast,
  adminLossCause,
  adminRolesHeld,
  groupLabel,
  type IdentityStore,
  lossCause,
  lostAdminRoles,
  type Policies,
  type PolicyChange,
  resolveStoredAccess,
  type Touched,
  type User,
} from "../../identity/index.ts";
import { letOthersRun } from "../../kubernetes/index.ts";
import { type Pending, PendingSet } from "./pending-set.ts";

/** A count of one organization, from the change of its policy until everybody whom it touches was looked at. */
interface Count {
  /** Whom the next pass looks at; undefined: the present one is the last. */
  next: Touched | "all" | undefined;
  /** Who was looked at since the present pass began. A pass reads what was, events tell what is. */
  readonly seen: Set<string>;
  /** Who is to be reconciled when all are counted. */
  readonly waiting: Set<string>;
  /** What was approved is still to be taken back: it was approved of another policy. */
  revokes: boolean;
}

/**
 * Whom what is stored and the present policies would deactivate or take admin roles from, and of whom that isn't done yet;
 * and who would be left in those roles. A changed policy is
 * looked at as a whole: until everybody whom it touches is counted, it takes nothing from anybody of its organization.
 */
export class PendingDeactivations {
  readonly #store: Pick<IdentityStore, "users" | "usersInGroups" | "usersOfMapping">;
  readonly #policies: Pick<Policies, "of">;
  readonly #pending = new Map<string, PendingSet>();
  readonly #admins = new Map<string, AdminForecast>();
  readonly #counts = new Map<string, Count>();

  constructor(deps: {
    store: Pick<IdentityStore, "users" | "usersInGroups" | "usersOfMapping">;
    policies: Pick<Policies, "of">;
  }) {
    this.#store = deps.store;
    this.#policies = deps.policies;
  }

  /** Not all of them while the organization is being counted. */
  of(organization: string): PendingSet {
    return this.#pending.get(organization) ?? new PendingSet();
  }

  /** The admin roles that would be taken from those who wait, and that nobody would hold any more. */
  lastAdminRoles(organization: string): string[] {
    const forecast = this.#admins.get(organization);
    return forecast ? [...this.of(organization).adminRoles].filter((role) => forecast.losesLast(role)) : [];
  }

  /** Whether a changed policy hasn't shown yet whom it would deactivate. */
  isCounting(organization: string): boolean {
    return this.#counts.has(organization);
  }

  /**
   * Takes note of a changed policy. From now on the organization is being counted, and until that is over nobody acts upon
   * an approval: `count` has to follow, which may take its time.
   */
  policyChanged({ organization, touched }: PolicyChange): void {
    const count = this.#counts.get(organization) ?? newCount();
    this.#counts.set(organization, count);
    count.next = both(count.next, touched);
    count.revokes = true;
  }

  /**
   * Looks at everybody whom the changes of an organization's policy touch, those that come meanwhile included.
   * @returns their refs, to be reconciled, with those who were put off
   * @throws what reading the store throws, and the signal's reason: then it is still being counted
   */
  async count(organization: string, signal: AbortSignal): Promise<ReadonlySet<string>> {
    const count = this.#counts.get(organization);
    if (!count) return NOBODY;
    while (count.next !== undefined) {
      const touched = count.next;
      count.next = undefined;
      count.seen.clear();
      try {
        await this.#revoke(organization, count, signal);
        await this.#pass(organization, touched, count, signal);
      } catch (error) {
        count.next = both(count.next, touched);
        throw error;
      }
    }
    this.#counts.delete(organization);
    return count.waiting;
  }

  /** Looks at one user again, who has changed. */
  look(user: User): void {
    const inForce = this.#policies.of(user.organization);
    if (!inForce) {
      this.forget(user);
      return;
    }
    const { organization, ref } = user;
    const { policy } = inForce;
    // A pause puts off what is to come: it is counted all the same, so that what was held before it stays so.
    const access = resolveStoredAccess(user, { ...inForce, held: false, paused: false });
    const now = adminRolesHeld(user, user.access, policy);
    const later = adminRolesHeld(user, access, policy);
    if (now.length + later.length > 0) this.#forecast(organization).set(ref, { now, later });
    else this.#admins.get(organization)?.delete(ref);

    const adminRoles = lostAdminRoles(user, access, policy);
    const deactivated = lossCause(user, access);
    const cause =
      deactivated ?? (adminRoles.length > 0 ? adminLossCause(user, access, adminRoles) : undefined);
    if (cause === undefined) {
      this.#settle(user);
      return;
    }
    this.#counts.get(organization)?.seen.add(ref);
    const pending = this.#pending.get(organization) ?? new PendingSet();
    this.#pending.set(organization, pending);
    const isDeactivated = deactivated !== undefined;
    pending.set(ref, { cause, isDeactivated, adminRoles, ...told(user, cause) });
  }

  /** Forgets a user who is gone. */
  forget(user: User): void {
    this.#admins.get(user.organization)?.delete(user.ref);
    this.#settle(user);
    if (!this.#policies.of(user.organization)) this.#admins.delete(user.organization);
  }

  #forecast(organization: string): AdminForecast {
    const known = this.#admins.get(organization) ?? new AdminForecast();
    this.#admins.set(organization, known);
    return known;
  }

  /** Nothing waits for this user. */
  #settle({ ref, organization }: User): void {
    this.#counts.get(organization)?.seen.add(ref);
    const pending = this.#pending.get(organization);
    pending?.delete(ref);
    // Otherwise its numbers go on, so that nobody new is taken for somebody of whom it was approved before.
    if (pending?.size === 0 && !this.#policies.of(organization)) this.#pending.delete(organization);
  }

  /** Has a user reconciled again when their organization is counted. */
  putOff({ ref, organization }: User): void {
    this.#counts.get(organization)?.waiting.add(ref);
  }

  async #revoke(organization: string, count: Count, signal: AbortSignal): Promise<void> {
    while (count.revokes) {
      count.revokes = false;
      try {
        for (const _ of this.#pending.get(organization)?.revoke() ?? []) {
          signal.throwIfAborted();
          await letOthersRun();
        }
      } catch (error) {
        count.revokes = true;
        throw error;
      }
    }
  }

  async #pass(
    organization: string,
    touched: Touched | "all",
    { seen, waiting }: Count,
    signal: AbortSignal,
  ): Promise<void> {
    for await (const user of this.#touchedBy(organization, touched)) {
      signal.throwIfAborted();
      waiting.add(user.ref);
      if (!seen.has(user.ref)) this.look(user);
    }
  }

  async *#touchedBy(organization: string, touched: Touched | "all"): AsyncGenerator<User> {
    if (touched === "all") {
      yield* this.#store.users(organization);
      return;
    }
    yield* this.#store.usersInGroups(organization, touched.groups);
    for (const mapping of touched.mappings) yield* this.#store.usersOfMapping(organization, mapping);
  }
}

function newCount(): Count {
  return { next: undefined, seen: new Set(), waiting: new Set(), revokes: false };
}

const NOBODY: ReadonlySet<string> = new Set();

function told(user: User, cause: Pending["cause"]): Pick<Pending, "missing" | "who"> {
  const received = new Set(user.groups.map(groupLabel));
  const missing =
    cause === "GroupsGone" ? (user.access?.groups ?? []).filter((group) => !received.has(group)) : [];
  return { missing, who: user.email ?? user.ref.slice(user.ref.indexOf("/") + 1) };
}

function both(a: Touched | "all" | undefined, b: Touched | "all"): Touched | "all" {
  if (a === undefined || b === "all") return b;
  if (a === "all") return a;
  return { groups: a.groups.union(b.groups), mappings: a.mappings.union(b.mappings) };
}
