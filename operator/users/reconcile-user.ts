import {
  type Access,
  type AuditLog,
  approvedCause,
  auditChanges,
  auditPerhaps,
  type IdentityStore,
  isActive,
  isCountedLoss,
  lostAdminRoles,
  type Policies,
  resolveStoredAccess,
  SEEN_IN_DIRECTORY,
  sameAccess,
  storedCause,
  type User,
} from "../../identity/index.ts";
import { again, done, type Outcome } from "../../kubernetes/index.ts";
import type { CacheLag } from "./cache-lag.ts";
import type { DeactivationHold } from "./deactivation-hold.ts";
import type { PendingDeactivations } from "./pending-deactivations.ts";
import { writeRecorded } from "./recorded-write.ts";
import type { UnfinishedSignIns } from "./unfinished-sign-ins.ts";

export interface UserDeps {
  readonly store: IdentityStore;
  readonly policies: Policies;
  readonly pending: Pick<PendingDeactivations, "putOff">;
  readonly hold: Pick<DeactivationHold, "holds" | "approvalOf">;
  readonly audit: AuditLog;
  readonly unfinished: UnfinishedSignIns;
  readonly cacheLag: Pick<CacheLag, "isCurrent">;
}

/** When to look again, where it isn't: a heartbeat comes every few seconds. */
const NOT_CURRENT_MS = 500;

/** Reconciles one user: decides again from what is stored, and writes the outcome where it differs. */
export async function reconcileUser(ref: string, deps: UserDeps): Promise<Outcome> {
  const { store, policies, pending, hold, unfinished } = deps;
  const user = await store.read(ref);
  if (!user) return done;
  const wait = unfinished.waitMs(user);
  if (wait > 0) return again(wait);

  const found = policies.of(user.organization);
  const given = resolveStoredAccess(user, found && { ...found, held: false });
  // Whoever loses nothing isn't held: most of the people whom a change touches.
  const mayBeHeld =
    !found || isCountedLoss(user, given) || lostAdminRoles(user, given, found.policy).length > 0;
  const held = mayBeHeld ? hold.holds(user) : false;
  const access = held === true ? resolveStoredAccess(user, found && { ...found, held }) : given;
  if (isDecided(user, access)) return done;
  if (found && held === undefined) {
    pending.putOff(user); // until everybody is counted
    return done;
  }
  const isOfDirectory = unfinished.isOfDirectory(user);
  if (isActive(user) && !access.active && !deps.cacheLag.isCurrent(user, access, isOfDirectory))
    return again(NOT_CURRENT_MS);

  const approval = mayBeHeld ? hold.approvalOf(user) : undefined;
  const seen = isOfDirectory ? SEEN_IN_DIRECTORY : storedCause(user, access);
  const cause = approval === undefined ? seen : approvedCause(seen, approval);
  return writeRecorded(
    user,
    {
      change: { access, cause },
      isThere: (stored) => isDecided(stored, access),
      records: (stored) => auditChanges(user, stored, cause),
      recordsPerhaps: (perhaps) => auditPerhaps(perhaps, cause),
    },
    deps,
  );
}

function isDecided(user: User, access: Access): boolean {
  const { decided, outdated, access: stored } = user;
  if (!decided || !stored) return false;
  // Nobody keeps what has no organization: another release, of another version, may say the same in other words.
  if (access.reason === "OrganizationNotFound") return stored.reason === access.reason;
  return !outdated && sameAccess(stored, access);
}
