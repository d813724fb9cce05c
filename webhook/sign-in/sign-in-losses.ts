import type { Organization } from "../../crds/types.ts";
import {
  type Access,
  type Change,
  CLAIM_LOSS_WINDOW_MS,
  claimIsLost,
  exceedsLimit,
  type Identity,
  type IdentityStore,
  isActive,
  isCountedLoss,
  isFarFromLimit,
  isWaiting,
  type LocalAdmins,
  type LossDecision,
  lostAdminRoles,
  type PolicyInForce,
  resolveSignIn,
  type User,
  type UserCounts,
  waitsWithoutClaim,
} from "../../identity/index.ts";
import { deactivationsCountFrom } from "../../organizations/deactivation-window.ts";
import { heldCondition } from "../../organizations/policy-source.ts";

/** What a sign-in may do. Disposed of when it is over. */
export interface Allowance extends Disposable {
  /**
   * Whether the sign-in may give this account that access, which deactivates it or takes admin roles from it. What it may
   * do counts as done until it is stored.
   */
  decide(user: User, access: Access): LossDecision;
}

interface UnderWay {
  /** For want of the groups claim. */
  readonly isMissing: boolean;
  /** As it is stored, between the two writes of a sign-in. */
  stored: User;
}

type Counted = Pick<
  UserCounts,
  "activeFromOkta" | "waiting" | "waitingWithoutClaim" | "deactivatedSince" | "withoutClaimSince"
>;

/**
 * Tells a person who left their last group from a mistake in Okta: a claim that has stopped coming, a group that was
 * renamed or filtered away. Both look the same; but one by one people leave, and a mistake would deactivate everybody
 * who signs in. It counts what is stored, and what is being stored, so that many sign-ins at once don't slip past it
 * together.
 *
 * Whether somebody is the last who holds an admin role only the operator can tell, which is one and knows everybody: at a
 * sign-in no such role is taken, unless a local admin gets in anyway.
 */
export class SignInLosses {
  readonly #store: Pick<IdentityStore, "find">;
  readonly #counts: Counted;
  readonly #localAdmins: Pick<LocalAdmins, "canGetIn">;
  readonly #now: () => number;
  /** By organization and ref: accounts that are about to be deactivated. */
  readonly #underWay = new Map<string, Map<string, UnderWay>>();

  /** @param counts and local admins follow the same store, from before it has anything to tell */
  constructor(deps: {
    store: Pick<IdentityStore, "find" | "subscribe">;
    counts: Counted;
    localAdmins: Pick<LocalAdmins, "canGetIn">;
    /** ms since 1970 */
    now?: () => number;
  }) {
    this.#store = deps.store;
    this.#counts = deps.counts;
    this.#localAdmins = deps.localAdmins;
    this.#now = deps.now ?? Date.now;
    // Stored, they are counted: in the same turn of the event loop they are under way no longer.
    deps.store.subscribe(({ user }) => {
      if (!isActive(user)) this.#end(user.organization, user.ref);
      const underWay = this.#underWay.get(user.organization)?.get(user.ref);
      if (underWay) underWay.stored = user;
    });
  }

  /**
   * What a sign-in may do.
   *
   * @param key the organization as "namespace/name"
   * @returns undefined when it would be one deactivation too many for want of the claim: that has to be taken for lost
   * @throws what reading the store throws
   */
  async allow(
    key: string,
    organization: Organization,
    inForce: PolicyInForce,
    identity: Identity,
  ): Promise<Allowance | undefined> {
    const isMissing = identity.groupsFrom === "MissingClaim";
    const begun = new Map<string, LossDecision>();
    const deactivate = (user: User): LossDecision => {
      const known = begun.get(user.ref);
      if (known) return known; // asked again, since somebody else wrote first
      const decision = this.#decide(key, organization, user);
      // For want of the claim everybody counts, also who is held: whether it is lost is a question of how many there are.
      if (isMissing || decision === "take") {
        begun.set(user.ref, decision);
        this.#begin(key, user, isMissing);
      }
      return decision;
    };
    if (isMissing) {
      const user = await this.#store.find(key, identity);
      const { kind, access } = resolveSignIn(identity, user, inForce);
      if (user && kind === "refuse" && isCountedLoss(user, access)) {
        if (this.#isClaimLost(key, organization, user)) return undefined;
        deactivate(user); // before others who come at this moment are counted
      }
    }
    return {
      decide: (user, access) => {
        const kept = heldCondition(organization) ? "hold" : "take";
        const decision = isCountedLoss(user, access) ? deactivate(user) : kept;
        return decision === "take" && this.#mayTakeLastAdmin(key, user, access, inForce) ? "leave" : decision;
      },
      [Symbol.dispose]: () => {
        for (const ref of begun.keys()) this.#end(key, ref);
      },
    };
  }

  #mayTakeLastAdmin(key: string, user: User, access: Access, { policy }: PolicyInForce): boolean {
    return lostAdminRoles(user, access, policy).length > 0 && !this.#localAdmins.canGetIn(key, policy);
  }

  /** What becomes of an account that would be deactivated, whatever for. */
  #decide(key: string, organization: Organization, user: User): LossDecision {
    if (heldCondition(organization)) return "hold";
    const change = this.#change(key, organization, user);
    if (exceedsLimit(change)) return "hold";
    return isFarFromLimit(change) ? "take" : "leave";
  }

  #isClaimLost(key: string, organization: Organization, user: User): boolean {
    const others = this.#othersUnderWay(key, user);
    const stored = this.#counts.withoutClaimSince(key, this.#now() - CLAIM_LOSS_WINDOW_MS);
    const waiting =
      this.#counts.waitingWithoutClaim(key) -
      [user, ...others.map(({ stored }) => stored)].filter(waitsWithoutClaim).length;
    const underWay = others.filter(({ isMissing }) => isMissing).length;
    return claimIsLost(this.#change(key, organization, user), 1 + stored + underWay + waiting);
  }

  /** With this account, and those who were left to the operator, at whatever replica. What is under way counts as done. */
  #change(key: string, organization: Organization, user: User): Change {
    const others = this.#othersUnderWay(key, user);
    const waiting =
      this.#counts.waiting(key) - [user, ...others.map(({ stored }) => stored)].filter(isWaiting).length;
    return {
      deactivating: 1 + waiting,
      recent:
        this.#counts.deactivatedSince(key, deactivationsCountFrom(organization, this.#now())) + others.length,
      active: this.#counts.activeFromOkta(key) - others.length,
      setting: organization.spec.safeguards.maxDeactivations,
    };
  }

  #othersUnderWay(key: string, { ref }: User): UnderWay[] {
    return [...(this.#underWay.get(key)?.values() ?? [])].filter(({ stored }) => stored.ref !== ref);
  }

  #begin(key: string, user: User, isMissing: boolean): void {
    const all = this.#underWay.get(key) ?? new Map<string, UnderWay>();
    this.#underWay.set(key, all.set(user.ref, { isMissing, stored: user }));
  }

  #end(key: string, ref: string): void {
    const all = this.#underWay.get(key);
    all?.delete(ref);
    if (all?.size === 0) this.#underWay.delete(key);
  }
}
