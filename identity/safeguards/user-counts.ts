import type { IdentityStore, UserEvent } from "../store.ts";
import { isActive, type User } from "../user.ts";
import { countedDeactivation } from "./losses.ts";

/** How many users an organization has, and how many of them are active. */
export interface Counts {
  readonly registered: number;
  readonly active: number;
}

interface Tally {
  registered: number;
  active: number;
  activeFromOkta: number;
  waiting: number;
  waitingWithoutClaim: number;
  /** Counted deactivations by when they were stored: as many entries as there are different seconds. */
  readonly deactivated: Map<number, number>;
  /** Those of them for want of the groups claim. */
  readonly withoutClaim: Map<number, number>;
}

/**
 * Counts users per organization, and who was deactivated lately, change by change, so that a count never costs a walk
 * through all users. It follows from what is stored: every replica counts the same, also after a restart.
 */
export class UserCounts {
  readonly #tallies = new Map<string, Tally>();

  /** Make it before the store has anything to tell. */
  constructor(store: Pick<IdentityStore, "subscribe">) {
    store.subscribe((event) => this.#changed(event));
  }

  of(organization: string): Counts {
    const { registered, active } = this.#tallies.get(organization) ?? { registered: 0, active: 0 };
    return { registered, active };
  }

  /** Active accounts that Okta may take: those of which a limit is a share. */
  activeFromOkta(organization: string): number {
    return this.#tallies.get(organization)?.activeFromOkta ?? 0;
  }

  /**
   * Active accounts that may be about to be deactivated: what Okta said last isn't decided on yet, or what follows from
   * it is held.
   */
  waiting(organization: string): number {
    return this.#tallies.get(organization)?.waiting ?? 0;
  }

  /** The same of those for want of the groups claim. */
  waitingWithoutClaim(organization: string): number {
    return this.#tallies.get(organization)?.waitingWithoutClaim ?? 0;
  }

  /**
   * Counted deactivations after this, in ms since 1970. Much older ones are forgotten: what is asked for next is
   * no earlier, but for clocks that are ahead for a while.
   */
  deactivatedSince(organization: string, since: number): number {
    return sumAfter(this.#tallies.get(organization)?.deactivated, since);
  }

  /** The same of those for want of the groups claim. */
  withoutClaimSince(organization: string, since: number): number {
    return sumAfter(this.#tallies.get(organization)?.withoutClaim, since);
  }

  #changed({ kind, user, previous }: UserEvent): void {
    const [before, now] = kind === "deleted" ? [user, undefined] : [previous, user];
    if (before) this.#add(before, -1);
    if (now) this.#add(now, 1);
  }

  #add(user: User, by: 1 | -1): void {
    const tally = this.#tallies.get(user.organization) ?? emptyTally();
    tally.registered += by;
    if (isActive(user)) tally.active += by;
    if (isActive(user) && user.source === "Okta") tally.activeFromOkta += by;
    if (isWaiting(user)) tally.waiting += by;
    if (waitsWithoutClaim(user)) tally.waitingWithoutClaim += by;
    const deactivation = countedDeactivation(user);
    if (deactivation) {
      addAt(tally.deactivated, deactivation.at, by);
      if (deactivation.forWantOfClaim) addAt(tally.withoutClaim, deactivation.at, by);
    }
    if (tally.registered > 0) this.#tallies.set(user.organization, tally);
    else this.#tallies.delete(user.organization);
  }
}

/** Whether an active account may be about to be deactivated. */
export function isWaiting(user: User): boolean {
  return isActive(user) && (!user.decided || user.access?.reason === "DeactivationHeld");
}

/** Whether that would be for want of the groups claim. */
export function waitsWithoutClaim(user: User): boolean {
  return isWaiting(user) && user.groupsFrom === "MissingClaim";
}

function emptyTally(): Tally {
  return {
    registered: 0,
    active: 0,
    activeFromOkta: 0,
    waiting: 0,
    waitingWithoutClaim: 0,
    deactivated: new Map(),
    withoutClaim: new Map(),
  };
}

function addAt(counts: Map<number, number>, at: number, by: 1 | -1): void {
  const count = (counts.get(at) ?? 0) + by;
  if (count > 0) counts.set(at, count);
  else counts.delete(at); // or it was forgotten before
}

const LONG_AGO_MS = 30 * 24 * 3_600_000;

function sumAfter(counts: Map<number, number> | undefined, since: number): number {
  let sum = 0;
  for (const [at, count] of counts ?? []) {
    if (at > since) sum += count;
    // Not what is just over: a clock that is ahead for a moment must not make a day forgotten.
    else if (at <= since - LONG_AGO_MS) counts?.delete(at);
  }
  return sum;
}
