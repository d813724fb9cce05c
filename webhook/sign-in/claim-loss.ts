import type { Organization } from "../../crds/types.ts";
import {
  CLAIM_LOSS_WINDOW_MS,
  claimIsLost,
  decideSignIn,
  type Identity,
  type IdentityStore,
  isActive,
  type Policy,
} from "../../identity/index.ts";

export interface ClaimLossOptions {
  readonly store: Pick<IdentityStore, "find" | "users">;
  /** ms since 1970 */
  readonly now?: () => number;
}

/** A sign-in without the groups claim whose consequences are under way. End it when they are stored. */
export interface Passage {
  end(): void;
}

/**
 * Tells a person who left their last group from a claim that has stopped coming. Both look the same; but one by
 * one people leave, and a lost claim would deactivate everybody who signs in. It counts what is stored, and what
 * is being stored, so that many sign-ins at once don't slip past it together.
 */
export class ClaimLoss {
  readonly #store: ClaimLossOptions["store"];
  readonly #now: () => number;
  readonly #underWay = new Map<string, number>();

  constructor({ store, now = Date.now }: ClaimLossOptions) {
    this.#store = store;
    this.#now = now;
  }

  /**
   * Asks whether a sign-in without the claim may have its consequences.
   *
   * @param key the organization as "namespace/name"
   * @returns undefined when the claim has to be taken for lost
   */
  enter(
    key: string,
    { organization, policy, held }: { organization: Organization; policy: Policy; held: boolean },
    identity: Identity,
  ): Passage | undefined {
    const user = this.#store.find(key, identity);
    const harmless =
      !user || !isActive(user) || decideSignIn(identity, user, { policy, held }).kind !== "refuse";
    if (harmless) return { end() {} };

    const underWay = this.#underWay.get(key) ?? 0;
    const { active, recent } = this.#count(key);
    const setting = organization.spec.safeguards.maxDeactivations;
    if (claimIsLost({ recent: recent + underWay, active: active - underWay, setting })) return undefined;
    this.#underWay.set(key, underWay + 1);
    return { end: () => this.#leave(key) };
  }

  #leave(key: string): void {
    const left = (this.#underWay.get(key) ?? 1) - 1;
    if (left > 0) this.#underWay.set(key, left);
    else this.#underWay.delete(key);
  }

  #count(key: string): { active: number; recent: number } {
    const since = this.#now() - CLAIM_LOSS_WINDOW_MS;
    let active = 0;
    let recent = 0;
    for (const user of this.#store.users(key)) {
      if (isActive(user)) active++;
      else if (user.groupsFrom === "MissingClaim" && (user.activeSince ?? 0) > since) recent++;
    }
    return { active, recent };
  }
}
