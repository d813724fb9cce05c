import test from "ava";
import type { Condition, Organization } from "../../../crds/types.ts";
import {
  CLAIM_LOST,
  type DirectoryAnswer,
  type GroupsClaim,
  type GroupsVerdict,
  groupsVerdict,
  LIST_MAY_BE_CUT,
} from "../../../identity/index.ts";
import {
  evidenceOf,
  groupsClaimStatus,
  outdatedGroupsClaim,
} from "../../../webhook/sign-in/groups-claim-condition.ts";
import { organization } from "../../organizations/organization.ts";

const NOW = Date.UTC(2026, 10, 27, 8);
const SOURCE = { issuer: "https://acme.okta.com", clientID: "0oa1", claim: "groups" };
const OTHER = { ...SOURCE, clientID: "0oa2" };
const SEEN = { ...SOURCE, receivedTime: "2026-01-01T00:00:00Z" };
const DIRECTORY = {
  url: "https://acme.okta.com",
  provision: "OnLogin" as const,
  pollInterval: "1m",
  fullSyncInterval: "1h",
};

interface Scene {
  readonly okta?: Partial<Organization["spec"]["okta"]>;
  readonly seen?: typeof SEEN | undefined;
  readonly checked?: typeof SOURCE | undefined;
  readonly condition?: Partial<Condition>;
  readonly generation?: number;
}

function acme({ okta = {}, seen, checked, condition, generation = 7 }: Scene = {}): Organization {
  const made = organization("team/acme", "acme");
  const conditions = condition && [
    {
      type: "GroupsClaimReceived",
      status: "True" as const,
      reason: "Received",
      message: 'Okta sends the claim "groups".',
      lastTransitionTime: "2026-11-27T07:00:00Z",
      observedGeneration: 7,
      ...condition,
    },
  ];
  return {
    ...made,
    metadata: { ...made.metadata, generation },
    spec: { ...made.spec, okta: { ...made.spec.okta, ...okta } },
    status: {
      ...(seen ? { groupsClaim: seen } : {}),
      ...(checked ? { groupsClaimChecked: checked } : {}),
      ...(conditions ? { conditions } : {}),
    },
  };
}

const names = (count: number): GroupsClaim => ({
  kind: "groups",
  names: Array.from({ length: count }, (_, i) => `group-${i}`),
});
const MISSING: GroupsClaim = { kind: "missing" };
const NONE: DirectoryAnswer = { kind: "none" };
const READ: DirectoryAnswer = { kind: "groups", groups: [] };

/** What a sign-in makes of the status: its condition and since when the claim is known to come. */
function after(
  place: Organization,
  claim: GroupsClaim,
  directory: DirectoryAnswer = NONE,
  verdict: GroupsVerdict = groupsVerdict(claim, directory, evidenceOf(place)),
): string | undefined {
  const found = groupsClaimStatus(place, claim, directory, verdict, NOW);
  if (!found) return undefined;
  const { condition, evidence } = found;
  return `${condition.status} ${condition.reason}, ${evidence?.receivedTime ?? "never"}`;
}

function message(place: Organization, claim: GroupsClaim, verdict?: GroupsVerdict, directory = NONE): string {
  const decided = verdict ?? groupsVerdict(claim, directory, evidenceOf(place));
  return groupsClaimStatus(place, claim, directory, decided, NOW)?.condition.message ?? "";
}

const JUST_NOW = "2026-11-27T08:00:00Z";
const BEFORE = "2026-01-01T00:00:00Z";

test("the first sign-in that brings the claim says so, and since when; the next says nothing new", (t) => {
  t.is(after(acme(), names(2)), `True Received, ${JUST_NOW}`);
  t.is(message(acme(), names(2)), 'Okta sends the claim "groups".');
  const known = { seen: SEEN, checked: SOURCE, condition: {} };
  t.is(after(acme(known), names(2)), undefined);
  for (const [what, scene] of Object.entries({
    "another status": { condition: { status: "False" as const } },
    "another reason": { condition: { reason: "Seen" } },
    "other words": { condition: { message: "It comes." } },
    "of another generation": { generation: 8 },
    "no evidence": { seen: undefined },
  }))
    t.regex(after(acme({ ...known, ...scene }), names(2)) ?? "", /^True Received/, what);
  t.is(after(acme({ ...known, seen: { ...SEEN, claim: "teams" } }), names(2)), `True Received, ${JUST_NOW}`);
  const status = groupsClaimStatus(
    acme(),
    names(1),
    NONE,
    groupsVerdict(names(1), NONE, evidenceOf(acme())),
    NOW,
  );
  t.deepEqual(status?.checked, SOURCE);
  t.deepEqual(status?.evidence, { ...SOURCE, receivedTime: JUST_NOW });
});

test("what is known of the claim counts for the issuer, client and claim that it was seen of", (t) => {
  t.deepEqual(evidenceOf(acme()), { receivedBefore: false, lost: false });
  t.deepEqual(evidenceOf(acme({ seen: SEEN })), { receivedBefore: true, lost: false });
  t.deepEqual(evidenceOf(acme({ seen: { ...SEEN, ...OTHER } })), { receivedBefore: false, lost: false });
  const lost = { condition: { status: "False" as const, reason: "ClaimLost" } };
  t.deepEqual(evidenceOf(acme({ ...lost, checked: SOURCE })), { receivedBefore: false, lost: true });
  t.deepEqual(evidenceOf(acme({ ...lost, checked: OTHER })), { receivedBefore: false, lost: false });
});

test("a claim that never came says how it is set up: at the app, or at the authorization server of one's own", (t) => {
  t.is(after(acme(), MISSING), "False ClaimNotSetUp, never");
  t.regex(message(acme(), MISSING), /no claim "groups".*filter of the app.*, and add groups to okta\.scopes/);
  t.notRegex(message(acme({ okta: { scopes: ["openid", "groups"] } }), MISSING), /okta\.scopes/);
  const custom = { okta: { issuer: "https://acme.okta.com/oauth2/default" } };
  t.regex(message(acme(custom), MISSING), /authorization server https:\/\/acme\.okta\.com\/oauth2\/default/);
  t.regex(
    message(acme({ okta: { issuer: "https://acme.okta.com/x/oauth2/" } }), MISSING),
    /filter of the app/,
  );
});

test("of a claim that is missing there is nothing to say where it came before; where it never came, that groups are read from the directory", (t) => {
  t.is(after(acme({ seen: SEEN }), MISSING), undefined);
  t.is(after(acme({ seen: SEEN }), MISSING, READ), undefined);
  t.is(after(acme(), MISSING, READ), "Unknown ReadFromDirectory, never");
  t.regex(message(acme(), MISSING, undefined, READ), /no claim "groups": groups are read from the directory/);
});

test("a claim that can't be read, was lost or may be cut is refused, and what is known of it stays", (t) => {
  const known = acme({ seen: SEEN });
  const invalid = { kind: "invalid", why: "It is a number." } as const;
  t.is(after(known, invalid), `False ClaimInvalid, ${BEFORE}`);
  t.regex(message(known, invalid), /^It is a number\. In Okta, make it a groups claim/);
  t.is(after(known, MISSING, NONE, CLAIM_LOST), `False ClaimLost, ${BEFORE}`);
  t.regex(message(known, MISSING, CLAIM_LOST), /has stopped arriving/);
  t.is(after(known, names(100), NONE, LIST_MAY_BE_CUT), `False TooManyGroups, ${BEFORE}`);
  t.regex(message(known, names(100), LIST_MAY_BE_CUT), /their sign-in was refused/);
  t.is(
    after(known, MISSING, { kind: "failed", why: "It is away." }),
    undefined,
    "that is another condition's",
  );
});

test("a claim that was lost is so until it is back: one that can't be read hasn't come", (t) => {
  const lost = acme({ condition: { status: "False", reason: "ClaimLost" }, checked: SOURCE, seen: SEEN });
  const invalid = { kind: "invalid", why: "It is a number." } as const;
  t.is(after(lost, invalid), `False ClaimLost, ${BEFORE}`);
  t.is(after(lost, MISSING, NONE, CLAIM_LOST), `False ClaimLost, ${BEFORE}`);
  t.is(after(lost, MISSING, { kind: "failed", why: "It is away." }), undefined);
});

test("a claim that was lost isn't any more where groups are read from the directory by now", (t) => {
  const lost = { condition: { status: "False", reason: "ClaimLost" }, checked: SOURCE, seen: SEEN } as const;
  const withDirectory = acme({ ...lost, okta: { directory: DIRECTORY } });
  t.is(after(withDirectory, MISSING, READ), `Unknown ReadFromDirectory, ${BEFORE}`);
});

test("a list of a hundred groups is told of where no directory can complete it, and stays told of", (t) => {
  t.is(after(acme(), names(99)), `True Received, ${JUST_NOW}`);
  t.is(after(acme(), names(100)), `True TooManyGroups, ${JUST_NOW}`);
  t.regex(message(acme(), names(100)), /Okta may cut such lists/);
  t.is(after(acme({ okta: { directory: DIRECTORY } }), names(100)), `True Received, ${JUST_NOW}`);
  const told = { condition: { reason: "TooManyGroups", message: "Once." }, checked: SOURCE, seen: SEEN };
  t.is(
    after(acme(told), names(1)),
    `True TooManyGroups, ${BEFORE}`,
    "the next person with few doesn't make it untrue",
  );
  t.is(after(acme({ ...told, seen: undefined }), names(1)), `True Received, ${JUST_NOW}`);
  t.is(after(acme({ ...told, condition: {}, seen: SEEN }), names(100)), `True TooManyGroups, ${BEFORE}`);
  t.is(after(acme({ ...told, okta: { directory: DIRECTORY } }), names(1)), `True Received, ${BEFORE}`);
});

test("that somebody was refused for a cut list stands for a day, whoever signs in, unless there is a directory by now", (t) => {
  const refused = (lastTransitionTime: string, more: Scene = {}) =>
    acme({
      condition: { status: "False", reason: "TooManyGroups", lastTransitionTime },
      checked: SOURCE,
      seen: SEEN,
      ...more,
    });
  t.is(after(refused("2026-11-26T08:00:01Z"), names(1)), undefined);
  t.is(after(refused("2026-11-26T08:00:01Z"), names(100)), undefined);
  t.is(after(refused("2026-11-26T08:00:00Z"), names(1)), `True TooManyGroups, ${BEFORE}`);
  t.is(
    after(refused("2026-11-26T08:00:01Z", { okta: { directory: DIRECTORY } }), names(1)),
    `True Received, ${BEFORE}`,
  );
  const lost = acme({ condition: { status: "False", reason: "ClaimLost" }, checked: SOURCE, seen: SEEN });
  t.is(after(lost, names(1)), `True Received, ${BEFORE}`, "it has come back");
});

test("a verdict on another issuer, client or claim is over, and says so until somebody signs in", (t) => {
  t.is(outdatedGroupsClaim(acme()), undefined);
  t.is(outdatedGroupsClaim({ ...acme(), status: {} }), undefined);
  const { status: _, ...bare } = acme();
  t.is(outdatedGroupsClaim(bare), undefined);
  t.is(outdatedGroupsClaim(acme({ checked: SOURCE, condition: {} })), undefined);
  for (const checked of [
    OTHER,
    { ...SOURCE, issuer: "https://beta.okta.com" },
    { ...SOURCE, claim: "teams" },
  ]) {
    const outdated = outdatedGroupsClaim(acme({ checked, condition: {}, seen: SEEN }));
    t.like(outdated, {
      condition: { status: "Unknown", reason: "NotSeen" },
      evidence: SEEN,
      checked: SOURCE,
    });
  }
});
