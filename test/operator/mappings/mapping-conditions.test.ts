import test from "ava";
import type { OktaRoleMapping } from "../../../crds/types.ts";
import type { DesiredCondition } from "../../../kubernetes/index.ts";
import { groupsResolved } from "../../../operator/mappings/mapping-conditions.ts";

const SINCE = Date.parse("2026-11-26T10:00:00Z");
const READ = { kind: "read", missing: [], hints: [] } as const;
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
