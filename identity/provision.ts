import { type Access, type Grant, roleNames, sameAccess } from "./access.ts";
import { resolveSignIn } from "./account-access.ts";
import { signInCause } from "./causes.ts";
import { LIST_MAY_BE_CUT, mayBeCut } from "./groups-verdict.ts";
import type { Identity } from "./identity.ts";
import { isLinkable } from "./linking.ts";
import { untilWritten } from "./lost-answers.ts";
import type { Policy, PolicyInForce } from "./policy.ts";
import { keepHeldAccess, resolveAccess } from "./resolve-access.ts";
import { keepAdminRoles, lostAdminRoles } from "./safeguards/admin-roles.ts";
import { isCountedLoss } from "./safeguards/losses.ts";
import { type IdentityStore, type PerhapsStored, StaleUserError } from "./store.ts";
import { identityOf, isActive, isAsStored, type User } from "./user.ts";

/** A person whom Okta has just signed in. */
export interface SignIn {
  /** "namespace/name" */
  readonly organization: string;
  readonly identity: Identity;
  /** ms since 1970 */
  readonly at: number;
}

/**
 * What became of a sign-in. `before` is the account as it was, for the audit log. `isNoted`: that the person has signed in
 * is stored with what it has changed; where that was nothing, it is for the caller to note, afterwards. `lost`: what may
 * have been stored besides, of an account that isn't there any more.
 */
export type SignInOutcome = { readonly lost?: PerhapsStored } & Outcome;

type Outcome =
  | {
      readonly kind: "admitted";
      readonly user: User;
      readonly before: User | undefined;
      readonly isNoted: boolean;
    }
  | {
      readonly kind: "refused";
      readonly access: Access;
      readonly user: User | undefined;
      readonly before: User | undefined;
      readonly isNoted: boolean;
    }
  /** Refused, and the account stays as it is: the groups would take what only people, or a full list, may take. */
  | {
      readonly kind: "kept";
      readonly reason: KeptReason;
      readonly why: string;
      readonly user: User;
      readonly before: User;
      readonly isNoted: boolean;
    };

/** Why an account is kept although the groups that were received give it less. */
export type KeptReason = "DeactivationsHeld" | "TooManyGroups";

/**
 * What the safeguards say to a sign-in that would deactivate an account, or take an admin role from it: `take` does it;
 * `leave` stores what Okta said and leaves the rest to the operator, who sees all of it; `hold` does so, too, and says
 * that somebody has to look.
 */
export type LossDecision = "take" | "leave" | "hold";

/** What a sign-in needs of the store. */
export type SignInStore = Pick<
  IdentityStore,
  "find" | "freshBySubject" | "findLocalByEmail" | "fresh" | "isCurrent" | "create" | "update"
>;

/** What a sign-in is decided by. The issuer is no question: it has just named the person. */
type Deciding = Pick<PolicyInForce, "policy" | "held" | "paused">;

/** How often access is resolved anew because another writer came first. More means that something is wrong. */
const ATTEMPTS = 8;

/**
 * Brings the store up to what Okta says about a person who signs in: makes their account, links the local one
 * that has the same verified address, changes roles, or deactivates.
 *
 * Nothing is written for a person who has neither access nor an account; nor for one who comes back and gets what they
 * have, so that nobody waits for that. A write names the version that it was decided on; an admission without one relies
 * on what this replica knows, as of a few seconds ago at the most (`isCurrent`), and in the usual case as of now. What it
 * hasn't heard of in that time is made good when it does: the session names the account (its uid) and the epoch that the
 * decision was made on, and every request of it is checked against both. Whoever was deactivated or put out a moment ago,
 * or whose account was deleted and made again, is signed in with a session that is refused at once where that is known,
 * and here as soon as the watch brings it: they sign in again. So what is stored stands: what another replica has stored
 * in that moment isn't overwritten by what Okta has said to this one.
 * @param mayTake is asked before an account is deactivated or loses an admin role, where that counts (see `safeguards/`)
 * @throws StoreError when the store can't be written; then nobody is signed in. It says what may be stored all the same
 */
export async function provisionSignIn(
  store: SignInStore,
  signIn: SignIn,
  organization: Deciding,
  mayTake: (user: User, access: Access) => LossDecision = () => "take",
): Promise<SignInOutcome> {
  return untilWritten(
    async (lost, earlier) => {
      const fresh = earlier > 0;
      const user = await currentUser(store, signIn, organization, fresh);
      const outcome = await write(store, signIn, organization, { user, fresh }, mayTake);
      if (outcome.kind === "admitted" || fresh || (await isCurrent(store, signIn, outcome)))
        return since(lost, outcome);
      throw new StaleUserError("The refusal was decided on what isn't stored any more.");
    },
    {
      attempts: ATTEMPTS,
      givenUp: `The account was changed by others ${ATTEMPTS} times in a row. Sign in again.`,
    },
  );
}

/** The outcome with the account as it was before everything that this sign-in may have stored of it. */
function since(lost: PerhapsStored | undefined, outcome: SignInOutcome): SignInOutcome {
  if (!lost) return outcome;
  if (lost.after.uid !== outcome.user?.uid) return { ...outcome, lost };
  const { before } = lost;
  return outcome.kind === "kept" ? { ...outcome, before: before ?? outcome.before } : { ...outcome, before };
}

/**
 * Whether a refusal was decided on what is stored now. A replica that is a moment behind may not know of an account, or
 * of one's activation, and would leave it active.
 */
async function isCurrent(
  store: SignInStore,
  { organization, identity }: SignIn,
  { user, before }: SignInOutcome,
): Promise<boolean> {
  if (user?.version !== before?.version) return true; // what was written, was written on what was stored
  const stored = await store.freshBySubject(organization, identity);
  return stored === undefined || stored.version === user?.version;
}

async function write(
  store: SignInStore,
  { organization: key, identity, at }: SignIn,
  organization: Deciding,
  { user, fresh }: { user: User | undefined; fresh: boolean },
  mayTake: (user: User, access: Access) => LossDecision,
): Promise<SignInOutcome> {
  const resolution = resolveSignIn(identity, user, organization);
  const cause = signInCause(identity.groupsFrom);
  if (user && mayBeCut(identity) && losesRoles(user, identity, resolution.access, organization)) {
    if (organization.paused && resolution.kind === "admit")
      return admitAsStored(store, user, { key, at, access: resolution.access, fresh });
    const { reason, why } = LIST_MAY_BE_CUT;
    return { kind: "kept", reason, why, user, before: user, isNoted: false };
  }
  switch (resolution.kind) {
    case "admit": {
      const access = user
        ? admittedAccess(user, resolution.access, organization, mayTake)
        : resolution.access;
      if (user && isUnchanged(user, identity, access) && (fresh || store.isCurrent(key)))
        return { kind: "admitted", user, before: user, isNoted: false };
      const signIns = [{ at, outcome: "Admitted", reason: access.reason }] as const;
      const after = user
        ? await store.update(user, { identity, access, cause, signIns })
        : await store.create({ organization: key, identity, access, signedInAt: at });
      return { kind: "admitted", user: after, before: user, isNoted: true };
    }
    case "refuse": {
      // A local account isn't taken over by somebody whom Okta's groups give nothing.
      if (!user || user.source === "Local")
        return {
          kind: "refused",
          access: resolution.access,
          user: undefined,
          before: undefined,
          isNoted: false,
        };
      const { access } = resolution;
      if (organization.paused && !isActive(user) && access.reason !== "NotActiveInOkta") {
        // Why the account is deactivated, and since when, stays as it is.
        const after = await store.update(user, { identity });
        return { kind: "refused", access, user: after, before: user, isNoted: false };
      }
      const decision = isCountedLoss(user, access) ? mayTake(user, access) : "take";
      if (decision !== "take") {
        const after = await store.update(user, { identity });
        return decision === "hold"
          ? { kind: "kept", ...DEACTIVATIONS_HELD, user: after, before: user, isNoted: false }
          : { kind: "refused", access, user: after, before: user, isNoted: false };
      }
      const isNoted = !isUnchanged(user, identity, access);
      const signIns = isNoted ? [{ at, outcome: "Refused", reason: access.reason } as const] : [];
      const after = await store.update(user, { identity, access, cause, signIns });
      return { kind: "refused", access, user: after, before: user, isNoted };
    }
    case "leave": {
      const after = user && (await store.update(user, { identity }));
      return { kind: "refused", access: resolution.access, user: after, before: user, isNoted: false };
    }
  }
}

/** What somebody gets who is admitted: their admin roles, too, until it is certain that they aren't the last who hold them. */
function admittedAccess(
  user: User,
  access: Access,
  { policy }: Deciding,
  mayTake: (user: User, access: Access) => LossDecision,
): Access {
  const isTaken = lostAdminRoles(user, access, policy).length === 0 || mayTake(user, access) === "take";
  return isTaken ? access : keepAdminRoles(user, access, policy);
}

/** Whether everything is stored already that a sign-in says of somebody, and that follows from it. */
function isUnchanged(user: User, identity: Identity, access: Access): boolean {
  return (
    user.decided &&
    !user.outdated &&
    user.access !== undefined &&
    sameAccess(user.access, access) &&
    isAsStored(user, identity)
  );
}

/**
 * Lets somebody in with what they have, and stores nothing of what Okta has said of them: a pause takes nothing, and when
 * it is over, a list that may have been cut mustn't be found there.
 */
async function admitAsStored(
  store: SignInStore,
  user: User,
  { key, at, access, fresh }: { key: string; at: number; access: Access; fresh: boolean },
): Promise<SignInOutcome> {
  if (fresh || store.isCurrent(key)) return { kind: "admitted", user, before: user, isNoted: false };
  const signIns = [{ at, outcome: "Admitted", reason: access.reason }] as const;
  return { kind: "admitted", user: await store.update(user, { signIns }), before: user, isNoted: true };
}

/** Whether the groups that have been received give somebody less than those that were received before, once nothing is paused. */
function losesRoles(user: User, identity: Identity, access: Access, organization: Deciding): boolean {
  const before = identityOf(user);
  if (!before || !isActive(user)) return false;
  const { policy, paused } = organization;
  const had = resolveAccess(before, policy, user.access?.grants, "stored").grants;
  const has = paused ? resolveSignIn(identity, user, { ...organization, paused: false }).access : access;
  const left = new Set(rolesCaused(identity, has.grants, policy));
  return rolesCaused(before, had, policy).some((role) => !left.has(role));
}

/** The roles of these grants, but for those of a paused mapping that somebody has whatever their groups are. */
function rolesCaused(person: Identity, grants: readonly Grant[], policy: Policy): string[] {
  const isOfPaused = ({ mapping }: Grant): boolean => mapping !== undefined && policy.isPaused(mapping);
  const caused = keepHeldAccess(person, grants.filter(isOfPaused))?.grants ?? [];
  return roleNames([...grants.filter((grant) => !isOfPaused(grant)), ...caused]);
}

const DEACTIVATIONS_HELD = {
  reason: "DeactivationsHeld",
  why: "The groups give nothing any more, and what would be taken by that waits for somebody's approval.",
} as const;

/** The account of the person who signs in, or the local account that is to become theirs. */
async function currentUser(
  store: SignInStore,
  { organization: key, identity }: SignIn,
  { policy }: Deciding,
  fresh: boolean,
): Promise<User | undefined> {
  const known = await (fresh ? store.freshBySubject(key, identity) : store.find(key, identity));
  if (known) return known;
  if (!identity.emailVerified || identity.email === undefined) return undefined;
  const sameAddress = await store.findLocalByEmail(key, identity.email);
  const candidates = sameAddress.filter((user) => isLinkable(user, policy.roles));
  const [only] = candidates;
  // Two accounts with one address: which one is meant is for people to say.
  if (!only || candidates.length > 1) return undefined;
  const local = fresh ? await store.fresh(only.ref) : only;
  if (!local) return undefined;
  // Another replica has linked it meanwhile: making an account now would give this person two.
  const isTheirs = local.issuer === identity.issuer && local.subject === identity.subject;
  return isTheirs || isLinkable(local, policy.roles) ? local : undefined;
}
