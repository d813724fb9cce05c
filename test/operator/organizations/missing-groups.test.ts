import test from "ava";
import type { OktaRoleMapping } from "../../../crds/types.ts";
import { type MappingSays, missingGroup } from "../../../operator/organizations/missing-groups.ts";

/** A mapping of one group, and what its status says. */
function mapping(named: { name?: string; id?: string }, status: OktaRoleMapping["status"] = {}): MappingSays {
  return {
    spec: {
      organizationRef: { name: "acme" },
      groups: [named],
      roles: ["viewer"],
    } as OktaRoleMapping["spec"],
    status,
  };
}

const notFound = (message: string): OktaRoleMapping["status"] => ({
  conditions: [
    {
      type: "GroupsResolved",
      status: "False",
      reason: "GroupNotFound",
      message,
      lastTransitionTime: "2026-01-01T00:00:00Z",
    },
  ],
});

test("what the directory has shown of a group that people no longer are in", (t) => {
  const staff = { name: "staff" };
  const withMembers = (members: number) =>
    mapping(staff, { groups: [{ id: "00g1", name: "staff", members }] });
  t.is(missingGroup("staff", [withMembers(0)]), '"staff" (which everybody has left)');
  t.is(
    missingGroup("staff", [withMembers(1)]),
    '"staff" (which has 1 member in Okta: does a filter leave it out?)',
  );
  t.is(
    missingGroup("00g1", [withMembers(40)]),
    '"00g1" (which has 40 members in Okta: does a filter leave it out?)',
  );
  t.is(
    missingGroup("staff", [mapping(staff, notFound('Okta has no group "staff": create it there.'))]),
    '"staff" (which Okta no longer has)',
  );
  const renamed = mapping({ id: "00g1" }, { groups: [{ id: "00g1", name: "crew", formerNames: ["staff"] }] });
  t.is(missingGroup("staff", [renamed]), '"staff" (which is "crew" now)');
  const notShown = mapping(staff, {
    ...notFound('Okta doesn\'t show "staff" to these credentials.'),
    groups: [{ id: "00g1", name: "staff", shown: false }],
  });
  t.is(missingGroup("staff", [notShown]), `"staff" (which Okta doesn't show to the directory's credentials)`);
});

test("only what is about this group counts: other groups of the mapping, and other conditions, say nothing of it", (t) => {
  const other = { id: "00g2", name: "web", members: 9 };
  t.is(missingGroup("staff", [mapping({ name: "staff" }, { groups: [other] })]), '"staff"');
  t.is(missingGroup("staff", [{ ...mapping({ name: "staff" }), status: {} }]), '"staff"');
  const said = notFound('Okta has no group "staff".');
  const [condition] = said?.conditions ?? [];
  if (!condition) throw new Error("it says nothing");
  const without = (type: string, status: "True" | "False"): OktaRoleMapping["status"] => ({
    conditions: [{ ...condition, type, status }],
  });
  t.is(missingGroup("staff", [mapping({ name: "staff" }, without("Ready", "False"))]), '"staff"');
  t.is(missingGroup("staff", [mapping({ name: "staff" }, without("GroupsResolved", "True"))]), '"staff"');
  const two = mapping({ name: "staff" }, said);
  two.spec.groups.push({ name: "web" });
  t.is(missingGroup("staff", [two]), '"staff" (which Okta no longer has)');
  t.is(missingGroup("staff", [mapping({ name: "web" }, said)]), '"staff"');
  const byID = notFound('Okta has no group "00g1".');
  t.is(missingGroup("00g1", [mapping({ id: "00g1" }, byID)]), '"00g1" (which Okta no longer has)');
});

test("of what nobody has looked up, nothing is said", (t) => {
  t.is(missingGroup("staff", []), '"staff"');
  t.is(missingGroup("staff", [mapping({ name: "staff" })]), '"staff"');
  t.is(missingGroup("staff", [mapping({ name: "web" }, notFound('no group "web"'))]), '"staff"');
  t.is(missingGroup("staff", [mapping({ name: "staff" }, notFound('no group "web"'))]), '"staff"');
});
