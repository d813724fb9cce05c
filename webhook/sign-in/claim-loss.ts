import type { Organization } from "../../crds/types.ts";
import {
  CLAIM_LOSS_WINDOW_MS,
  claimIsLost,
  type Identity,
  type IdentityStore,
  isActive,
  losesBySignIn,
  lostToMissingClaim,
  type PolicyInForce,
  resolveSignIn,
} from "../../identity/index.ts";

/** An account that a sign-in without the claim is about to deactivate. */
interface Deactivation {
  readonly ref: string;
}

/**
 * Tells a person who left their last group from a claim that has stopped coming. Both look the same; but one by
 * one people leave, and a lost claim would deactivate everybody who signs in. It counts what is stored, and what
 * is being stored, so that many sign-ins at once don't slip past it together.
 */
export class ClaimLoss {
  readonly #store: Pick<IdentityStore, "find" | "users">;
  readonly #underWay = new Map<string, Set<Deactivation>>();

  constructor({ store }: { store: Pick<IdentityStore, "find" | "users"> }) {
    this.#store = store;
  }

  /**
   * Allows a sign-in to have its consequences, which count as under way until what is returned is disposed of: when
   * they are stored.
   *
   * @param key the organization as "namespace/name"
   * @returns undefined when they would be one deactivation too many for want of the claim: it has to be taken for lost
   * @throws what reading the store throws
   */
  async allow(
    key: string,
    { spec }: Organization,
    inForce: PolicyInForce,
    identity: Identity,
  ): Promise<Disposable | undefined> {
    using underWay = new DisposableStack();
    const user = identity.groupsFrom === "MissingClaim" ? await this.#store.find(key, identity) : undefined;
    if (!user || !losesBySignIn(user, resolveSignIn(identity, user, inForce))) return underWay.move();

    // Under way before it counts: who comes meanwhile counts it, and it counts those who came before.
    const before = new Set([...(this.#underWay.get(key) ?? [])].map(({ ref }) => ref));
    underWay.defer(this.#begin(key, { ref: user.ref }));
    const setting = spec.safeguards.maxDeactivations;
    return claimIsLost({ ...(await this.#count(key, before)), setting }) ? undefined : underWay.move();
  }

  /** @returns what ends it */
  #begin(key: string, deactivation: Deactivation): () => void {
    const all = this.#underWay.get(key) ?? new Set();
    this.#underWay.set(key, all.add(deactivation));
    return () => {
      all.delete(deactivation);
      if (all.size === 0 && this.#underWay.get(key) === all) this.#underWay.delete(key);
    };
  }

  /** @param underWay refs of those who count as deactivated, whether that is stored by now or not */
  async #count(key: string, underWay: ReadonlySet<string>): Promise<{ active: number; recent: number }> {
    const since = Date.now() - CLAIM_LOSS_WINDOW_MS;
    let active = 0;
    let recent = underWay.size;
    for await (const user of this.#store.users(key)) {
      if (underWay.has(user.ref)) continue;
      if (isActive(user)) active++;
      else if (lostToMissingClaim(user, since)) recent++;
    }
    return { active, recent };
  }
}
