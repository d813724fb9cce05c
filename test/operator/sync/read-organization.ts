import {
  CompiledPolicy,
  type Identity,
  type IdentityStore,
  resolveAccess,
  resolveStoredAccess,
  roleNames,
  type User,
} from "../../../identity/index.ts";

/** An organization of which members are read: who is in `web` holds service-admin, who is in `portal` portal-admin. */
export const ORGANIZATION = "acme/acme";
export const ROLES = ["service-admin", "portal-admin"].map((name) => ({ name }));
export const policy = new CompiledPolicy(ROLES, [
  { name: "services", groups: [{ name: "web" }], roles: ["service-admin"] },
  { name: "portals", groups: [{ name: "portal" }], roles: ["portal-admin"] },
]);

/** The groups that its mappings name, as Okta has shown them. */
export const MAPPED = {
  found: new Map(["web", "portal"].map((name) => [`00g-${name}`, { id: `00g-${name}`, name, byID: false }])),
  gone: new Set<string>(),
  notShown: new Set<string>(),
};

/** What reading takes beside the directory, where nobody else does anything. */
export function readingDeps<Store extends IdentityStore>(store: Store, issuer: string) {
  return {
    store,
    policies: { of: () => ({ issuer, policy, held: false }) as never },
    unfinished: { isComplete: () => {} },
    audit: { write: () => {} },
    decide: () => {},
    organization: ORGANIZATION,
    issuer,
    directoryURL: new URL(issuer).origin,
    beforeLogin: false,
    mapped: () => MAPPED,
    lookUpGroups: () => {},
    isToBeLookedAt: () => false,
    isLookedAt: () => false,
    signal: new AbortController().signal,
  };
}

/** The account of somebody who has signed in with these groups. */
export function signedInWith(
  store: IdentityStore,
  person: Pick<Identity, "issuer" | "subject">,
  groups: readonly string[],
  at: { signedInAt?: number } = {},
): Promise<User> {
  const received = groups.map((name) => ({ name }));
  const identity: Identity = { ...person, emailVerified: true, groups: received, groupsFrom: "Claim" };
  return store.create({
    organization: ORGANIZATION,
    identity,
    access: resolveAccess(identity, policy),
    ...at,
  });
}

/** The roles that somebody holds by what is stored. */
export function rolesHeld(user: User | undefined, issuer: string): string {
  if (!user) throw new Error("the account is gone");
  return roleNames(resolveStoredAccess(user, { issuer, policy, held: false }).grants).join();
}
