import test from "ava";
import {
  type ClaimEvidence,
  type DirectoryAnswer,
  directoryNeed,
  type GroupsClaim,
  groupsVerdict,
  mayBeCut,
  mayDependOnIDs,
} from "../../identity/groups-verdict.ts";
import { CompiledPolicy } from "../../identity/policy.ts";

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

test("a status is passed on where the directory tells one", (t) => {
  const groups = [{ id: "00g1", name: "a" }];
  t.deepEqual(groupsVerdict(missing, { kind: "groups", groups }, evidence), {
    kind: "decide",
    groups,
    from: "Directory",
  });
});

test("a list may be cut from a hundred groups on, where it is a claim's", (t) => {
  const groups = Array.from({ length: 100 }, (_, i) => ({ name: `g${i}` }));
  t.true(mayBeCut({ groups, groupsFrom: "Claim" }));
  t.false(mayBeCut({ groups: groups.slice(1), groupsFrom: "Claim" }));
  t.false(mayBeCut({ groups, groupsFrom: "Directory" }));
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

const byID = new CompiledPolicy(
  [{ name: "viewer" }],
  [
    {
      name: "numbered",
      groups: [{ id: "00g1", currentName: "ops", formerNames: ["old"] }],
      roles: ["viewer"],
    },
    { name: "named", groups: [{ name: "web" }], roles: ["viewer"] },
    { name: "suspended", groups: [{ id: "00g2" }], roles: ["tpyo"] },
  ],
);

test("bare names are asked of the directory where a mapping names groups by id, but for no names at all", (t) => {
  t.is(directoryNeed(claim("web"), byID), "ids");
  t.is(directoryNeed(claim(), byID), undefined);
  t.is(directoryNeed(claim("web"), new CompiledPolicy()), undefined);
  for (const policy of [byID, new CompiledPolicy()]) {
    t.is(directoryNeed(missing, policy), "groups");
    t.is(directoryNeed(many, policy), "groups");
    t.is(directoryNeed(claim(...Array.from({ length: 99 }, (_, i) => `g${i}`)), policy) === "groups", false);
    t.is(directoryNeed({ kind: "invalid", why: "" }, policy), undefined);
  }
});

test("ids may matter to who holds something by one, and to who comes with a name that such a group has or had", (t) => {
  t.false(mayDependOnIDs(["web", "00g1"], [], byID));
  t.true(mayDependOnIDs(["ops"], [], byID));
  t.true(mayDependOnIDs(["old"], [], byID));
  t.true(mayDependOnIDs(["web", "ops"], [], byID), "one of several is enough");
  t.false(
    mayDependOnIDs([], [{ role: "viewer" }], { isByID: () => true, mayMeanID: () => false }),
    "what a local account holds comes from no mapping",
  );
  t.true(mayDependOnIDs([], [{ role: "viewer", mapping: "numbered", group: "x" }], byID));
  t.false(
    mayDependOnIDs(["web"], [{ role: "viewer", mapping: "named", group: "web" }, { role: "viewer" }], byID),
  );
});
