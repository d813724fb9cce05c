import type { Organization } from "../../crds/types.ts";
import {
  CLAIM_LOSS_WINDOW_MS,
  claimIsLost,
  decideSignIn,
  type Identity,
  type IdentityStore,
  isActive,
  type Policy,
  type User,
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

/** The account that a passage may deactivate. */
interface UnderWay {
  readonly ref: string;
}

/**
 * Tells a person who left their last group from a claim that has stopped coming. Both look the same; but one by
 * one people leave, and a lost claim would deactivate everybody who signs in. It counts what is stored, and what
 * is being stored, so that many sign-ins at once don't slip past it together.
 */
export class ClaimLoss {
  readonly #store: ClaimLossOptions["store"];
  readonly #now: () => number;
  readonly #underWay = new Map<string, Set<UnderWay>>();

  constructor({ store, now = Date.now }: ClaimLossOptions) {
    this.#store = store;
    this.#now = now;
  }

  /**
   * Asks whether a sign-in without the claim may have its consequences.
   *
   * @param key the organization as "namespace/name"
   * @returns undefined when the claim has to be taken for lost
   * @throws what reading the store throws
   */
  async enter(
    key: string,
    { organization, policy, held }: { organization: Organization; policy: Policy; held: boolean },
    identity: Identity,
  ): Promise<Passage | undefined> {
    const user = await this.#store.find(key, identity);
    const harmless =
      !user || !isActive(user) || decideSignIn(identity, user, { policy, held }).kind !== "refuse";
    if (harmless) return { end() {} };

    // On its way before it counts: who comes meanwhile counts it, and it counts those who came before.
    const before = new Set([...(this.#underWay.get(key) ?? [])].map(({ ref }) => ref));
    const passage = this.#begin(key, user);
    try {
      const setting = organization.spec.safeguards.maxDeactivations;
      if (!claimIsLost({ ...(await this.#count(key, before)), setting })) return passage;
    } catch (error) {
      passage.end();
      throw error;
    }
    passage.end();
    return undefined;
  }

  #begin(key: string, { ref }: User): Passage {
    const all = this.#underWay.get(key) ?? new Set();
    const one = { ref };
    this.#underWay.set(key, all.add(one));
    return {
      end: () => {
        all.delete(one);
        if (all.size === 0 && this.#underWay.get(key) === all) this.#underWay.delete(key);
      },
    };
  }

  /** @param underWay refs of those who count as deactivated, whether that is stored by now or not */
  async #count(key: string, underWay: ReadonlySet<string>): Promise<{ active: number; recent: number }> {
    const since = this.#now() - CLAIM_LOSS_WINDOW_MS;
    let active = 0;
    let recent = underWay.size;
    for await (const user of this.#store.users(key)) {
      if (underWay.has(user.ref)) continue;
      if (isActive(user)) active++;
      else if (user.groupsFrom === "MissingClaim" && (user.activeSince ?? 0) > since) recent++;
    }
    return { active, recent };
  }
}
