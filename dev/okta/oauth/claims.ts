import type { Directory } from "../directory/directory.ts";
import { nameOf, type User } from "../directory/entities.ts";
import { randomId } from "../directory/okta-ids.ts";
import type { Faults } from "../faults.ts";
import type { App, AuthorizationServerSettings, GroupsClaim } from "../seed.ts";
import { type ClaimsUse, type GroupsClaimRules, groupsClaim } from "./groups-claim.ts";

export type Claims = Record<string, unknown>;

/** What is known of an authorization server where claims are made: the org server has no settings of its own. */
export interface ClaimsSource {
  directory: Directory;
  rules: GroupsClaimRules;
  faults: Faults;
  custom: AuthorizationServerSettings | undefined;
}

/** The claims that any app of any server can get, groups claims aside. */
export const fixedClaims = [
  "sub",
  "ver",
  "jti",
  "idp",
  "amr",
  "auth_time",
  "at_hash",
  "name",
  "preferred_username",
  "given_name",
  "family_name",
  "nickname",
  "locale",
  "zoneinfo",
  "updated_at",
  "email",
  "email_verified",
];

/**
 * The claims on a person for one use. In a thin ID token the profile scope brings `name` and
 * `preferred_username` alone, the email scope `email` alone, and the org server's groups stay out (Okta: "Okta
 * Groups or Attribute Missing from Id Token"); userinfo always has them all.
 */
export function claimsFor(
  user: User,
  app: App,
  scopes: ReadonlySet<string>,
  use: ClaimsUse,
  source: ClaimsSource,
): Claims {
  const thin = use === "id_token" && app.idToken === "thin";
  const claims: Claims = { sub: user.id };
  if (use === "id_token") {
    claims.ver = 1;
    claims.jti = `ID.${randomId("trs")}${randomId("trs")}`;
    claims.idp = "00o00000000000000000";
  }
  if (scopes.has("profile")) Object.assign(claims, profileClaims(user, thin));
  if (scopes.has("email")) {
    claims.email = user.profile.email;
    if (!thin) claims.email_verified = user.emailVerified;
  }
  const claim = groupsClaimOf(app, scopes, use, source.custom);
  if (claim) {
    const groups = groupNames(user, source.directory);
    claims[claim.name] = source.faults.groupsClaim(groupsClaim(groups, claim, source.rules), {
      app: app.clientId,
      use,
    });
  }
  return withoutUndefined(claims);
}

/**
 * Fails where a token for this person could not be made.
 * @throws TooManyGroupsError
 */
export function checkClaims(user: User, app: App, scopes: ReadonlySet<string>, source: ClaimsSource): void {
  for (const use of ["id_token", "userinfo"] as const) {
    const claim = groupsClaimOf(app, scopes, use, source.custom);
    if (claim) groupsClaim(groupNames(user, source.directory), claim, source.rules);
  }
}

/**
 * The groups claim that a token of this use gets, if any. Org server: the app's own claim, with the `groups` scope
 * only. Custom server: the server's claim, whatever its name, with the scopes that it is bound to.
 */
function groupsClaimOf(
  app: App,
  scopes: ReadonlySet<string>,
  use: ClaimsUse,
  custom: AuthorizationServerSettings | undefined,
): GroupsClaim | undefined {
  if (!custom) {
    const wanted = scopes.has("groups") && (use === "userinfo" || app.idToken === "fat");
    return wanted ? app.groupsClaim : undefined;
  }
  const own = app.customClaims[custom.id];
  const claim = own === undefined ? custom.groupsClaim : own;
  if (!claim || (use === "id_token" && claim.inIdToken === "userinfo")) return undefined;
  return claim.scopes.length === 0 || claim.scopes.some((scope) => scopes.has(scope)) ? claim : undefined;
}

function groupNames(user: User, directory: Directory): string[] {
  return directory.groupsOf(user.id).map(({ profile }) => profile.name);
}

function profileClaims({ profile, lastUpdated }: User, thin: boolean): Claims {
  const claims: Claims = { name: nameOf(profile), preferred_username: profile.login };
  if (thin) return claims;
  return {
    ...claims,
    given_name: profile.firstName ?? undefined,
    family_name: profile.lastName ?? undefined,
    nickname: profile.nickName ?? undefined,
    locale: profile.locale ?? "en_US",
    zoneinfo: profile.timezone ?? "America/Los_Angeles",
    updated_at: Math.floor(Date.parse(lastUpdated) / 1000),
  };
}

function withoutUndefined(claims: Claims): Claims {
  return Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined));
}
