import test from "ava";
import { sameAccess, sortGrants } from "../../identity/access.ts";
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
const cause = { by: "sign-in" as const, detail: "Signed in." };

test("grants are sorted and each is there once", (t) => {
  const b = { role: "b", mapping: "m", group: "g" };
  const a = { role: "a", mapping: "m", group: "g" };
  t.deepEqual(sortGrants([b, a, { ...b }]), [a, b]);
});

test("access is the same only when every part is", (t) => {
  const one = active({ role: "a" }).access;
  if (!one) return t.fail();
  t.true(sameAccess(one, { ...one, grants: [{ role: "a" }] }));
  t.false(sameAccess(one, { ...one, grants: [{ role: "b" }] }));
  t.false(sameAccess(one, { ...one, groups: ["g"] }));
  t.false(sameAccess(one, { ...one, message: "else" }));
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
  t.like(auditChanges(active(a), gone, cause)[0], {
    mapping: "m",
    group: "g",
    email: "ada@acme.example",
    cause,
  });
});

test("everybody computes the same account name, and a different one for a different person", (t) => {
  const ada = { issuer: "https://acme.okta.com", subject: "00u1" };
  t.regex(accountName("acme", ada), /^acme-[a-z2-7]{16}$/);
  t.is(accountName("acme", ada), accountName("acme", { ...ada }));
  t.not(accountName("acme", ada), accountName("acme", { ...ada, subject: "00u2" }));
  t.not(
    accountName("acme", ada),
    accountName("acme", { ...ada, issuer: "https://acme.okta.com/oauth2/default" }),
  );
});
