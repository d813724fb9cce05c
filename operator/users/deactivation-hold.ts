import type { Organization } from "../../crds/types.ts";
import { AT_ONCE_MS, exceedsLimit, type Policies, type User } from "../../identity/index.ts";
import type { Cache } from "../../kubernetes/index.ts";
import { approvalFor, approvalIn, isApproved, isAskedFor } from "./deactivation-approval.ts";
import type { PendingDeactivations } from "./pending-deactivations.ts";
import type { UserCounts } from "./user-counts.ts";

/** What is to be done about an organization's pending deactivations. */
export interface Deactivations {
  /** Active users whom the present policy would deactivate and who are not deactivated yet. */
  readonly pending: number;
  readonly active: number;
  /** Whether they wait for approval. */
  readonly held: boolean;
  /** What the approving annotation has to say. */
  readonly approval: string;
}

/**
 * Holds a changed policy that would deactivate more people than the organization allows at once.
 *
 * Once held, a change stays held until it is approved or nobody is left whom it would deactivate. That survives
 * a restart: who is pending follows from what is stored, and that it was held is in the condition.
 *
 * An approval is for one hold: what it has to say depends on the policy, and on what the annotation said when the
 * hold began. One that stayed on the object doesn't let the same change through a second time.
 */
export class DeactivationHold {
  readonly #organizations: Pick<Cache<Organization>, "get">;
  readonly #pending: PendingDeactivations;
  readonly #policies: Policies;
  readonly #counts: UserCounts;
  readonly #recent = new Map<string, number[]>();
  /** What the approving annotation said when the hold began; undefined: nothing is held. */
  readonly #holds = new Map<string, string | undefined>();

  constructor(deps: {
    organizations: Pick<Cache<Organization>, "get">;
    pending: PendingDeactivations;
    policies: Policies;
    counts: UserCounts;
  }) {
    this.#organizations = deps.organizations;
    this.#pending = deps.pending;
    this.#policies = deps.policies;
    this.#counts = deps.counts;
  }

  /** Takes note that a user was deactivated by the policy. */
  deactivated(user: User): void {
    const times = this.#recent.get(user.organization) ?? [];
    this.#recent.set(user.organization, times);
    times.push(performance.now());
    this.#pending.forget(user);
  }

  /** What is to be done about those who are pending; undefined while that isn't known, since they are being counted. */
  state(key: string): Deactivations | undefined {
    if (this.#pending.isCounting(key)) return undefined;
    const [organization, inForce] = [this.#organizations.get(key), this.#policies.of(key)];
    const pending = this.#pending.of(key).size;
    const { active } = this.#counts.of(key);
    const free = { pending, active, held: false, approval: "" };
    if (!organization || !inForce) {
      this.#holds.delete(key);
      return free;
    }
    const setting = organization.spec.safeguards.maxDeactivations;
    const change = { deactivating: pending, recent: this.#countRecent(key), active, setting };
    // Asked for the first time, `inForce.held` tells from the condition whether it was held before a restart.
    const wasHeld = this.#holds.has(key) ? this.#holds.get(key) !== undefined : inForce.held;
    if (pending === 0 || !(wasHeld || exceedsLimit(change))) {
      this.#holds.set(key, undefined);
      return free;
    }
    const saidBefore =
      this.#holds.get(key) ?? (isAskedFor(organization) ? "" : (approvalIn(organization) ?? ""));
    this.#holds.set(key, saidBefore);
    const { policy, issuer } = inForce;
    const approval = approvalFor({ policyHash: policy.hash(), issuer }, saidBefore);
    return { pending, active, held: !isApproved(organization, approval), approval };
  }

  #countRecent(organization: string): number {
    const since = performance.now() - AT_ONCE_MS;
    const times = (this.#recent.get(organization) ?? []).filter((time) => time > since);
    if (times.length > 0) this.#recent.set(organization, times);
    else this.#recent.delete(organization);
    return times.length;
  }
}
