import { createHash } from "node:crypto";
import type { Organization } from "../../crds/types.ts";
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
} from "../../identity/index.ts";
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
 *
 * An approval is for one hold: what it has to say depends on the policy, and on what the annotation said when the
 * hold began. One that stayed on the object doesn't let the same change through a second time.
 */
export class DeactivationSafeguard {
  readonly #store: IdentityStore;
  readonly #policies: Policies;
  readonly #counts: UserCounts;
  readonly #now: () => number;
  readonly #pending = new Map<string, Set<string>>();
  readonly #recent = new Map<string, number[]>();
  /** What the approving annotation said when the hold began; undefined: nothing is held. */
  readonly #holds = new Map<string, string | undefined>();

  constructor(deps: { store: IdentityStore; policies: Policies; counts: UserCounts; now?: () => number }) {
    this.#store = deps.store;
    this.#policies = deps.policies;
    this.#counts = deps.counts;
    this.#now = deps.now ?? (() => performance.now());
  }

  /** Looks at everybody whom a changed policy touches. @returns their refs, to be reconciled */
  policyChanged({ organization, touched }: PolicyChange): Set<string> {
    const refs = new Set<string>();
    const take = (users: Iterable<User>): void => {
      for (const user of users) {
        if (refs.has(user.ref)) continue;
        refs.add(user.ref);
        this.look(user);
      }
    };
    if (touched === "all") {
      take(this.#store.users(organization));
    } else {
      take(this.#store.usersInGroups(organization, touched.groups));
      for (const mapping of touched.mappings) take(this.#store.usersOfMapping(organization, mapping));
    }
    return refs;
  }

  /** Looks at one user again, who has changed. */
  look(user: User): void {
    const organization = this.#policies.of(user.organization);
    const lost = organization && lostToPolicy(user, decideStored(user, { ...organization, held: false }));
    if (!lost) {
      this.forget(user);
      return;
    }
    const pending = this.#pending.get(user.organization) ?? new Set();
    this.#pending.set(user.organization, pending.add(user.ref));
  }

  /** Forgets a user who is gone, or has nothing to lose. */
  forget({ ref, organization }: User): void {
    const pending = this.#pending.get(organization);
    pending?.delete(ref);
    if (pending?.size === 0) this.#pending.delete(organization);
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
    const free = { pending, active, held: false, approval: "" };
    if (!found) {
      this.#holds.delete(organization);
      return free;
    }
    const { spec, metadata } = found.organization;
    const said = metadata.annotations?.[APPROVAL_ANNOTATION] ?? "";
    const setting = spec.safeguards.maxDeactivations;
    const change = { deactivating: pending, recent: this.#countRecent(organization), active, setting };
    // Asked for the first time, `found.held` tells from the condition whether it was held before a restart.
    const wasHeld = this.#holds.has(organization) ? this.#holds.get(organization) !== undefined : found.held;
    if (pending === 0 || !(wasHeld || exceedsLimit(change))) {
      this.#holds.set(organization, undefined);
      return free;
    }
    // After a restart: an annotation that says what the condition asked for came after the hold began.
    const saidBefore = this.#holds.get(organization) ?? (asksFor(found.organization, said) ? "" : said);
    this.#holds.set(organization, saidBefore);
    const approval = approvalOf(`${found.policy.hash()}\n${found.issuer}`, saidBefore);
    return { pending, active, held: said !== approval, approval };
  }

  #countRecent(organization: string): number {
    const since = this.#now() - AT_ONCE_MS;
    const times = (this.#recent.get(organization) ?? []).filter((time) => time > since);
    if (times.length > 0) this.#recent.set(organization, times);
    else this.#recent.delete(organization);
    return times.length;
  }
}

/** Whether the condition asks for this very approval. */
function asksFor({ status }: Organization, said: string): boolean {
  const condition = status?.conditions?.find(({ type }) => type === "DeactivationsWithinLimit");
  return said !== "" && condition?.status === "False" && condition.message.endsWith(`=${said}`);
}

/** Eight hex digits that approve this policy, and differ from whatever approved something before. */
function approvalOf(policyHash: string, saidBefore: string): string {
  return createHash("sha256").update(`${policyHash}\n${saidBefore}`).digest("hex").slice(0, 8);
}
