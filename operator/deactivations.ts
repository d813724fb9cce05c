import {
  APPROVAL_ANNOTATION,
  AT_ONCE_MS,
  decideStored,
  exceedsLimit,
  type IdentityStore,
  lostToPolicy,
  type Policies,
  type PolicyChange,
  type User,
} from "../identity/index.ts";
import type { UserCounts } from "./user-counts.ts";

/** What the safeguard of one organization says at the moment. */
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
 * Counts, before anything is written, whom a changed policy would deactivate, and holds the change when they
 * are too many (DESIGN: what is true of access, 7). A change is looked at as a whole: everybody it touches is
 * counted in the same turn of the event loop in which the policy changes.
 *
 * Once held, a change stays held until it is approved or nobody is left whom it would deactivate. That survives
 * a restart: who is pending follows from what is stored, and that it was held is in the condition.
 */
export class DeactivationSafeguard {
  readonly #store: IdentityStore;
  readonly #policies: Policies;
  readonly #counts: UserCounts;
  readonly #now: () => number;
  readonly #pending = new Map<string, Set<string>>();
  readonly #recent = new Map<string, number[]>();
  readonly #held = new Map<string, boolean>();

  constructor(deps: { store: IdentityStore; policies: Policies; counts: UserCounts; now?: () => number }) {
    this.#store = deps.store;
    this.#policies = deps.policies;
    this.#counts = deps.counts;
    this.#now = deps.now ?? (() => performance.now());
  }

  /** Looks at everybody whom a changed policy touches. @returns their refs, to be reconciled */
  policyChanged({ organization, groups }: PolicyChange): string[] {
    const users =
      groups === "all" ? this.#store.users(organization) : this.#store.usersInGroups(organization, groups);
    const refs: string[] = [];
    for (const user of users) {
      this.look(user);
      refs.push(user.ref);
    }
    return refs;
  }

  /** Looks at one user again, who has changed. */
  look(user: User): void {
    const organization = this.#policies.of(user.organization);
    const pending = this.#pending.get(user.organization) ?? new Set();
    this.#pending.set(user.organization, pending);
    const lost = organization && lostToPolicy(user, decideStored(user, { ...organization, held: false }));
    if (lost) pending.add(user.ref);
    else pending.delete(user.ref);
  }

  /** Forgets a user who is gone. */
  forget(user: User): void {
    this.#pending.get(user.organization)?.delete(user.ref);
  }

  /** Takes note that a user was deactivated by the policy. */
  deactivated(user: User): void {
    const times = this.#recent.get(user.organization) ?? [];
    this.#recent.set(user.organization, times);
    times.push(this.#now());
    this.forget(user);
  }

  /** Whom the present policy would deactivate, as refs. */
  pending(organization: string): Iterable<string> {
    return this.#pending.get(organization) ?? [];
  }

  /** What is to be done about them. */
  state(organization: string): Deactivations {
    const found = this.#policies.of(organization);
    const pending = this.#pending.get(organization)?.size ?? 0;
    const { active } = this.#counts.of(organization);
    if (!found) return { pending, active, held: false, approval: "" };
    const approval = pending === 0 ? "" : found.policy.hash();
    const approved = found.organization.metadata.annotations?.[APPROVAL_ANNOTATION] === approval;
    const setting = found.organization.spec.safeguards?.maxDeactivations ?? "20%";
    const change = { deactivating: pending, recent: this.#countRecent(organization), active, setting };
    // Asked for the first time, `found.held` tells from the condition whether it was held before a restart.
    const wasHeld = this.#held.get(organization) ?? found.held;
    const held = pending > 0 && !approved && (wasHeld || exceedsLimit(change));
    this.#held.set(organization, held);
    return { pending, active, held, approval };
  }

  #countRecent(organization: string): number {
    const since = this.#now() - AT_ONCE_MS;
    const times = (this.#recent.get(organization) ?? []).filter((time) => time > since);
    this.#recent.set(organization, times);
    return times.length;
  }
}
