import {
  type Access,
  type AuditLog,
  auditChanges,
  type Cause,
  decideStored,
  type IdentityStore,
  isActive,
  lostToPolicy,
  type Policies,
  StaleUserError,
  sameAccess,
  type User,
} from "../../identity/index.ts";
import { again, done, type Outcome } from "../../kubernetes/index.ts";
import type { Currency } from "./cache-lag.ts";
import type { DeactivationSafeguard } from "./deactivation-hold.ts";
import type { PendingDeactivations } from "./pending-deactivations.ts";

export interface UserDeps {
  readonly store: IdentityStore;
  readonly policies: Policies;
  readonly pending: Pick<PendingDeactivations, "putOff">;
  readonly safeguard: DeactivationSafeguard;
  readonly audit: AuditLog;
  readonly unfinished: UnfinishedWrites;
  readonly currency: Pick<Currency, "isCurrent">;
}

/** When to look again, where it isn't: a heartbeat comes every few seconds. */
const NOT_CURRENT_MS = 500;

/** Reconciles one user: decides again from what is stored, and writes the outcome where it differs. */
export async function reconcileUser(ref: string, deps: UserDeps): Promise<Outcome> {
  const { store, policies, pending, safeguard, unfinished } = deps;
  const user = store.get(ref);
  if (!user) return done;
  const wait = unfinished.waitMs(user);
  if (wait > 0) return again(wait);

  const found = policies.of(user.organization);
  const deactivations = safeguard.state(user.organization);
  const access = decideStored(user, found && { ...found, held: deactivations?.held === true });
  if (isDecided(user, access)) return done;
  if (found && !deactivations && lostToPolicy(user, access)) {
    pending.putOff(user);
    return done;
  }
  if (isActive(user) && !access.active && !deps.currency.isCurrent(user, access))
    return again(NOT_CURRENT_MS);

  try {
    record(deps, user, await store.update(user, { access }), access);
    return done;
  } catch (error) {
    if (!(error instanceof StaleUserError)) throw error;
    // Somebody else wrote first, and the cache may be long in hearing of it: this read brings it up to date.
    const stored = await store.fresh(ref);
    if (!stored) return done;
    if (!isDecided(stored, access)) return again(0);
    // Or it was us, and the answer was lost: better recorded twice than never.
    record(deps, user, stored, access);
    return done;
  }
}

function isDecided(user: User, access: Access): boolean {
  return user.decided && user.access !== undefined && sameAccess(user.access, access);
}

function record({ safeguard, audit }: UserDeps, before: User, after: User, access: Access): void {
  if (access.reason !== "OrganizationNotFound" && lostToPolicy(before, access)) safeguard.deactivated(after);
  audit.write(auditChanges(before, after, causeOf(before, access)), after.uid);
}

function causeOf(user: User, access: Access): Cause {
  if (access.reason === "OrganizationNotFound")
    return { by: "policy", detail: "The organization was deleted." };
  if (user.source === "Local")
    return { by: "local-account", detail: "The local account was written by people." };
  if (access.reason === "IssuerChanged")
    return { by: "policy", detail: "The organization has another issuer now." };
  if (!user.decided && !lostToPolicy(user, access))
    return { by: "recovery", detail: "A sign-in was stored but not finished; the operator finished it." };
  if (user.access?.reason === "OrganizationNotFound")
    return { by: "policy", detail: "The organization is there again." };
  return { by: "policy", detail: "The mappings or roles of the organization have changed." };
}

/** How long the writer of a sign-in is given for the second of its two writes. */
const SECOND_WRITE_MS = 1500;

/**
 * A sign-in is stored in two writes. Whoever sees the first waits a moment for the second, and finishes the job
 * only when the writer seems to have died in between: deciding at once would make both collide every time.
 */
export class UnfinishedWrites {
  readonly #seen = new Map<string, { version: string; at: number }>();
  readonly #now: () => number;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** @returns ms to wait before deciding on this user; 0 when there is nothing to wait for */
  waitMs(user: User): number {
    if (user.source === "Local" || user.decided) {
      this.#seen.delete(user.ref);
      return 0;
    }
    const seen = this.#seen.get(user.ref);
    if (seen?.version !== user.version) {
      this.#seen.set(user.ref, { version: user.version, at: this.#now() });
      return SECOND_WRITE_MS;
    }
    return Math.max(0, SECOND_WRITE_MS - (this.#now() - seen.at));
  }

  forget(ref: string): void {
    this.#seen.delete(ref);
  }
}
