import { type Access, noAccess, sortGrants } from "./access.ts";
import { type Identity, isActiveInOkta } from "./identity.ts";
import type { PolicyInForce } from "./policy.ts";
import { heldAccess, keepHeldAccess, resolveAccess } from "./resolve-access.ts";
import { keepAdminRoles } from "./safeguards/admin-roles.ts";
import { isCountedLoss } from "./safeguards/losses.ts";
import { identityOf, isActive, type User } from "./user.ts";

/**
 * The access of a stored user under the organization's present policy.
 * @param inForce undefined when the organization doesn't exist (and that is known, not merely unread)
 */
export function resolveStoredAccess(user: User, inForce: PolicyInForce | undefined): Access {
  if (!inForce)
    return noAccess("OrganizationNotFound", `The organization ${user.organization} does not exist.`);
  const identity = identityOf(user);
  if (!identity) return localAccess(user);
  const current = user.access?.grants ?? [];
  // What is certain about one person comes first: that their issuer is another one may be held.
  const access =
    identity.issuer === inForce.issuer || !isActiveInOkta(identity.status)
      ? resolveAccess(identity, inForce.policy, current, "stored")
      : noAccess("IssuerChanged", `The organization's issuer is no longer ${identity.issuer}.`);
  if (inForce.paused) return pausedAccess(user, access);
  if (!inForce.held) return access;
  return isCountedLoss(user, access) ? heldAccess(current) : keepAdminRoles(user, access, inForce.policy);
}

/**
 * While an organization is paused, everybody has what they had, but for what is certain about one person.
 * @param given what they would have otherwise
 */
function pausedAccess({ access: stored }: User, given: Access): Access {
  if (given.reason === "NotActiveInOkta") return given;
  return stored && stored.reason !== "OrganizationNotFound" ? stored : PAUSED;
}

/** Who has nothing yet while an organization is paused gets nothing. */
const PAUSED = noAccess(
  "Paused",
  "Changes of access are paused in this organization: whoever has none gets none until that is over.",
);

/** A local account is active as long as it exists, with the roles that people gave it: Okta has no say. */
function localAccess(user: User): Access {
  return {
    active: true,
    grants: sortGrants(user.localRoles.map((role) => ({ role }))),
    groups: [],
    reason: "LocalAccount",
    message: "A local account: managed by people on the cluster, not by Okta.",
  };
}

/** What a sign-in leads to. */
export type SignInResolution =
  /** Signed in with this access, which is to be stored. */
  | { readonly kind: "admit"; readonly access: Access }
  /** Refused. An account that exists is (or stays) deactivated. */
  | { readonly kind: "refuse"; readonly access: Access }
  /**
   * Refused, and stored access stays: the person is still in the groups that gave them access, so a changed
   * mapping took it. Whether that change goes through is for the operator to say, who sees all of it.
   */
  | { readonly kind: "leave"; readonly access: Access };

/** Decides a sign-in from what Okta says just now and what the store holds. */
export function resolveSignIn(
  identity: Identity,
  user: User | undefined,
  { policy, held, paused = false }: Pick<PolicyInForce, "policy" | "held" | "paused">,
): SignInResolution {
  const current = user?.access?.grants ?? [];
  const access = resolveAccess(identity, policy, current);
  if (paused) return signInWhilePaused(user, access);
  if (access.active) return { kind: "admit", access };
  const kept = user && isActive(user) ? keepHeldAccess(identity, current) : undefined;
  if (!kept) return { kind: "refuse", access };
  return held ? { kind: "admit", access: kept } : { kind: "leave", access };
}

/**
 * While an organization is paused, whoever has access comes in with what they have. Nobody gets an account or comes back:
 * what would be given may be what was paused for.
 * @param given what the person would have otherwise
 */
function signInWhilePaused(user: User | undefined, given: Access): SignInResolution {
  if (given.reason === "NotActiveInOkta") return { kind: "refuse", access: given };
  if (user?.source === "Okta" && user.access?.active) return { kind: "admit", access: user.access };
  return { kind: "refuse", access: given.active ? PAUSED : given };
}
