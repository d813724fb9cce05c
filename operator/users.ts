import {
  type Access,
  type AuditLog,
  auditChanges,
  type Cause,
  decideStored,
  type IdentityStore,
  lostToPolicy,
  type Policies,
  StaleUserError,
  sameAccess,
  type User,
} from "../identity/index.ts";
import { again, done, type Outcome } from "../kubernetes/index.ts";
import type { DeactivationSafeguard } from "./deactivations.ts";

export interface UserDeps {
  readonly store: IdentityStore;
  readonly policies: Policies;
  readonly safeguard: DeactivationSafeguard;
  readonly audit: AuditLog;
  readonly unfinished: UnfinishedWrites;
}

/** Reconciles one user: decides again from what is stored, and writes the outcome where it differs. */
export async function reconcileUser(ref: string, deps: UserDeps): Promise<Outcome> {
  const { store, policies, safeguard, audit, unfinished } = deps;
  const user = store.get(ref);
  if (!user) return done;
  const wait = unfinished.waitMs(user);
  if (wait > 0) return again(wait);

  const found = policies.of(user.organization);
  const { held } = safeguard.state(user.organization);
  const access = decideStored(user, found && { ...found, held });
  if (user.access && user.decided && sameAccess(user.access, access)) return done;

  const byPolicy = found !== undefined && lostToPolicy(user, access);
  try {
    const after = await store.update(user, { access });
    if (byPolicy) safeguard.deactivated(after);
    audit.write(auditChanges(user, after, causeOf(user, access)), after.uid);
    return done;
  } catch (error) {
    if (!(error instanceof StaleUserError)) throw error;
    // Somebody else wrote first, and the cache may be long in hearing of it: this read brings it up to date.
    return (await store.fresh(ref)) ? again(0) : done;
  }
}

function causeOf(user: User, access: Access): Cause {
  if (access.reason === "OrganizationNotFound")
    return { by: "policy", detail: "The organization was deleted." };
  if (user.source === "Local")
    return { by: "local-account", detail: "The local account was written by people." };
  if (!user.decided)
    return { by: "recovery", detail: "A sign-in was stored but not finished; the operator finished it." };
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
