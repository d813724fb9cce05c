import { createHash } from "node:crypto";
import type { Organization } from "../../crds/types.ts";
import {
  APPROVAL_ANNOTATION,
  AT_ONCE_MS,
  exceedsLimit,
  type Policies,
  type User,
} from "../../identity/index.ts";
import type { PendingDeactivations } from "./pending-deactivations.ts";
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
 * Holds a changed policy that would deactivate too many (DESIGN: what is true of access, 7).
 *
 * Once held, a change stays held until it is approved or nobody is left whom it would deactivate. That survives
 * a restart: who is pending follows from what is stored, and that it was held is in the condition.
 *
 * An approval is for one hold: what it has to say depends on the policy, and on what the annotation said when the
 * hold began. One that stayed on the object doesn't let the same change through a second time.
 */
export class DeactivationSafeguard {
  readonly #pending: PendingDeactivations;
  readonly #policies: Policies;
  readonly #counts: UserCounts;
  readonly #now: () => number;
  readonly #recent = new Map<string, number[]>();
  /** What the approving annotation said when the hold began; undefined: nothing is held. */
  readonly #holds = new Map<string, string | undefined>();

  constructor(deps: {
    pending: PendingDeactivations;
    policies: Policies;
    counts: UserCounts;
    now?: () => number;
  }) {
    this.#pending = deps.pending;
    this.#policies = deps.policies;
    this.#counts = deps.counts;
    this.#now = deps.now ?? (() => performance.now());
  }

  /** Takes note that a user was deactivated by the policy. */
  deactivated(user: User): void {
    const times = this.#recent.get(user.organization) ?? [];
    this.#recent.set(user.organization, times);
    times.push(this.#now());
    this.#pending.forget(user);
  }

  /** What is to be done about those who are pending; undefined while that isn't known, since they are being counted. */
  state(organization: string): Deactivations | undefined {
    if (this.#pending.isCounting(organization)) return undefined;
    const found = this.#policies.of(organization);
    const pending = this.#pending.of(organization).size;
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
