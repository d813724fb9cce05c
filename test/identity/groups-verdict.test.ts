import test from "ava";
import {
  type ClaimEvidence,
  type DirectoryAnswer,
  type GroupsClaim,
  groupsVerdict,
} from "../../identity/groups-verdict.ts";

const none: DirectoryAnswer = { kind: "none" };
const known: DirectoryAnswer = { kind: "groups", groups: [{ id: "00g1", name: "a" }], status: "ACTIVE" };
const failed: DirectoryAnswer = { kind: "failed", why: "timed out" };
const evidence: ClaimEvidence = { receivedBefore: true, lost: false };
const noEvidence: ClaimEvidence = { receivedBefore: false, lost: false };
const missing: GroupsClaim = { kind: "missing" };
const claim = (...names: string[]): GroupsClaim => ({ kind: "groups", names });
const many = claim(...Array.from({ length: 100 }, (_, i) => `g${i}`));

test("a claim decides by the groups in it, an empty one by none", (t) => {
  t.deepEqual(groupsVerdict(claim("a"), none, noEvidence), {
    kind: "decide",
    groups: [{ name: "a" }],
    from: "Claim",
  });
  t.deepEqual(groupsVerdict(claim(), none, noEvidence), { kind: "decide", groups: [], from: "Claim" });
});

test("a missing claim means no groups only where it has come before", (t) => {
  t.deepEqual(groupsVerdict(missing, none, evidence), { kind: "decide", groups: [], from: "MissingClaim" });
  t.like(groupsVerdict(missing, none, noEvidence), { kind: "refuse", reason: "ClaimNotSetUp" });
  t.like(groupsVerdict(missing, none, { receivedBefore: true, lost: true }), {
    kind: "refuse",
    reason: "ClaimLost",
  });
});

test("a missing claim is asked of the directory where there is one, whatever the evidence", (t) => {
  const expected = {
    kind: "decide" as const,
    groups: [{ id: "00g1", name: "a" }],
    from: "Directory" as const,
    status: "ACTIVE",
  };
  for (const what of [evidence, noEvidence, { receivedBefore: true, lost: true }])
    t.deepEqual(groupsVerdict(missing, known, what), expected);
});

test("a directory that can't be read decides nothing", (t) => {
  t.like(groupsVerdict(missing, failed, evidence), { kind: "refuse", reason: "DirectoryUnavailable" });
  t.like(groupsVerdict(many, failed, evidence), { kind: "refuse", reason: "DirectoryUnavailable" });
});

test("a hundred groups may have been cut short: the directory has the last word where there is one", (t) => {
  t.like(groupsVerdict(many, known, evidence), { kind: "decide", from: "Directory" });
  t.like(groupsVerdict(many, none, evidence), { kind: "decide", from: "Claim" });
  t.like(groupsVerdict(claim("a"), none, evidence), { kind: "decide", from: "Claim" });
});

test("a claim that isn't a list of names decides nothing, directory or not", (t) => {
  const invalid: GroupsClaim = { kind: "invalid", why: "it is a string" };
  for (const directory of [none, known])
    t.deepEqual(groupsVerdict(invalid, directory, evidence), {
      kind: "refuse",
      reason: "ClaimInvalid",
      why: "it is a string",
    });
});
