import test from "ava";
import fc from "fast-check";
import { noAccess } from "../../../identity/access.ts";
import { resolveStoredAccess } from "../../../identity/account-access.ts";
import { CompiledPolicy } from "../../../identity/policy.ts";
import {
  AdminForecast,
  adminLossCause,
  adminRolesHeld,
  keepAdminRoles,
  lostAdminRoles,
} from "../../../identity/safeguards/admin-roles.ts";
import type { User } from "../../../identity/user.ts";
import { account, ISSUER, local } from "../an-account.ts";

const ROLES = [
  { name: "viewer" },
  { name: "billing-admin", admin: true },
  { name: "organization-admin", admin: true },
];
const mapping = (name: string, group: string, ...roles: string[]) => ({
  name,
  groups: [{ name: group }],
  roles,
});
const ADMINS = mapping("admins", "admins", "organization-admin", "viewer");
const policy = new CompiledPolicy(ROLES, [ADMINS, mapping("viewers", "staff", "viewer")]);
const inForce = { issuer: ISSUER, policy, held: false };

/** An admin whose groups these are now. */
function admin(...groups: string[]): User {
  const grants = ["organization-admin", "viewer"].map((role) => ({
    role,
    mapping: "admins",
    group: "admins",
  }));
  return account({
    groups: groups.map((name) => ({ name })),
    access: { active: true, grants, groups: ["admins"], reason: "MappedGroup", message: "" },
  });
}

const lostBy = (user: User, by = policy): string[] =>
  lostAdminRoles(user, resolveStoredAccess(user, { ...inForce, policy: by }), by);

test("who leaves the admins' group loses the admin role, whether they keep another role or not", (t) => {
  t.deepEqual(lostBy(admin("admins")), []);
  t.deepEqual(lostBy(admin("staff")), ["organization-admin"]);
  t.deepEqual(lostBy(admin()), ["organization-admin"]);
});

test("a role that isn't the catalogue's, or isn't an admin's there, is nobody's to lose", (t) => {
  const tame = ROLES.map(({ name }) => ({ name }));
  t.deepEqual(lostBy(admin(), new CompiledPolicy(tame, [ADMINS])), []);
  t.deepEqual(lostBy(admin(), new CompiledPolicy([{ name: "viewer" }], [])), []);
});

test("what is certain about one person is never held, whatever they were; nor what people wrote", (t) => {
  const suspended = { ...admin("admins"), oktaStatus: "SUSPENDED" };
  t.deepEqual(lostBy(suspended), []);
  t.false(resolveStoredAccess(suspended, { ...inForce, held: true }).active);
  t.deepEqual(lostAdminRoles(admin(), noAccess("OrganizationNotFound", ""), policy), []);
  t.deepEqual(lostBy(local({ localRoles: ["organization-admin"] })), []);
  const { access: _, ...undecided } = admin();
  t.deepEqual(lostBy(undecided), []);
});

test("admin roles are counted of active accounts of Okta's: what a local one holds is for people to say", (t) => {
  const { access } = admin();
  t.deepEqual(adminRolesHeld({ source: "Okta" }, access, policy), ["organization-admin"]);
  t.deepEqual(adminRolesHeld({ source: "Local" }, access, policy), []);
  t.deepEqual(adminRolesHeld({ source: "Okta" }, access && { ...access, active: false }, policy), []);
  t.deepEqual(adminRolesHeld({ source: "Okta" }, undefined, policy), []);
});

test("what takes an admin role is told", (t) => {
  const cause = (user: User, by = policy): string =>
    adminLossCause(user, resolveStoredAccess(user, { ...inForce, policy: by }), ["organization-admin"]);
  t.is(cause(admin("staff")), "GroupsGone");
  t.is(cause({ ...admin(), groupsFrom: "MissingClaim" }), "ClaimMissing");
  const edited = new CompiledPolicy(ROLES, [mapping("admins", "admins", "viewer")]);
  t.is(cause(admin("admins"), edited), "MappingsChanged");
});

test("while that is held, an admin has what the groups give and the admin role beside it", (t) => {
  const moved = admin("staff");
  const held = resolveStoredAccess(moved, { ...inForce, held: true });
  t.deepEqual(held.grants, [
    { role: "organization-admin", mapping: "admins", group: "admins" },
    { role: "viewer", mapping: "viewers", group: "staff" },
  ]);
  t.like(held, { active: true, reason: "AdminRoleHeld", groups: ["admins", "staff"] });
  t.deepEqual(
    resolveStoredAccess({ ...moved, access: held }, { ...inForce, held: true }),
    held,
    "it stays so",
  );
  t.is(resolveStoredAccess(admin("admins"), { ...inForce, held: true }).reason, "MappedGroup");
  const given = resolveStoredAccess(admin("admins"), inForce);
  t.is(keepAdminRoles(admin("admins"), given, policy), given, "nothing is lost");
});

test("a role loses its last holders when somebody holds it and nobody would any more", (t) => {
  const forecast = new AdminForecast();
  t.false(forecast.losesLast("owner"), "nobody holds it");
  forecast.set("ada", { now: ["owner"], later: [] });
  t.true(forecast.losesLast("owner"));
  forecast.set("ben", { now: ["owner"], later: ["owner"] });
  t.false(forecast.losesLast("owner"), "Ben stays");
  forecast.set("ben", { now: ["owner"], later: [] });
  t.true(forecast.losesLast("owner"), "both leave");
  forecast.set("cy", { now: [], later: ["owner"] });
  t.false(forecast.losesLast("owner"), "Cy comes");
  forecast.delete("cy");
  forecast.delete("cy");
  t.true(forecast.losesLast("owner"));
  forecast.set("ada", { now: [], later: [] });
  forecast.delete("ben");
  t.false(forecast.losesLast("owner"), "all are gone");
});

test("law: whatever happened to it, a forecast is what a walk through everybody finds", (t) => {
  const roles = fc.subarray(["owner", "billing"]);
  const step = fc.record({
    ref: fc.constantFrom("a", "b", "c"),
    now: roles,
    later: roles,
    isGone: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
      const forecast = new AdminForecast();
      const people = new Map<string, { now: string[]; later: string[] }>();
      for (const { ref, now, later, isGone } of steps) {
        if (isGone) forecast.delete(ref);
        else forecast.set(ref, { now, later });
        people.set(ref, isGone ? { now: [], later: [] } : { now, later });
        for (const role of ["owner", "billing"]) {
          const all = [...people.values()];
          const expected =
            all.some((each) => each.now.includes(role)) && !all.some((each) => each.later.includes(role));
          t.is(forecast.losesLast(role), expected);
        }
      }
    }),
  );
});
