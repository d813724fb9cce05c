import test from "ava";
import fc from "fast-check";
import { grantKey, noAccess, roleNames, sameAccess, sortGrants } from "../../identity/access.ts";
import { auditChanges } from "../../identity/audit.ts";
import { accountName, type User } from "../../identity/user.ts";

const user: User = {
  ref: "acme/acme-x",
  version: "1",
  uid: "u",
  organization: "acme/acme",
  source: "Okta",
  issuer: "https://acme.okta.com",
  subject: "00u1",
  email: "ada@acme.example",
  groups: [],
  localRoles: [],
  decided: true,
  sessionEpoch: 0,
};
const active = (...grants: { role: string; mapping?: string; group?: string }[]): User => ({
  ...user,
  access: { active: true, grants, groups: [], reason: "MappedGroup", message: "In mapped groups: g." },
});
const cause = { by: "sign-in" as const, reason: "SignIn" as const, detail: "Signed in." };

test("grants are sorted and each is there once", (t) => {
  const b = { role: "b", mapping: "m", group: "g" };
  const a = { role: "a", mapping: "m", group: "g" };
  t.deepEqual(sortGrants([b, a, { ...b }]), [a, b]);
});

test("law: in whatever order grants come, they are sorted alike, each once", (t) => {
  const word = fc.constantFrom("a", "b", "c");
  const grant = fc.record({ role: word, mapping: word, group: word }, { requiredKeys: ["role"] });
  fc.assert(
    fc.property(fc.array(grant, { minLength: 3, maxLength: 12 }), (grants) => {
      const keys = sortGrants(grants).map(grantKey);
      t.deepEqual(keys, [...new Set(grants.map(grantKey))].sort());
    }),
  );
});

test("roles are named once each, sorted; whoever has no access has none", (t) => {
  t.deepEqual(roleNames([{ role: "b" }, { role: "a" }, { role: "b", mapping: "m" }]), ["a", "b"]);
  t.deepEqual(noAccess("NoMappedGroup", "None."), {
    active: false,
    grants: [],
    groups: [],
    reason: "NoMappedGroup",
    message: "None.",
  });
});

test("access is the same only when every part is", (t) => {
  const one = active({ role: "a" }).access;
  if (!one) return t.fail();
  t.true(sameAccess(one, { ...one, grants: [{ role: "a" }] }));
  t.false(sameAccess(one, { ...one, grants: [{ role: "b" }] }));
  t.false(sameAccess(one, { ...one, groups: ["g"] }));
  t.false(sameAccess(one, { ...one, message: "else" }));
  t.false(sameAccess(one, { ...one, active: false }));
  t.false(sameAccess(one, { ...one, reason: "DeactivationHeld" }));
  t.false(sameAccess({ ...one, groups: ["g"] }, { ...one, groups: ["h"] }), "as many others");
});

test("the audit names who came in, what was granted and revoked with its cause, and who went out", (t) => {
  const a = { role: "a", mapping: "m", group: "g" };
  const b = { role: "b", mapping: "n", group: "h" };
  const actions = (before: User | undefined, after: User) =>
    auditChanges(before, after, cause).map((record) => [record.action, "role" in record ? record.role : ""]);
  t.deepEqual(actions(undefined, active(a)), [
    ["activate", ""],
    ["grant", "a"],
  ]);
  t.deepEqual(actions(active(a), active(b)), [
    ["grant", "b"],
    ["revoke", "a"],
  ]);
  t.deepEqual(actions(active(a), active(a)), []);
  const gone: User = {
    ...user,
    access: { active: false, grants: [], groups: [], reason: "NoMappedGroup", message: "" },
  };
  t.deepEqual(actions(active(a), gone), [
    ["revoke", "a"],
    ["deactivate", ""],
  ]);
  const local: User = { ...user, source: "Local" };
  t.deepEqual(actions(local, active(a)), [
    ["link", ""],
    ["activate", ""],
    ["grant", "a"],
  ]);
  t.deepEqual(actions(local, { ...active(a), source: "Local" }), [
    ["activate", ""],
    ["grant", "a"],
  ]);
  t.deepEqual(actions(active(a), user), [
    ["revoke", "a"],
    ["deactivate", ""],
  ]);
  t.like(auditChanges(active(a), user, cause)[1], { reason: "" }, "of somebody who isn't decided on");
  t.like(auditChanges(active(a), gone, cause)[0], {
    mapping: "m",
    group: "g",
    email: "ada@acme.example",
    cause,
  });
});

test("everybody computes the same account name, and a different one for a different person", (t) => {
  const ada = { issuer: "https://acme.okta.com", subject: "00u1" };
  // SHA-256 of issuer, line feed and subject in base32: accounts that are there have these names.
  t.is(accountName("acme", ada), "acme-dobkbjlza7zao2z7");
  t.is(accountName("acme", ada), accountName("acme", { ...ada }));
  t.not(accountName("acme", ada), accountName("acme", { ...ada, subject: "00u2" }));
  t.not(
    accountName("acme", ada),
    accountName("acme", { ...ada, issuer: "https://acme.okta.com/oauth2/default" }),
  );
});
