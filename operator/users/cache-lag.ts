import type { OktaRoleMapping, Organization } from "../../crds/types.ts";
import type { Access, User } from "../../identity/index.ts";
import { type Cache, splitKey } from "../../kubernetes/index.ts";

/** The longest that a cache may not have been heard of when somebody is deactivated on its word, in ms. */
const LONGEST_SILENCE_MS = 10_000;

/** Reasons that follow from the mappings; the others follow from the organization, or from the account itself. */
const CAUSES_IN_MAPPINGS: ReadonlySet<Access["reason"]> = new Set(["NoMappedGroup"]);

/**
 * Tells whether a cache may be behind what an account was made or changed by: each has a connection of its own. A role
 * that comes back a moment later is no harm; a session that was ended in between doesn't come back. What counts is the
 * account's own namespace, where its organization and the mappings are as well.
 */
export class CacheLag {
  readonly #organizations: Pick<Cache<Organization>, "freshness">;
  readonly #mappings: Pick<Cache<OktaRoleMapping>, "freshness">;
  readonly #now: () => number;
  /** When the present version of a user was heard of. Those of long ago don't matter. */
  readonly #heard = new Map<string, number>();

  constructor(deps: {
    organizations: Pick<Cache<Organization>, "freshness">;
    mappings: Pick<Cache<OktaRoleMapping>, "freshness">;
    now?: () => number;
  }) {
    this.#organizations = deps.organizations;
    this.#mappings = deps.mappings;
    this.#now = deps.now ?? (() => performance.now());
  }

  /** Takes note that a user has changed. */
  heard(ref: string): void {
    const now = this.#now();
    this.#heard.delete(ref);
    this.#heard.set(ref, now);
    for (const [oldest, at] of this.#heard) {
      if (now - at < LONGEST_SILENCE_MS) break;
      this.#heard.delete(oldest);
    }
  }

  /**
   * Whether what takes this access away is known as of a moment after the user changed, and of late.
   * @param isOurs the user was written here, and not by somebody who may know more: then of late is enough
   */
  isCurrent({ ref }: User, { reason }: Access, isOurs: boolean): boolean {
    const cache = CAUSES_IN_MAPPINGS.has(reason) ? this.#mappings : this.#organizations;
    if (isOurs) return cache.freshness(splitKey(ref).namespace) <= LONGEST_SILENCE_MS;
    const heard = this.#heard.get(ref);
    const since = heard === undefined ? LONGEST_SILENCE_MS : this.#now() - heard;
    return cache.freshness(splitKey(ref).namespace) <= Math.min(since, LONGEST_SILENCE_MS);
  }
}
