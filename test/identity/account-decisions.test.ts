import test from "ava";
import { decideSignIn, decideStored, isLinkable, lostToPolicy } from "../../identity/account-decisions.ts";
import type { Identity } from "../../identity/identity.ts";
import { CompiledPolicy, type Role } from "../../identity/policy.ts";
import type { User } from "../../identity/user.ts";

const roles: Role[] = [{ name: "service-admin" }, { name: "organization-admin", admin: true }];
const policy = new CompiledPolicy(roles, [
  { name: "services", groups: [{ name: "service_admin" }], roles: ["service-admin"] },
]);
const withoutMapping = new CompiledPolicy(roles, []);
const grants = [{ role: "service-admin", mapping: "services", group: "service_admin" }];

const identity = (...groups: string[]): Identity => ({
  issuer: "https://acme.okta.com",
  subject: "00u1",
  emailVerified: true,
  groups: groups.map((name) => ({ name })),
  groupsFrom: "Claim",
});
const issuer = "https://acme.okta.com";
const account = (changes: Partial<User> = {}): User => ({
  ref: "acme/acme-x",
  version: "1",
  uid: "u",
  organization: "acme/acme",
  source: "Okta",
  issuer: "https://acme.okta.com",
  subject: "00u1",
  groups: [{ name: "service_admin" }],
  localRoles: [],
  decided: true,
  sessionEpoch: 0,
  access: { active: true, grants, groups: ["service_admin"], reason: "MappedGroup", message: "" },
  ...changes,
});
const local = (changes: Partial<User> = {}): User => {
  const { issuer: _, subject: __, access: ___, ...rest } = account({ source: "Local", groups: [] });
  return { ...rest, ...changes };
};

test("a first sign-in with a mapped group is admitted, one without is refused", (t) => {
  t.like(decideSignIn(identity("service_admin"), undefined, { policy, held: false }), { kind: "admit" });
  t.like(decideSignIn(identity("marketing"), undefined, { policy, held: false }), { kind: "refuse" });
});

test("who has left the groups is refused and deactivated, held or not", (t) => {
  for (const held of [false, true])
    t.is(decideSignIn(identity("marketing"), account(), { policy: withoutMapping, held }).kind, "refuse");
});

test("who is still in the groups, but lost the mapping, is left to the operator; while held, admitted", (t) => {
  t.is(
    decideSignIn(identity("service_admin"), account(), { policy: withoutMapping, held: false }).kind,
    "leave",
  );
  const held = decideSignIn(identity("service_admin"), account(), { policy: withoutMapping, held: true });
  t.is(held.kind, "admit");
  t.deepEqual(held.access.grants, grants);
  t.is(held.access.reason, "DeactivationHeld");
});

test("a deactivated account isn't brought back by a hold", (t) => {
  const out = account({
    access: { active: false, grants: [], groups: [], reason: "NoMappedGroup", message: "" },
  });
  t.is(decideSignIn(identity("service_admin"), out, { policy: withoutMapping, held: true }).kind, "refuse");
  t.false(decideStored(out, { issuer, policy: withoutMapping, held: true }).active);
});

test("a stored account follows the policy; while a deactivation is held, it keeps what its groups still cause", (t) => {
  t.true(decideStored(account(), { issuer, policy, held: false }).active);
  t.false(decideStored(account(), { issuer, policy: withoutMapping, held: false }).active);
  t.deepEqual(decideStored(account(), { issuer, policy: withoutMapping, held: true }).grants, grants);
  t.false(decideStored(account({ groups: [] }), { issuer, policy: withoutMapping, held: true }).active);
});

test("accounts of a former issuer have no access; too many of them at once count as a change of the policy", (t) => {
  const elsewhere = { issuer: "https://acme.okta.com/oauth2/default", policy };
  const none = decideStored(account(), { ...elsewhere, held: false });
  t.like(none, { active: false, reason: "IssuerChanged" });
  t.true(lostToPolicy(account(), none));
  t.true(decideStored(account(), { ...elsewhere, held: true }).active);
});

test("without the organization nobody has access, local accounts included", (t) => {
  for (const user of [account(), local({ localRoles: ["service-admin"] })])
    t.like(decideStored(user, undefined), { active: false, reason: "OrganizationNotFound" });
});

test("a local account is active with its roles, whatever the mappings and holds say", (t) => {
  for (const held of [false, true]) {
    const access = decideStored(local({ localRoles: ["organization-admin"] }), {
      issuer,
      policy: withoutMapping,
      held,
    });
    t.true(access.active);
    t.deepEqual(access.grants, [{ role: "organization-admin" }]);
  }
});

test("only losses of the policy's own making count for the safeguard", (t) => {
  const none = decideStored(account(), { issuer, policy: withoutMapping, held: false });
  t.true(lostToPolicy(account(), none));
  t.false(lostToPolicy(account({ groups: [] }), none), "left the group");
  t.false(lostToPolicy(account({ oktaStatus: "SUSPENDED" }), none), "suspended in Okta");
  t.false(lostToPolicy(account(), decideStored(account(), { issuer, policy, held: false })), "lost nothing");
});

test("a local account is linked only when it can't sign in by itself and is surely no admin", (t) => {
  t.true(isLinkable(local({ localRoles: ["service-admin"] }), policy.roles));
  t.true(isLinkable(local(), policy.roles));
  t.false(isLinkable(local({ localRoles: ["service-admin", "organization-admin"] }), policy.roles));
  t.false(isLinkable(local({ localRoles: ["not-in-the-catalogue"] }), policy.roles));
  t.false(isLinkable(local({ serviceAccountName: "ben" }), policy.roles));
  t.false(isLinkable(account(), policy.roles), "an Okta account belongs to its subject");
});
