import test from "ava";
import type { OktaRoleMapping, Organization } from "../../../crds/types.ts";
import type { DesiredCondition } from "../../../kubernetes/index.ts";
import {
  groupsResolved,
  type Hint,
  isCurrent,
  mappingReady,
  organizationResolved,
  rolesResolved,
} from "../../../operator/mappings/mapping-conditions.ts";

const SINCE = Date.parse("2026-11-26T10:00:00Z");
const READ = { kind: "read", missing: [], hints: [], notShown: [] } as const;
const FAILED = {
  kind: "failed",
  reason: "DirectoryUnreachable",
  message: "It is down.",
  since: SINCE,
} as const;

/** A mapping of the second generation, of which this is said. */
function mapping(said?: DesiredCondition, observedGeneration = 2): OktaRoleMapping {
  const conditions = said
    ? [{ ...said, observedGeneration, lastTransitionTime: "2026-11-26T09:00:00Z" }]
    : [];
  return { metadata: { name: "m", generation: 2 }, status: { conditions } } as unknown as OktaRoleMapping;
}

const found = groupsResolved(READ, mapping());

test("what was read stays while it can't be read again, and says since when, in the same words each time", (t) => {
  const stale = groupsResolved({ ...READ, notReadSince: SINCE }, mapping(found));
  t.is(stale.status, "True");
  t.regex(
    stale.message,
    /^All groups exist in Okta\. .* again since 2026-11-26T10:00:00Z: see DirectoryReachable/,
  );
  // Another leader knows it from the status alone, and of a later failure.
  const later = { ...FAILED, since: SINCE + 60_000, isOfStatus: true };
  t.like(groupsResolved(later, mapping(stale)), stale);
  t.like(groupsResolved({ ...READ, notReadSince: SINCE + 60_000 }, mapping(stale)), stale);
  t.deepEqual(groupsResolved(READ, mapping(stale)), found, "until it is read");
});

test("Unknown is only what nothing is known of: another generation, or other groups", (t) => {
  for (const kind of ["checking", "failed", "unread"] as const) {
    const check = { ...FAILED, kind };
    t.is(groupsResolved({ ...check, isOfStatus: true }, mapping(found)).status, "True", kind);
    for (const unknown of [
      groupsResolved({ ...check, isOfStatus: true }, mapping(found, 1)),
      groupsResolved({ ...check, isOfStatus: false }, mapping(found)),
    ])
      t.like(unknown, { status: "Unknown", reason: kind === "checking" ? "Checking" : FAILED.reason }, kind);
  }
});

test("what was said for want of a directory is no word of the directory's", (t) => {
  const required = groupsResolved({ kind: "no-directory", byID: ["00g1"], hints: [] }, mapping());
  t.is(required.reason, "DirectoryRequired");
  const none = groupsResolved({ kind: "no-directory", byID: [], hints: [] }, mapping());
  for (const said of [required, none])
    t.is(groupsResolved({ kind: "checking", isOfStatus: true }, mapping(said)).reason, "Checking");
});

const acme = {
  metadata: { namespace: "team-a", name: "acme" },
  spec: { roles: [{ name: "admin" }, { name: "viewer" }] },
} as unknown as Organization;

function line({ status, reason, message }: DesiredCondition): string {
  return `${status} ${reason}: ${message}`;
}

test("an organization and roles that aren't there are named, with what there is", (t) => {
  const of = (...roles: string[]) =>
    ({ metadata: { name: "m" }, spec: { organizationRef: { name: "acme" }, roles } }) as OktaRoleMapping;
  t.regex(line(organizationResolved(of("admin"), acme)), /^True Found: The organization acme/);
  t.regex(
    line(organizationResolved(of("admin"), undefined)),
    /^False OrganizationNotFound: .* acme in this namespace/,
  );
  t.regex(line(rolesResolved(of("admin"), undefined)), /^Unknown OrganizationNotFound: /);
  t.regex(line(rolesResolved(of("viewer", "admin"), acme)), /^True Found: /);
  t.regex(
    line(rolesResolved(of("admin", "owner"), acme)),
    /^False UnknownRole: "owner" is not in the catalogue of acme: .* add it there \(it has "admin", "viewer"\)/,
  );
  t.regex(
    line(rolesResolved(of("owner", "auditor"), acme)),
    /^False UnknownRole: "owner", "auditor" are not in the catalogue of acme: .* add them there/,
  );
});

test("groups that differ are shown beside what Okta has, missing ones by ten", (t) => {
  const read = (missing: string[], hints: Hint[] = []) =>
    line(groupsResolved({ ...READ, missing, hints }, mapping()));
  t.is(read([]), "True Found: All groups exist in Okta.");
  t.regex(
    read(["a"]),
    /^False GroupNotFound: Okta has no group "a": create it there, let .* see it, or correct spec\.groups\.$/,
  );
  const names = Array.from({ length: 12 }, (_, i) => `g${i}`);
  t.regex(read(names.slice(0, 10)), /"g8", "g9": create/);
  t.regex(read(names), /"g8", "g9" and 2 more: create/);
  const differs = read(
    ["x"],
    [
      { written: "admins", actual: "Admins" },
      { written: "a b", actual: "a\u00a0b" },
    ],
  );
  t.regex(
    differs,
    /^False GroupNameDiffers: .* "admins" is "Admins" in Okta, "a b" is .* \(they differ by .*\): correct/,
  );
  const without = (byID: string[], hints: Hint[] = []) =>
    line(groupsResolved({ kind: "no-directory", byID, hints }, mapping()));
  t.regex(
    without(["00g1"], [{ written: "a", actual: "A" }]),
    /^False DirectoryRequired: .* "00g1" can't match/,
  );
  t.regex(
    without(
      [],
      [
        { written: "admins", actual: "Admins" },
        { written: "b", actual: "B" },
      ],
    ),
    /^Unknown GroupNameDiffers: .* with "Admins", nobody with "admins", with "B", nobody with "b": check/,
  );
  t.regex(without([]), /^Unknown NoDirectory: /);
});

test("groups that Okta doesn't show any more are told apart from those that it hasn't, also beside them", (t) => {
  const read = (more: object) => line(groupsResolved({ ...READ, ...more }, mapping()));
  t.regex(
    read({ notShown: ["a"] }),
    /^False GroupNotShown: Okta doesn't show "a" .* doesn't say that it is deleted, so that whoever is in it keeps .* role it/,
  );
  t.regex(
    read({ notShown: ["a", "b"] }),
    /"a", "b" .* they are deleted, .* in them keeps .* take them out of/,
  );
  t.regex(
    read({ notShown: ["a"], missing: ["b"] }),
    /^False GroupNotFound: Okta has no group "b": .*\. Okta doesn't show "a"/,
  );
  t.regex(
    read({ notShown: ["a"], hints: [{ written: "b", actual: "B" }] }),
    /^False GroupNameDiffers: .*\. Okta doesn't show "a"/,
  );
});

test("a hint of sign-ins isn't the directory's word either; one of the directory is", (t) => {
  const hint = { written: "a", actual: "A" };
  const checking = { kind: "checking", isOfStatus: true } as const;
  const ofSignIns = groupsResolved({ kind: "no-directory", byID: [], hints: [hint] }, mapping());
  t.is(groupsResolved(checking, mapping(ofSignIns)).reason, "Checking");
  const ofDirectory = groupsResolved({ ...READ, hints: [hint] }, mapping());
  t.is(groupsResolved(checking, mapping(ofDirectory)).reason, "GroupNameDiffers");
  t.deepEqual(
    [found, ofDirectory, ofSignIns, groupsResolved({ ...READ, notReadSince: SINCE }, mapping())].map(
      isCurrent,
    ),
    [true, true, false, false],
  );
});

test("Ready is the first that fails, then what is being asked; groups that can't be looked up don't hinder it", (t) => {
  const check = (status: DesiredCondition["status"], reason: string): DesiredCondition => ({
    type: "GroupsResolved",
    status,
    reason,
    message: `${reason}.`,
  });
  const of = (checks: DesiredCondition[], paused?: DesiredCondition) => line(mappingReady(checks, paused));
  const all = [
    check("Unknown", "NoDirectory"),
    check("Unknown", "Checking"),
    check("False", "UnknownRole"),
    check("False", "GroupNotFound"),
  ];
  const paused = { ...check("True", "Paused"), type: "Paused" };
  t.is(of(all, paused), "False UnknownRole: UnknownRole.");
  t.is(of(all.slice(0, 2), paused), "Unknown Checking: Checking.");
  t.is(of(all.slice(0, 1), paused), "True Paused: Paused.");
  t.is(of(all.slice(0, 1)), "True Accepted: People in these groups hold these roles.");
});
