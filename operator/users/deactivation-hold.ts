import type { Organization } from "../../crds/types.ts";
import {
  exceedsLimit,
  type LocalAdmins,
  type Policies,
  type Policy,
  type User,
  type UserCounts,
} from "../../identity/index.ts";
import type { Cache } from "../../kubernetes/index.ts";
import { deactivationsCountFrom, settledTime, unlessAhead } from "../../organizations/deactivation-window.ts";
import { heldCondition } from "../../organizations/policy-source.ts";
import { approvalFor, approvalIn, isAskedFor } from "./deactivation-approval.ts";
import type { PendingDeactivations } from "./pending-deactivations.ts";
import type { PendingSet } from "./pending-set.ts";

/** What is to be done about an organization's pending deactivations. */
export interface Deactivations {
  /** Active users who would be deactivated, but for those of whom somebody has approved it. */
  readonly pending: number;
  /** Users who were deactivated within the window already. */
  readonly recent: number;
  readonly active: number;
  /** Whether those who are pending are more than the organization allows. */
  readonly exceeds: boolean;
  /** The admin roles that nobody would hold any more, where no local admin could get in either. */
  readonly lastAdminRoles: readonly string[];
  /** Whether those who are pending, or are to lose an admin role, wait for approval: for either of both. */
  readonly held: boolean;
  /** What the approving annotation has to say. */
  readonly approval: string;
}

interface Hold {
  /** What the approving annotation said when the hold began. */
  readonly saidBefore: string;
  /** What policy and issuer the offers are for. */
  basis: string;
  /** What was offered for approval lately: who was the last of those whom it would approve, and until when it counts. */
  readonly offers: Map<string, { readonly last: number; readonly until: number }>;
}

/** Approved deactivations. */
interface CarriedOut {
  readonly approval: string;
  /** When they were done, in ms since 1970; undefined while they go. */
  settled: number | undefined;
  /** How many approvals had been taken back when this one was given. */
  readonly revoked: number;
}

/** So long the same is asked for; what was asked for before counts for as long again. Ms. */
const ASKED_FOR_MS = 3_600_000;

/** The reason where nothing is held but that an admin role is taken from the last who hold it. */
export const LAST_ADMIN_HELD = "LastAdminHeld";

/** Who approves that says nothing about how many were deactivated: they count on. */
const NOTHING_SETTLED = 0;

const NOT_HELD = { exceeds: false, lastAdminRoles: [], held: false, approval: "" } as const;

/** What was offered so many times before is still taken: while somebody looks, others sign in. */
const OFFERS = 5;

/**
 * Holds deactivations that are more than the organization allows within a day, and what would take an admin role from the
 * last who hold it, whatever that comes from: all that is pending, or nothing. It ends when that is approved, or no longer
 * too much: since less is pending, more are allowed, or somebody else can administer the organization.
 *
 * That survives a restart and a pause: who is pending and who was deactivated lately follows from what is stored, and since when
 * deactivations are held is in the condition.
 *
 * An approval is for exactly those who were counted when it was offered, and for an hour or two: every hour another one is
 * asked for. One that stayed on the object doesn't let the same change through a second time.
 */
export class DeactivationHold {
  readonly #organizations: Pick<Cache<Organization>, "get">;
  readonly #pending: PendingDeactivations;
  readonly #policies: Policies;
  readonly #counts: Pick<UserCounts, "activeFromOkta" | "deactivatedSince">;
  readonly #localAdmins: Pick<LocalAdmins, "canGetIn">;
  readonly #now: () => number;
  readonly #holds = new Map<string, Hold>();
  /** Where approved deactivations are being carried out, and what has approved them. */
  readonly #carriedOut = new Map<string, CarriedOut>();

  constructor(deps: {
    organizations: Pick<Cache<Organization>, "get">;
    pending: PendingDeactivations;
    policies: Policies;
    counts: Pick<UserCounts, "activeFromOkta" | "deactivatedSince">;
    localAdmins: Pick<LocalAdmins, "canGetIn">;
    /** ms since 1970 */
    now?: () => number;
  }) {
    this.#organizations = deps.organizations;
    this.#pending = deps.pending;
    this.#policies = deps.policies;
    this.#counts = deps.counts;
    this.#localAdmins = deps.localAdmins;
    this.#now = deps.now ?? Date.now;
  }

  /** Whether a user's deactivation waits for approval; undefined while that isn't known, since they are being counted. */
  holds({ ref, organization }: User): boolean | undefined {
    const state = this.state(organization);
    return state?.held && !this.#pending.of(organization).isApproved(ref);
  }

  /** What the annotation said that has approved what this user loses; undefined where nothing has. */
  approvalOf({ ref, organization }: User): string | undefined {
    return this.#pending.of(organization).isApproved(ref)
      ? this.#carriedOut.get(organization)?.approval
      : undefined;
  }

  /** As `state`, to be told to people: what it says has to be said to approve, approves from now on. */
  offer(key: string): Deactivations | undefined {
    const state = this.state(key);
    const hold = this.#holds.get(key);
    if (!state?.held || !hold) return state;
    hold.offers.delete(state.approval);
    const until = this.#now() + ASKED_FOR_MS;
    hold.offers.set(state.approval, { last: this.#pending.of(key).last, until });
    for (const [oldest] of hold.offers) {
      if (hold.offers.size <= OFFERS) break;
      hold.offers.delete(oldest);
    }
    return state;
  }

  /** What is to be done about those who are pending; undefined while that isn't known, since they are being counted. */
  state(key: string): Deactivations | undefined {
    if (this.#pending.isCounting(key)) return undefined;
    const [organization, inForce] = [this.#organizations.get(key), this.#policies.of(key)];
    const pending = this.#pending.of(key);
    if (!organization || !inForce) {
      this.#holds.delete(key);
      this.#carriedOut.delete(key);
      return { ...this.#numbers(key, pending, 0), ...NOT_HELD };
    }
    const numbers = this.#numbers(
      key,
      pending,
      Math.max(deactivationsCountFrom(organization, this.#now()), this.settled(organization, key)),
    );
    const setting = organization.spec.safeguards.maxDeactivations;
    const { policy, issuer, paused = false } = inForce;
    // A pause begins no hold, since nobody loses anything by then, and ends none: what has led to it counts on.
    if (paused && !this.#holds.has(key) && !heldCondition(organization)) return { ...numbers, ...NOT_HELD };
    const exceeds = exceedsLimit({ ...numbers, deactivating: numbers.pending, setting });
    const lastAdminRoles = this.#lastAdminRoles(key, policy);
    if (!exceeds && lastAdminRoles.length === 0) {
      this.#holds.delete(key);
      return { ...numbers, ...NOT_HELD };
    }
    const hold = this.#hold(key, organization, `${policy.hash()}\n${issuer}`);
    const { uid = "" } = organization.metadata;
    const approved = { uid, policyHash: policy.hash(), issuer, people: pending.digest };
    const hour = this.#hoursHeld(organization);
    const approval = approvalFor({ ...approved, hour }, hold.saidBefore);
    const before = hour > 0 ? approvalFor({ ...approved, hour: hour - 1 }, hold.saidBefore) : approval;
    const said = approvalIn(organization) ?? "";
    const upTo = said === approval || said === before ? pending.last : this.#offered(hold, said);
    // Nothing could be carried out while it is paused.
    if (upTo === undefined || paused) return { ...numbers, exceeds, lastAdminRoles, held: true, approval };
    pending.approve(upTo);
    this.#holds.delete(key);
    const settled = exceeds ? undefined : NOTHING_SETTLED;
    this.#carriedOut.set(key, { approval: said, settled, revoked: pending.revoked });
    return this.state(key); // the others are counted again
  }

  /**
   * Up to when deactivations were approved and no longer count, in ms since 1970, whole seconds as everything that
   * Kubernetes stores; 0: none were.
   */
  settled(organization: Organization, key: string): number {
    const pending = this.#pending.of(key);
    const now = this.#now();
    const stored = settledTime(organization, now);
    let carriedOut = this.#carriedOut.get(key);
    // Approved before a restart, and done.
    if (!carriedOut && pending.size === 0 && isAskedFor(organization)) {
      const isOfLastAdmin = heldCondition(organization)?.reason === LAST_ADMIN_HELD;
      const settled = isOfLastAdmin ? NOTHING_SETTLED : undefined;
      carriedOut = { approval: approvalIn(organization) ?? "", settled, revoked: pending.revoked };
      this.#carriedOut.set(key, carriedOut);
    }
    if (!carriedOut) return stored;
    if (carriedOut.settled === undefined && pending.revoked !== carriedOut.revoked)
      carriedOut.settled = NOTHING_SETTLED; // it was taken back before it was done
    if (carriedOut.settled === undefined && pending.approved === 0)
      carriedOut.settled = Math.floor(now / 1000) * 1000;
    return Math.max(stored, unlessAhead(carriedOut.settled ?? 0, now));
  }

  #hoursHeld(organization: Organization): number {
    const since = heldCondition(organization)?.lastTransitionTime;
    if (since === undefined) return 0; // it has just begun
    return Math.max(0, Math.floor((this.#now() - Date.parse(since)) / ASKED_FOR_MS));
  }

  #offered({ offers }: Hold, said: string): number | undefined {
    const offer = offers.get(said);
    return offer && this.#now() < offer.until ? offer.last : undefined;
  }

  #hold(key: string, organization: Organization, basis: string): Hold {
    const said = approvalIn(organization) ?? "";
    const isUsed = this.#carriedOut.get(key)?.approval === said;
    const hold = this.#holds.get(key) ?? {
      saidBefore: isAskedFor(organization) && !isUsed ? "" : said,
      basis,
      offers: new Map(),
    };
    this.#holds.set(key, hold);
    if (hold.basis !== basis) hold.offers.clear();
    hold.basis = basis;
    return hold;
  }

  #lastAdminRoles(key: string, policy: Pick<Policy, "roles">): string[] {
    const roles = this.#pending.lastAdminRoles(key);
    return roles.length > 0 && this.#localAdmins.canGetIn(key, policy) ? [] : roles;
  }

  #numbers(
    key: string,
    { deactivated }: PendingSet,
    since: number,
  ): Pick<Deactivations, "pending" | "recent" | "active"> {
    const active = this.#counts.activeFromOkta(key);
    return { pending: deactivated, recent: this.#counts.deactivatedSince(key, since), active };
  }
}
