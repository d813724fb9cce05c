import test from "ava";
import { noAccess } from "../../identity/access.ts";
import { resolveSignIn, resolveStoredAccess } from "../../identity/account-access.ts";
import { isCountedLoss } from "../../identity/safeguards/losses.ts";
import { account, GRANTS, ISSUER, identity, local, policy, withoutMapping } from "./an-account.ts";

test("a first sign-in with a mapped group is admitted, one without is refused", (t) => {
  t.like(resolveSignIn(identity("service_admin"), undefined, { policy, held: false }), { kind: "admit" });
  t.like(resolveSignIn(identity("marketing"), undefined, { policy, held: false }), { kind: "refuse" });
});

test("who has left the groups is refused and deactivated, held or not", (t) => {
  for (const held of [false, true])
    t.is(resolveSignIn(identity("marketing"), account(), { policy: withoutMapping, held }).kind, "refuse");
});

test("who is still in the groups, but lost the mapping, is left to the operator; while held, admitted", (t) => {
  t.is(
    resolveSignIn(identity("service_admin"), account(), { policy: withoutMapping, held: false }).kind,
    "leave",
  );
  const held = resolveSignIn(identity("service_admin"), account(), { policy: withoutMapping, held: true });
  t.is(held.kind, "admit");
  t.deepEqual(held.access.grants, GRANTS);
  t.is(held.access.reason, "DeactivationHeld");
});

test("a deactivated account isn't brought back by a hold", (t) => {
  const out = account({
    access: { active: false, grants: [], groups: [], reason: "NoMappedGroup", message: "" },
  });
  t.is(resolveSignIn(identity("service_admin"), out, { policy: withoutMapping, held: true }).kind, "refuse");
  t.false(resolveStoredAccess(out, { issuer: ISSUER, policy: withoutMapping, held: true }).active);
});

test("whoever isn't decided on yet holds nothing that could be kept", (t) => {
  const { access: _, ...undecided } = account({ groups: [] });
  t.false(resolveStoredAccess(undecided, { issuer: ISSUER, policy, held: true }).active);
  t.is(resolveSignIn(identity("marketing"), undecided, { policy, held: true }).kind, "refuse");
  t.is(resolveSignIn(identity("service_admin"), undecided, { policy, held: true }).kind, "admit");
  const paused = true;
  t.is(resolveSignIn(identity("service_admin"), undecided, { policy, held: false, paused }).kind, "refuse");
  // Whatever is stored of somebody who is out: it isn't theirs any more.
  const out = account({
    access: { active: false, grants: GRANTS, groups: [], reason: "NoMappedGroup", message: "" },
  });
  t.is(resolveSignIn(identity("service_admin"), out, { policy: withoutMapping, held: true }).kind, "refuse");
});

test("a stored account follows the policy; while a deactivation is held, it keeps what it holds, whatever would take that", (t) => {
  t.true(resolveStoredAccess(account(), { issuer: ISSUER, policy, held: false }).active);
  t.false(resolveStoredAccess(account(), { issuer: ISSUER, policy: withoutMapping, held: false }).active);
  t.deepEqual(
    resolveStoredAccess(account(), { issuer: ISSUER, policy: withoutMapping, held: true }).grants,
    GRANTS,
  );
  t.deepEqual(
    resolveStoredAccess(account({ groups: [] }), { issuer: ISSUER, policy, held: true }).grants,
    GRANTS,
  );
  const suspended = account({ oktaStatus: "SUSPENDED" });
  t.false(
    resolveStoredAccess(suspended, { issuer: ISSUER, policy, held: true }).active,
    "Okta is certain of them",
  );
});

test("accounts of a former issuer have no access; too many of them at once count as a change of the policy", (t) => {
  const elsewhere = { issuer: "https://acme.okta.com/oauth2/default", policy };
  const none = resolveStoredAccess(account(), { ...elsewhere, held: false });
  t.like(none, { active: false, reason: "IssuerChanged" });
  t.true(isCountedLoss(account(), none));
  t.true(resolveStoredAccess(account(), { ...elsewhere, held: true }).active);
});

test("whom Okta says to be inactive is out with an account of a former issuer, too, held or paused or not", (t) => {
  const former = { issuer: "https://acme.okta.com/oauth2/default", policy };
  const suspended = account({ oktaStatus: "SUSPENDED" });
  for (const terms of [{ held: false }, { held: true }, { held: false, paused: true }]) {
    const access = resolveStoredAccess(suspended, { ...former, ...terms });
    t.like(access, { active: false, reason: "NotActiveInOkta" });
    t.false(isCountedLoss(suspended, access));
  }
});

test("without the organization nobody has access, local accounts included", (t) => {
  for (const user of [account(), local({ localRoles: ["service-admin"] })])
    t.like(resolveStoredAccess(user, undefined), { active: false, reason: "OrganizationNotFound" });
});

test("a local account is active with its roles, whatever the mappings and holds say", (t) => {
  for (const held of [false, true]) {
    const access = resolveStoredAccess(local({ localRoles: ["organization-admin"] }), {
      issuer: ISSUER,
      policy: withoutMapping,
      held,
    });
    t.true(access.active);
    t.deepEqual(access.grants, [{ role: "organization-admin" }]);
    t.deepEqual(access.groups, []);
  }
});

const OUT = noAccess("NoMappedGroup", "Okta reports no groups for this person.");
const paused = { issuer: ISSUER, policy, held: false, paused: true };

test("while an organization is paused, everybody has what they had, whatever has changed", (t) => {
  for (const [user, by] of [
    [account(), { ...paused, policy: withoutMapping }],
    [account({ groups: [] }), paused],
    [account({ groups: [], groupsFrom: "MissingClaim" }), paused],
    [account(), { ...paused, issuer: "https://other.okta.com" }],
  ] as const)
    t.like(resolveStoredAccess(user, by), { active: true, grants: GRANTS, reason: "MappedGroup" });
  const out = account({ access: OUT });
  t.is(resolveStoredAccess(out, paused), OUT, "nor does anybody come back");
  const { access: _, ...undecided } = account();
  t.like(resolveStoredAccess(undecided, paused), { active: false, reason: "Paused" });
  const orphan = account({ access: noAccess("OrganizationNotFound", "") });
  t.like(resolveStoredAccess(orphan, paused), { active: false, reason: "Paused" }, "it is there again");
});

test("a pause keeps nobody whom Okta says to be inactive, and no local account from what people write", (t) => {
  t.like(resolveStoredAccess(account({ oktaStatus: "SUSPENDED" }), paused), {
    active: false,
    reason: "NotActiveInOkta",
  });
  t.true(resolveStoredAccess(local({ localRoles: ["service-admin"] }), paused).active);
  t.like(resolveStoredAccess(account(), undefined), { reason: "OrganizationNotFound" });
});

test("while an organization is paused, who has access signs in with that, and nobody else does", (t) => {
  for (const groups of [["service_admin"], ["marketing"], []])
    t.deepEqual(resolveSignIn(identity(...groups), account(), paused), {
      kind: "admit",
      access: account().access,
    });
  const first = resolveSignIn(identity("service_admin"), undefined, paused);
  t.like(first, { kind: "refuse", access: { reason: "Paused" } });
  const back = resolveSignIn(identity("service_admin"), account({ access: OUT }), paused);
  t.like(back, { kind: "refuse", access: { reason: "Paused" } });
  const linked = resolveSignIn(identity("service_admin"), local(), paused);
  t.like(linked, { kind: "refuse", access: { reason: "Paused" } }, "a local account isn't linked");
  t.like(resolveSignIn(identity("marketing"), undefined, paused), {
    kind: "refuse",
    access: { reason: "NoMappedGroup" },
  });
  const suspended = { ...identity("service_admin"), status: "SUSPENDED" };
  t.like(resolveSignIn(suspended, account(), paused), {
    kind: "refuse",
    access: { reason: "NotActiveInOkta" },
  });
});
