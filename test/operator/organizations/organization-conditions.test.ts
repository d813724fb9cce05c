import test from "ava";
import type { Organization } from "../../../crds/types.ts";
import type { DesiredCondition } from "../../../kubernetes/index.ts";
import {
  credentialsResolved,
  deactivationsWithinLimit,
  directoryReachable,
  issuerDiscovered,
  loginPathAccepted,
  organizationReady,
} from "../../../operator/organizations/organization-conditions.ts";
import type { Deactivations } from "../../../operator/users/deactivation-hold.ts";

const acme = {
  metadata: { namespace: "team-a", name: "acme" },
  spec: { loginPath: "shop" },
} as unknown as Organization;

/** A condition in one line. */
function line({ type, status, reason, message }: DesiredCondition): string {
  return `${type} ${status} ${reason}: ${message}`;
}

function shows(t: { regex(text: string, pattern: RegExp): void }, condition: DesiredCondition, to: RegExp) {
  t.regex(line(condition), to);
}

test("a login path: whose it is, until when, and who can do something about it", (t) => {
  const of = (verdict: Parameters<typeof loginPathAccepted>[1]) => loginPathAccepted(acme, verdict);
  shows(t, of({ kind: "accepted" }), /^LoginPathAccepted True Accepted: .* at \/login\/shop\.$/);
  shows(
    t,
    of({ kind: "taken", by: "team-b/shop" }),
    /^LoginPathAccepted False LoginPathTaken: .*shop belongs to the organization team-b\/shop: choose another/,
  );
  shows(
    t,
    of({ kind: "taken", by: "team-b/shop", until: Date.parse("2026-11-27T10:00:00Z") }),
    /^LoginPathAccepted False LoginPathTaken: .*kept for the organization team-b\/shop.* until 2026-11-27T10:00:00Z/,
  );
  shows(
    t,
    of({ kind: "not-allowed", prefixes: ["a-", "b-"] }),
    /False LoginPathNotAllowed: .*team-a begin with a- or b-, and shop doesn't/,
  );
  shows(
    t,
    of({ kind: "not-allowed", prefixes: [] }),
    /False LoginPathNotAllowed: .*kept for other namespaces/,
  );
  shows(
    t,
    of({ kind: "no-room", in: "namespace", perNamespace: 3 }),
    /False LoginPathLimit: The namespace team-a has 3/,
  );
  shows(t, of({ kind: "no-room", in: "all", perNamespace: 3 }), /False LoginPathLimit: .*in this operator/);
  shows(
    t,
    of({ kind: "unreadable", object: "operators/paths" }),
    /False LoginPathUnreadable: .*entry shop of the ConfigMap operators\/paths/,
  );
  shows(t, of({ kind: "unreserved", why: "forbidden" }), /Unknown LoginPathUnreserved: .*: forbidden\.$/);
});

test("the client and its secret: whether they are there, and whether Okta takes them", (t) => {
  const resolved = (by: "secret" | "private-key" | "none") => [
    line(credentialsResolved({ kind: "resolved", by, accepted: true })),
    line(credentialsResolved({ kind: "resolved", by, accepted: false, note: "It wasn't tried." })),
  ];
  t.deepEqual(resolved("secret"), [
    "CredentialsResolved True Accepted: Okta accepts the client ID and its secret.",
    "CredentialsResolved True Found: The client secret was found. It wasn't tried.",
  ]);
  t.deepEqual(resolved("private-key"), [
    "CredentialsResolved True Accepted: Okta accepts the client ID and its private key.",
    "CredentialsResolved True Found: The private key was found. It wasn't tried.",
  ]);
  t.deepEqual(resolved("none"), [
    "CredentialsResolved True Accepted: Okta accepts the client ID without a secret.",
    "CredentialsResolved True Found: A public client has no secret. It wasn't tried.",
  ]);
  const message = "Why.";
  for (const [kind, expected] of [
    ["missing", "CredentialsResolved False SecretNotFound: Why."],
    ["forbidden", "CredentialsResolved False SecretForbidden: Why."],
    ["invalid", "CredentialsResolved False PrivateKeyInvalid: Why."],
    ["rejected", "CredentialsResolved False ClientRejected: Why."],
    ["unreadable", "CredentialsResolved Unknown SecretUnreadable: Why."],
  ] as const)
    t.is(line(credentialsResolved({ kind, message })), expected);
  t.is(
    line(credentialsResolved({ kind: "checking" })),
    "CredentialsResolved Unknown Checking: Okta is being asked.",
  );
});

test("the issuer and the directory: what Okta has shown, and that nothing is known while it shows nothing", (t) => {
  const said = { reason: "RateLimited", message: "Later." };
  t.deepEqual(
    [
      issuerDiscovered({ kind: "discovered" }),
      issuerDiscovered({ kind: "wrong", message: "Why." }),
      issuerDiscovered({ kind: "unreachable", message: "Why." }),
      issuerDiscovered({ kind: "unread", ...said }),
      issuerDiscovered({ kind: "checking" }),
      directoryReachable({ kind: "none" }),
      directoryReachable({ kind: "reachable" }),
      directoryReachable({ kind: "failed", ...said }),
      directoryReachable({ kind: "unread", ...said }),
      directoryReachable({ kind: "unreadable", message: "Why." }),
      directoryReachable({ kind: "checking" }),
    ].map(({ type, status, reason }) => [type, status, reason].join(" ")),
    [
      "IssuerDiscovered True Discovered",
      "IssuerDiscovered False WrongIssuer",
      "IssuerDiscovered False IssuerUnreachable",
      "IssuerDiscovered Unknown RateLimited",
      "IssuerDiscovered Unknown Checking",
      "DirectoryReachable Unknown NoDirectory",
      "DirectoryReachable True Reachable",
      "DirectoryReachable False RateLimited",
      "DirectoryReachable Unknown RateLimited",
      "DirectoryReachable Unknown SecretUnreadable",
      "DirectoryReachable Unknown Checking",
    ],
  );
  t.is(issuerDiscovered({ kind: "wrong", message: "Why." }).message, "Why.");
  t.is(directoryReachable({ kind: "failed", ...said }).message, "Later.");
  t.is(directoryReachable({ kind: "unreadable", message: "Why." }).message, "Why.");
});

const HELD: Deactivations = {
  pending: 30,
  recent: 0,
  active: 100,
  exceeds: true,
  lastAdminRoles: [],
  held: true,
  approval: "30-abc",
};

function waiting(people: readonly string[], size = people.length) {
  return {
    size,
    causes: new Map([
      ["ClaimMissing", 1],
      ["GroupsGone", size - 1],
    ] as const),
    missing: new Map([
      ["b", 2],
      ["a", 2],
      ["d", 1],
      ["c", 9],
    ]),
    some: (most: number) => people.slice(0, most),
    losingRole: (role: string, most: number): [string[], number] => [
      [`${role}'s last`].slice(0, most),
      role === "owner" ? 3 : 1,
    ],
  };
}

test("what is held says how many, why, who and how to approve it", (t) => {
  const of = (deactivations: Partial<Deactivations>, those = waiting(["ada", "ben"], 30)) =>
    line(deactivationsWithinLimit(acme, { ...HELD, ...deactivations }, those, () => []));
  t.is(
    of({ held: false }),
    "DeactivationsWithinLimit True WithinLimit: Nobody's deactivation waits for approval.",
  );
  const held = of({});
  t.regex(
    held,
    /^DeactivationsWithinLimit False DeactivationsHeld: What is known now would deactivate 30 of 100 /,
  );
  t.regex(
    held,
    /Why: 29: their groups are no longer received from Okta, most often "c", "a", "b"; 1: the groups claim/,
  );
  t.regex(held, / Who: ada, ben and 28 more\. /);
  t.regex(held, / until the cause is put right or somebody approves within the hour: /);
  t.regex(held, /kubectl annotate --overwrite oktaorg acme -n team-a .*approve-deactivations=30-abc$/);
  t.notRegex(held, /already|admin/);
  t.regex(of({ recent: 4 }), /within 24 hours \(4 more were deactivated already\)\. Why/);
  t.regex(of({}, waiting(["ada", "ben"])), / Who: ada, ben\. /, "nobody else");
});

test("the last who hold an admin role are named, beside too many or alone", (t) => {
  const of = (deactivations: Partial<Deactivations>) =>
    line(deactivationsWithinLimit(acme, { ...HELD, ...deactivations }, waiting(["ada"]), () => []));
  const alone = of({ exceeds: false, lastAdminRoles: ["owner", "auditor"] });
  t.regex(
    alone,
    /^DeactivationsWithinLimit False LastAdminHeld: What is known now would take the admin role owner /,
  );
  t.regex(
    alone,
    /role owner from the last who hold it \(owner's last and 2 more\).* role auditor .*\(auditor's last\)/,
  );
  t.regex(alone, /put right, somebody else can administer the organization or somebody approves/);
  t.notRegex(alone, /would deactivate/);
  t.regex(
    of({ lastAdminRoles: ["owner"] }),
    /False DeactivationsHeld: What is known now would deactivate .* take the admin role owner /,
  );
});

test("no more than ten people and three groups are named, and groups are left out where none is known", (t) => {
  const people = Array.from({ length: 12 }, (_, i) => `p${i}`);
  const those = waiting(people, 40);
  const held = line(deactivationsWithinLimit(acme, HELD, those, () => []));
  t.regex(held, /Who: p0, .*, p9 and 30 more\./);
  t.notRegex(held, /"d"/);
  const none = { ...those, missing: new Map() };
  t.regex(line(deactivationsWithinLimit(acme, HELD, none, () => [])), /received from Okta; 1: /);
});

test("Ready is the first that fails, then what is being asked, then what isn't known and has to be", (t) => {
  const check = (type: string, status: DesiredCondition["status"], reason: string): DesiredCondition => ({
    type,
    status,
    reason,
    message: `${reason}.`,
  });
  const fine = check("LoginPathAccepted", "True", "Accepted");
  const first = check("IssuerDiscovered", "False", "WrongIssuer");
  const second = check("CredentialsResolved", "False", "SecretNotFound");
  const unknown = check("CredentialsResolved", "Unknown", "SecretUnreadable");
  const checking = check("DirectoryReachable", "Unknown", "Checking");
  const paused = check("Paused", "True", "Paused");
  const of = (checks: DesiredCondition[], pause?: DesiredCondition) => line(organizationReady(checks, pause));
  t.is(of([fine]), "Ready True Ready: People can sign in.");
  t.is(of([fine, first, second, unknown], paused), "Ready False WrongIssuer: WrongIssuer.");
  t.is(of([fine, unknown, checking], paused), "Ready Unknown Checking: Checking.");
  t.is(of([fine, unknown], paused), "Ready Unknown SecretUnreadable: SecretUnreadable.");
  t.is(of([fine], paused), "Ready True Paused: People who have access can sign in. Paused.");
  for (const type of ["DirectoryReachable", "DirectorySynced", "EventHookVerified", "GroupsClaimReceived"])
    t.is(of([fine, check(type, "Unknown", "NotKnown")]), "Ready True Ready: People can sign in.", type);
  for (const type of ["IssuerDiscovered", "CredentialsResolved", "LoginPathAccepted"])
    t.is(of([check(type, "Unknown", "NotKnown")]), "Ready Unknown NotKnown: NotKnown.", type);
});
